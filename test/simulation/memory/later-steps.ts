/** After the pivot: shipped and told, or made good (migrations/0003 and 0007). */
import type { Begun, ReceiptWork, Recorded, RefundWork } from '../../../src/activities/ports.ts';
import type { ShipmentWork } from '../../../src/activities/ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import {
  changeOrder,
  changePayment,
  DONE,
  lockOrder,
  moveOrder,
  record,
  recorded,
  recordedIfCommitted,
  refused,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { mergeLines } from './order-store.ts';
import { appendEntry, claimGatewayId, openPayment } from './payment-steps.ts';
import { insertRefund, settleRefund } from './refund-rows.ts';
import type { OrderRow } from './rows.ts';
import { moveReservation } from './stock-steps.ts';

const SHIP = 'request shipment';
const REFUND = 'refund payment';

/** What cannot be undone twice must not be done by an operator and by an attempt. */
export function noteTry(ledger: Ledger, id: OrderId, step: string): void {
  const parked = ledger.parked.of(id);
  if (parked.length === 0) return;
  const triedAt = ledger.now();
  ledger.parked.put(
    id,
    parked.map((row) =>
      row.sagaId === id && row.step === step && row.direction === 'do' ? { ...row, triedAt } : row,
    ),
  );
}

function linesOf({ lines }: OrderRow): ShipmentWork['lines'] {
  return lines.map(({ sku, quantity }) => ({ sku, quantity }));
}

// --- shipment and receipt ------------------------------------------------------------------------

export function beginShipment(ledger: Ledger, id: OrderId): Begun<ShipmentWork> {
  noteTry(ledger, id, SHIP);
  const order = lockOrder(ledger, id);
  const answer = recordedIfCommitted(ledger, order, SHIP);
  if (answer !== undefined) return answer;
  return { state: 'open', work: { address: order.address, lines: linesOf(order) } };
}

export function recordShipment(ledger: Ledger, id: OrderId, trackingNumber: string): Recorded {
  const answer = recordedIfCommitted(ledger, lockOrder(ledger, id), SHIP);
  if (answer !== undefined) return answer;
  ledger.trackingNumbers.put(id, trackingNumber);
  moveOrder(ledger, id, 'shipped');
  return record(ledger, id, SHIP, { state: 'done', result: { trackingNumber } });
}

export function recordShipmentRefused(ledger: Ledger, id: OrderId, detail: string): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recordedIfCommitted(ledger, order, SHIP);
  if (answer !== undefined) return answer;
  changeOrder(ledger, id, { reason: order.reason ?? 'address-refused' });
  return record(ledger, id, SHIP, refused('address-refused', detail));
}

export function beginReceipt(ledger: Ledger, id: OrderId): Begun<ReceiptWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedIfCommitted(ledger, order, 'send receipt');
  if (answer !== undefined) return answer;
  const { customer, currency } = order;
  const shipped = ledger.shipments.of(id).filter(({ state }) => state === 'shipped');
  const isWhole = order.capturePolicy === 'now';
  const lines = isWhole ? linesOf(order) : mergeLines(shipped.flatMap((row) => row.lines));
  const trackingNumber = isWhole
    ? (ledger.trackingNumbers.get(id) as string)
    : shipped.map((row) => row.trackingNumber).join(', ');
  const amount = { amountMinor: ledger.payments.get(id)?.captured ?? 0n, currency };
  return { state: 'open', work: { customer, lines, amount, trackingNumber } };
}

export function recordReceipt(ledger: Ledger, id: OrderId): Recorded {
  const answer = recordedIfCommitted(ledger, lockOrder(ledger, id), 'send receipt');
  if (answer !== undefined) return answer;
  moveOrder(ledger, id, 'completed');
  return record(ledger, id, 'send receipt', DONE);
}

// --- made good -----------------------------------------------------------------------------------

/** Money goes back without being asked for only when the shipment was refused. */
export function recordedIfRefused(
  ledger: Ledger,
  order: OrderRow,
  step: string,
): Recorded | undefined {
  const answer = recordedIfCommitted(ledger, order, step);
  if (answer === undefined && recorded(ledger, order.id, SHIP)?.state !== 'refused') {
    throw new Error(`bug: order ${order.id} is made good although its shipment was not refused`);
  }
  return answer;
}

export function beginShipmentCancel(ledger: Ledger, id: OrderId): Begun<unknown> {
  const answer = recordedIfRefused(ledger, lockOrder(ledger, id), 'cancel shipment');
  return answer ?? { state: 'open', work: {} };
}

export function recordShipmentCancel(ledger: Ledger, id: OrderId): Recorded {
  const answer = recordedIfRefused(ledger, lockOrder(ledger, id), 'cancel shipment');
  return answer ?? record(ledger, id, 'cancel shipment', DONE);
}

export function beginRefund(ledger: Ledger, id: OrderId): Begun<RefundWork> {
  const order = lockOrder(ledger, id);
  noteTry(ledger, id, REFUND);
  const answer = recordedIfRefused(ledger, order, REFUND);
  if (answer !== undefined) return answer;
  const payment = ledger.payments.get(id);
  if (payment === undefined) throw new Error(`bug: order ${id} has no payment`);
  const refundId = `${id}:refund:${payment.n}`;
  const amountMinor = payment.captured - payment.refunded;
  const row =
    ledger.refunds.get(refundId) ??
    insertRefund(ledger, { id: refundId, orderId: id, amountMinor });
  const { state, work } = openPayment(ledger, order, payment, 'refund') as {
    state: 'open';
    work: RefundWork;
  };
  const amount = { amountMinor: row.amountMinor, currency: order.currency };
  return { state, work: { ...work, amount, requestedAt: new Date(row.requestedAt) } };
}

export function recordRefund(
  ledger: Ledger,
  id: OrderId,
  gatewayId: string | null,
  refunded: bigint,
): Recorded {
  const answer = recordedIfRefused(ledger, lockOrder(ledger, id), REFUND);
  const payment = ledger.payments.get(id);
  const refundId = `${id}:refund:${payment?.n ?? 0}`;
  if (payment !== undefined && ledger.refunds.get(refundId)?.state === 'requested') {
    if (gatewayId !== null) claimGatewayId(ledger, gatewayId, refundId);
    settleRefund(ledger, refundId, { state: 'succeeded', gatewayId });
    const { n } = payment;
    const said = { gatewayId, outcome: 'succeeded', refunded };
    appendEntry(ledger, { orderId: id, operation: 'refund', n, kind: 'answered', ...said });
    changePayment(ledger, id, payment, { refunded: payment.refunded + refunded });
  }
  return answer ?? record(ledger, id, REFUND, DONE);
}

/** The money went back outside of this gateway, or by a refund of its own that we do not know. */
export function refundByHand(ledger: Ledger, id: OrderId): Recorded {
  beginRefund(ledger, id);
  const { captured, refunded } = ledger.payments.get(id) ?? { captured: 0n, refunded: 0n };
  return recordRefund(ledger, id, null, captured - refunded);
}

export function restock(ledger: Ledger, id: OrderId): Recorded {
  const answer = recordedIfRefused(ledger, lockOrder(ledger, id), 'restock');
  if (answer !== undefined) return answer;
  moveReservation(ledger, id, 'sold', 'restocked');
  return record(ledger, id, 'restock', DONE);
}
