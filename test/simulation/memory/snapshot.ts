/** What the API shows of rows: orders, refunds and events as GET has them. */
import type {
  AcceptedOrder,
  AcceptedRefund,
  OrderEvent,
  OrderSnapshot,
} from '../../../src/api/ports.ts';
import type { RefundSnapshot } from '../../../src/api/ports.ts';
import type { MoneyJson } from '../../../src/domain/money.ts';
import type { OrderFacts, OrderStatus } from '../../../src/domain/order.ts';
import type { RefundFacts, RefundId } from '../../../src/domain/refund.ts';
import type { AcceptedShipment } from '../../../src/api/shipment-ports.ts';
import type { ShipmentSnapshot } from '../../../src/domain/shipment.ts';
import type { EventRow, OrderRow, PaymentRow, RefundRow, ShipmentRow } from './rows.ts';

export function money(amountMinor: bigint, currency: string): MoneyJson {
  return { value: amountMinor.toString(), currency };
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function factsOf(order: OrderRow): OrderFacts {
  const { id, tenantId, requestId, amountMinor, currency, lines, voucher } = order;
  return {
    id,
    tenantId,
    requestId,
    amountMinor: amountMinor.toString(),
    currency,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(voucher !== null && { hasVoucher: true }),
    ...(order.capturePolicy === 'at-shipment' && { capture: order.capturePolicy }),
  };
}

export function acceptedOrder(order: OrderRow): AcceptedOrder {
  return { facts: factsOf(order), createdAt: iso(order.createdAt) };
}

export function refundFacts(
  { id, orderId, requestId, amountMinor }: RefundRow,
  { tenantId, currency }: OrderRow,
): RefundFacts {
  return {
    id: id as RefundId,
    orderId,
    tenantId,
    requestId: requestId ?? '',
    amountMinor: amountMinor.toString(),
    currency,
  };
}

export function acceptedRefund(refund: RefundRow, order: OrderRow): AcceptedRefund {
  return { facts: refundFacts(refund, order), createdAt: iso(refund.requestedAt) };
}

type Shown = Pick<EventRow, 'order' | 'trackingNumber' | 'shipments'> & {
  readonly payment?: PaymentRow | undefined;
};

const UNHAPPY: readonly OrderStatus[] = ['rejected', 'cancelled', 'refunded'];

const NOTHING = { authorized: 0n, voided: 0n, captured: 0n, refunded: 0n };

/** No personal data. */
export function snapshotOf({ order, payment, trackingNumber, shipments }: Shown): OrderSnapshot {
  const { id, status, reason, amountMinor, currency, lines, voucher } = order;
  const { needsOperator, metadata } = order;
  const isUnhappy = UNHAPPY.includes(status);
  const { authorized, voided, captured, refunded } = payment ?? NOTHING;
  return {
    id,
    status,
    ...(isUnhappy && reason !== null && { reason }),
    amount: money(amountMinor, currency),
    ...(voucher !== null && {
      voucher: { code: voucher.code, discount: money(voucher.discountMinor, currency) },
    }),
    lines: lines.map(({ sku, quantity, unitPriceMinor }) => ({
      sku,
      quantity,
      unitPrice: money(unitPriceMinor, currency),
    })),
    payment: {
      authorized: (authorized - voided).toString(),
      captured: captured.toString(),
      refunded: refunded.toString(),
      ...actionOf(order, payment),
    },
    ...(trackingNumber !== undefined && { shipment: { trackingNumber } }),
    ...(shipments.length > 0 && {
      shipments: shipments.map((row) => shipmentSnapshot(row, order)),
    }),
    needsOperator,
    metadata,
    createdAt: iso(order.createdAt),
    updatedAt: iso(order.updatedAt),
  };
}

/** Whether its run waits for news of just this payment. */
function waitsForPayment({ gate, status }: OrderRow, payment?: PaymentRow): boolean {
  return gate === 'forward' && status === 'reserved' && payment?.waitsUntil != null;
}

function actionOf(
  order: OrderRow,
  payment: PaymentRow | undefined,
): Pick<OrderSnapshot['payment'], 'action'> {
  const { actionUrl: url, waitsUntil } = payment ?? { actionUrl: null, waitsUntil: null };
  if (url === null || waitsUntil === null || !waitsForPayment(order, payment)) return {};
  return { action: { type: 'redirect', url, expiresAt: iso(waitsUntil) } };
}

function shipmentSnapshot(row: ShipmentRow, { currency, gate }: OrderRow): ShipmentSnapshot {
  const { id, state, amountMinor, lines, trackingNumber } = row;
  const open = gate === 'unwinding' ? 'refused' : 'requested';
  return {
    id,
    status: state === 'shipped' || state === 'refused' ? state : open,
    amount: money(amountMinor, currency),
    lines: linesOf(lines),
    ...(trackingNumber !== null && { trackingNumber }),
  };
}

export function linesOf(lines: ShipmentRow['lines']): ShipmentSnapshot['lines'] {
  return lines.map(({ sku, quantity }) => ({ sku, quantity }));
}

export function acceptedShipment(
  { id, amountMinor, lines, requestedAt }: ShipmentRow,
  { id: orderId, currency }: OrderRow,
): AcceptedShipment {
  return {
    id,
    orderId,
    amount: money(amountMinor, currency),
    lines: linesOf(lines),
    createdAt: iso(requestedAt),
  };
}

export function eventOf(event: EventRow): OrderEvent {
  const { id, type, orderId, refundId, sequence, occurredAt } = event;
  return {
    id,
    type,
    orderId,
    ...(refundId !== null && { refundId }),
    sequence,
    occurredAt: iso(occurredAt),
    data: snapshotOf(event),
  };
}

export function refundSnapshot(refund: RefundRow, { currency }: OrderRow): RefundSnapshot {
  const { id, orderId, state, amountMinor, lines, restock, requestedAt, settledAt } = refund;
  return {
    id: id as RefundId,
    orderId,
    status: state,
    amount: money(amountMinor, currency),
    ...(lines.length > 0 && { lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) }),
    restock,
    createdAt: iso(requestedAt),
    updatedAt: iso(settledAt ?? requestedAt),
  };
}
