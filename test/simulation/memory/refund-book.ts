/** Refunds that were asked for, on their way to the gateway (migrations/0005). */
import type { Begun, Recorded, RefundWork } from '../../../src/activities/ports.ts';
import type { Gate } from '../../../src/domain/order.ts';
import type { RefundId } from '../../../src/domain/refund.ts';
import {
  appendEvent,
  changeOrder,
  changePayment,
  changeStock,
  DONE,
  lockOrder,
  moveOrder,
  postMail,
  record,
  recorded,
  refused,
  requireGate,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { appendEntry, claimGatewayId } from './payment-steps.ts';
import { readRefund, settleRefund } from './refund-rows.ts';
import type { RefundRow, ReservationRow } from './rows.ts';

const STEP = 'send refund';

/** Undefined means: go on. A refund is paid only from what was captured for good. */
function recordedRefund(ledger: Ledger, { id, orderId }: RefundRow): Recorded | undefined {
  const order = lockOrder(ledger, orderId);
  const answer = recorded(ledger, id, STEP);
  if (answer === undefined) requireGate(order, 'committed');
  return answer;
}

export function openRefund(ledger: Ledger, id: RefundId): Begun<RefundWork> {
  const refund = readRefund(ledger, id);
  const answer = recordedRefund(ledger, refund);
  if (answer !== undefined) return answer;
  const { orderId, amountMinor, runStartedAt } = refund;
  const intentId = ledger.payments.get(orderId)?.intentId ?? null;
  const asked = ledger.entries
    .of(orderId)
    .find((entry) => entry.refundId === id && entry.kind === 'requested');
  const now = ledger.now();
  if (asked === undefined) {
    const kind = 'requested';
    const entry = { orderId, refundId: id, operation: 'refund', n: 1, kind } as const;
    appendEntry(ledger, { ...entry, gatewayId: intentId });
    ledger.refunds.put(id, { ...refund, runStartedAt: runStartedAt ?? now });
  }
  const { currency } = lockOrder(ledger, orderId);
  const work = {
    amount: { amountMinor, currency },
    ...(intentId !== null && { intentId }),
    n: 1,
    repeated: asked !== undefined,
    requestedAt: new Date(asked?.occurredAt ?? now),
  };
  return { state: 'open', work: work as RefundWork };
}

/** Money, goods, events, and with the last of the money the order's end and the customer's mail. */
export function recordRefundSucceeded(ledger: Ledger, id: RefundId, gatewayId: string): Recorded {
  const refund = readRefund(ledger, id);
  const answer = recordedRefund(ledger, refund);
  if (answer !== undefined) return answer;
  const { orderId, amountMinor } = refund;
  settle(ledger, refund, 'succeeded', gatewayId);
  answerEntry(ledger, refund, gatewayId, 'succeeded', amountMinor);
  const before = ledger.payments.get(orderId);
  if (before === undefined) throw new Error(`bug: order ${orderId} has no payment`);
  const refunded = before.refunded + amountMinor;
  const payment = changePayment(ledger, orderId, before, { refunded });
  if (refund.restock) restockRefund(ledger, refund);
  changeOrder(ledger, orderId, { updatedAt: ledger.now() });
  appendEvent(ledger, orderId, 'refund.succeeded', refund.id);
  if (payment.refunded === payment.captured) {
    moveOrder(ledger, orderId, 'refunded');
    postMail(ledger, orderId, 'refunded');
  }
  return record(ledger, id, STEP, DONE);
}

const FAILED = refused('refund-failed', 'The gateway could not pay it out.');

/** The gateway could not pay it out: the amount, and its lines, may be refunded again. */
export function recordRefundFailed(
  ledger: Ledger,
  id: RefundId,
  gatewayId: string,
  outcome: string,
): Recorded {
  const refund = readRefund(ledger, id);
  const answer = recordedRefund(ledger, refund);
  if (answer !== undefined) return answer;
  settle(ledger, refund, 'failed', gatewayId);
  answerEntry(ledger, refund, gatewayId, outcome, 0n);
  appendEvent(ledger, refund.orderId, 'refund.failed', refund.id);
  return record(ledger, id, STEP, FAILED);
}

/** A refund that was asked for is not called off with its run: only the gateway's no ends it. */
export function refundGate(ledger: Ledger, id: RefundId): { gate: Gate; reason: string | null } {
  const { state } = readRefund(ledger, id);
  return state === 'failed'
    ? { gate: 'unwinding', reason: 'refund-failed' }
    : { gate: 'committing', reason: null };
}

function settle(
  ledger: Ledger,
  { id }: RefundRow,
  state: 'succeeded' | 'failed',
  gatewayId: string,
): void {
  claimGatewayId(ledger, gatewayId, id);
  settleRefund(ledger, id, { state, gatewayId, settledAt: ledger.now() });
}

function answerEntry(
  ledger: Ledger,
  { id, orderId }: RefundRow & { readonly id: RefundId },
  gatewayId: string,
  outcome: string,
  refunded: bigint,
): void {
  const entry = { orderId, refundId: id, operation: 'refund', n: 1, kind: 'answered' } as const;
  appendEntry(ledger, { ...entry, gatewayId, outcome, refunded });
}

/** Puts a refund's lines back on the shelf. */
function restockRefund(ledger: Ledger, { orderId, lines }: RefundRow): void {
  const { tenantId } = lockOrder(ledger, orderId);
  const back = new Map(lines.map(({ sku, quantity }) => [sku, quantity]));
  const rows = ledger.reservations.of(orderId);
  for (const { sku } of rows) {
    const quantity = back.get(sku);
    if (quantity !== undefined) {
      changeStock(ledger, tenantId, sku, { sold: -quantity, available: quantity });
    }
  }
  const restocked = (row: ReservationRow): ReservationRow => {
    const sum = row.restocked + (back.get(row.sku) ?? 0);
    if (sum > row.quantity) throw new Error(`bug: more ${row.sku} is restocked than was sold`);
    const isAll = back.has(row.sku) && sum === row.quantity;
    return { ...row, restocked: sum, state: isAll ? 'restocked' : row.state };
  };
  ledger.reservations.put(orderId, rows.map(restocked));
}
