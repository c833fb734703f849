/**
 * The words that all books are written in: the gate, what the barrier remembers, a status move with
 * its event, the operators' queue. Each function is that of migrations/0002 and 0007 by its name.
 */
import type { Recorded } from '../../../src/activities/ports.ts';
import type { EventType } from '../../../src/domain/event.ts';
import { messageId } from '../../../src/domain/keys.ts';
import { isEnded, LEGAL_MOVES } from '../../../src/domain/order.ts';
import type { Gate, OrderId, OrderStatus, RefusalCode } from '../../../src/domain/order.ts';
import type { RefundId } from '../../../src/domain/refund.ts';
import type { Direction, OrderRow, PaymentRow, StockRow } from './rows.ts';
import type { Tables } from './tables.ts';

export interface Ledger extends Tables {
  readonly now: () => number;
  /** Counts entries, events and operators' actions. */
  readonly nextId: () => number;
}

export function lockOrder(ledger: Ledger, id: OrderId): OrderRow {
  const order = ledger.orders.get(id);
  if (order === undefined) throw new Error(`bug: there is no order ${id}`);
  return order;
}

export function changeOrder(ledger: Ledger, id: OrderId, change: Partial<OrderRow>): void {
  const order = { ...lockOrder(ledger, id), ...change };
  const now = ledger.now();
  const isNews = NEWS.some((column) => column in change) && (order.watchedAt ?? 0) > now;
  ledger.orders.put(id, isNews ? { ...order, watchedAt: now } : order);
}

// What ends an hour in which nobody looks (order_has_news of 0033).
const NEWS = ['gate', 'needsOperator', 'lastSequence'];

export function requireGate({ id, gate }: OrderRow, ...gates: readonly Gate[]): void {
  if (gates.includes(gate)) return;
  throw new Error(`bug: order ${id} has gate ${gate}, expected {${gates.join(',')}}`);
}

// --- what the barrier remembers ------------------------------------------------------------------

export const DONE: Recorded = { state: 'done', result: {} };

export function refused(code: RefusalCode, detail: string): Recorded {
  return { state: 'refused', code, detail };
}

const UNWINDING = refused('unwinding', 'The order is being unwound.');
const TOMBSTONE = refused('unwinding', 'The step was undone before it was done.');

export function recorded(
  ledger: Ledger,
  sagaId: string,
  step: string,
  direction: Direction = 'do',
): Recorded | undefined {
  for (const row of ledger.barriers.of(sagaId)) {
    if (row.step === step && row.direction === direction) return row.answer;
  }
  return undefined;
}

export function record(
  ledger: Ledger,
  sagaId: string,
  step: string,
  answer = DONE,
  direction: Direction = 'do',
): Recorded {
  if (recorded(ledger, sagaId, step, direction) !== undefined) {
    throw new Error(`bug: '${step}' (${direction}) of ${sagaId} is recorded twice`);
  }
  const createdAt = ledger.now();
  const row = { sagaId, step, direction, answer, createdAt, actionId: null };
  ledger.barriers.append(sagaId, row);
  unpark(ledger, sagaId, step, direction);
  return answer;
}

export function recordUndone(ledger: Ledger, sagaId: string, step: string): Recorded {
  return record(ledger, sagaId, step, DONE, 'undo');
}

export function leaveTombstone(ledger: Ledger, sagaId: string, step: string): void {
  if (recorded(ledger, sagaId, step) === undefined) record(ledger, sagaId, step, TOMBSTONE);
  else unpark(ledger, sagaId, step, 'do');
}

/** A do may go on only while the gate is forward. Undefined means: go on. */
export function recordedOrUnwinding(
  ledger: Ledger,
  order: OrderRow,
  step: string,
): Recorded | undefined {
  const unwinding = order.gate === 'unwinding' ? UNWINDING : undefined;
  return recorded(ledger, order.id, step) ?? unwinding;
}

/** After the pivot the gate is committed, or somebody has a bug. Undefined means: go on. */
export function recordedIfCommitted(
  ledger: Ledger,
  order: OrderRow,
  step: string,
): Recorded | undefined {
  const answer = recorded(ledger, order.id, step);
  if (answer === undefined) requireGate(order, 'committed');
  return answer;
}

// --- the operators' queue ------------------------------------------------------------------------

/** The order's ID, or that of the refund's order. */
export function orderOfSaga(ledger: Ledger, sagaId: string): OrderId | undefined {
  return ledger.orders.get(sagaId as OrderId)?.id ?? ledger.refunds.get(sagaId)?.orderId;
}

export function unpark(ledger: Ledger, sagaId: string, step: string, direction: Direction): void {
  const orderId = orderOfSaga(ledger, sagaId);
  if (orderId === undefined) return;
  const parked = ledger.parked.of(orderId);
  const left = parked.filter(
    (row) => row.sagaId !== sagaId || row.step !== step || row.direction !== direction,
  );
  if (left.length === parked.length) return;
  ledger.parked.put(orderId, left);
  if (lockOrder(ledger, orderId).blockedSince === null) {
    changeOrder(ledger, orderId, { needsOperator: left.length > 0 });
  }
}

// --- status and events ---------------------------------------------------------------------------

export function appendEvent(
  ledger: Ledger,
  orderId: OrderId,
  type: EventType,
  refundId: RefundId | null = null,
): void {
  const sequence = lockOrder(ledger, orderId).lastSequence + 1;
  changeOrder(ledger, orderId, { lastSequence: sequence });
  ledger.events.append(orderId, {
    id: `evt_${ledger.nextId()}`,
    orderId,
    refundId,
    sequence,
    type,
    occurredAt: ledger.now(),
    order: lockOrder(ledger, orderId),
    payment: ledger.payments.get(orderId),
    trackingNumber: ledger.trackingNumbers.get(orderId),
    shipments: ledger.shipments.of(orderId),
  });
}

/** A move that is not legal any more (a zombie's) is a no-op without event. A move proves a run. */
export function moveOrder(ledger: Ledger, id: OrderId, to: OrderStatus): void {
  const order = lockOrder(ledger, id);
  if (!LEGAL_MOVES[order.status].includes(to)) return;
  const now = ledger.now();
  ledger.orders.put(id, {
    ...order,
    ...(order.needsOperator && unparkMoved(ledger, id)),
    ...(isEnded(to) && { watchedAt: null }),
    status: to,
    updatedAt: now,
    runStartedAt: order.runStartedAt ?? now,
  });
  appendEvent(ledger, id, `order.${to}`);
}

/** An order that moves on is neither blocked nor parked; a refund of it may still be. */
function unparkMoved(ledger: Ledger, id: OrderId): Partial<OrderRow> {
  const left = ledger.parked.of(id).filter(({ sagaId }) => sagaId !== id);
  ledger.parked.put(id, left);
  return { blockedSince: null, needsOperator: left.length > 0 };
}

export function postMail(
  ledger: Ledger,
  orderId: OrderId,
  kind: 'rejected' | 'cancelled' | 'refunded',
): void {
  const id = messageId(orderId, kind);
  if (ledger.mails.get(id) !== undefined) throw new Error(`bug: the mail ${id} is written twice`);
  const now = ledger.now();
  ledger.mails.put(id, { id, orderId, kind, createdAt: now, nextAt: now, sentAt: null });
}

// --- stock and money: what the tables' own checks allow ------------------------------------------

export function changeStock(
  ledger: Ledger,
  tenantId: string,
  sku: string,
  moved: { readonly available?: number; readonly reserved?: number; readonly sold?: number },
): void {
  const key = stockKey(tenantId, sku);
  const row = ledger.stock.get(key);
  if (row === undefined) throw new Error(`bug: there is no stock of ${sku}`);
  const { available = 0, reserved = 0, sold = 0 } = moved;
  const changed: StockRow = {
    ...row,
    available: row.available + available,
    reserved: row.reserved + reserved,
    sold: row.sold + sold,
  };
  if (changed.available < 0 || changed.reserved < 0 || changed.sold < 0) {
    throw new Error(`bug: the stock of ${sku} would be negative`);
  }
  ledger.stock.put(key, changed);
}

export function stockKey(tenantId: string, sku: string): string {
  return `${tenantId}/${sku}`;
}

export function voucherKey(tenantId: string, code: string): string {
  return `${tenantId}/${code}`;
}

export function changePayment(
  ledger: Ledger,
  id: OrderId,
  payment: PaymentRow,
  change: Partial<PaymentRow>,
): PaymentRow {
  const changed = { ...payment, ...change };
  const { authorized, captured, voided, refunded } = changed;
  const isSane = captured >= 0n && voided >= 0n && captured + voided <= authorized;
  if (!isSane || refunded > captured || refunded < 0n) {
    throw new Error(`bug: the payment of ${id} would not add up`);
  }
  ledger.payments.put(id, changed);
  return changed;
}
