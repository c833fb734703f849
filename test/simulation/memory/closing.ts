/** Unwinding, the end of every order, and the way into the operators' queue (migrations/0003, 0007). */
import type { ParkedStep } from '../../../src/activities/ports.ts';
import { isEnded } from '../../../src/domain/order.ts';
import type { EndReason, Gate, OrderId, UnhappyStatus } from '../../../src/domain/order.ts';
import {
  appendEvent,
  changeOrder,
  lockOrder,
  moveOrder,
  orderOfSaga,
  postMail,
  recorded,
  requireGate,
  unpark,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Direction, OrderRow, ParkedRow } from './rows.ts';

export function beginUnwind(
  ledger: Ledger,
  id: OrderId,
  reason: EndReason,
): { gate: Gate; reason: EndReason | null } {
  if (lockOrder(ledger, id).gate === 'forward') {
    changeOrder(ledger, id, { gate: 'unwinding', reason });
  }
  unpark(ledger, id, 'begin to unwind', 'do');
  const { gate, reason: first } = lockOrder(ledger, id);
  return { gate, reason: first };
}

export function closeOrder(
  ledger: Ledger,
  id: OrderId,
): { status: UnhappyStatus; reason: EndReason | null } {
  const order = lockOrder(ledger, id);
  requireGate(order, 'unwinding', 'committed');
  const { gate, reason } = order;
  const unhappy = reason === 'cancelled' ? 'cancelled' : 'rejected';
  const status = gate === 'committed' ? 'refunded' : unhappy;
  if (order.status === status) return { status, reason };
  requireNothingTaken(ledger, order);
  moveOrder(ledger, id, status);
  const { captured, refunded } = ledger.payments.get(id) ?? { captured: 0n, refunded: 0n };
  // Who skips a refund tells the customer: the letter would say that the money is on its way back.
  if (captured === refunded) postMail(ledger, id, status);
  return { status, reason };
}

/** Save what an operator has marked or skipped: that is somebody's decision, with a name to it. */
function requireNothingTaken(ledger: Ledger, order: OrderRow): void {
  const { id } = order;
  const byHand = (step: string, direction: Direction) =>
    ledger.barriers
      .of(id)
      .some((row) => row.step === step && row.direction === direction && row.actionId !== null);
  const voucherByHand = byHand('redeem voucher', 'undo') || byHand('return voucher', 'do');
  if (isVoucherTaken(ledger, id) && !voucherByHand) {
    throw new Error(`bug: order ${id} would end with its voucher still taken`);
  }
  const goodsByHand = byHand('reserve stock', 'undo') || byHand('restock', 'do');
  if (areGoodsTaken(ledger, id) && !goodsByHand) {
    throw new Error(`bug: order ${id} would end with goods still taken`);
  }
  const moneyByHand = byHand('authorize payment', 'undo') || byHand('refund payment', 'do');
  if (isMoneyTaken(ledger, order) && !moneyByHand) {
    throw new Error(`bug: order ${id} would end with money still taken`);
  }
}

function isVoucherTaken(ledger: Ledger, id: OrderId): boolean {
  return ledger.voucherUses.get(id)?.state === 'held';
}

function areGoodsTaken(ledger: Ledger, id: OrderId): boolean {
  return ledger.reservations.of(id).some(({ state }) => state === 'held' || state === 'sold');
}

function isMoneyTaken(ledger: Ledger, { id, gate }: OrderRow): boolean {
  const payment = ledger.payments.get(id);
  if (payment === undefined) return false;
  const { state, captured, refunded, intentId } = payment;
  const isUnvoided = gate === 'unwinding' && intentId !== null && state !== 'voided';
  return state === 'authorized' || captured !== refunded || isUnvoided;
}

/** Puts a step into the operators' queue, unless it has been decided meanwhile. */
export function parkStep(ledger: Ledger, sagaId: string, { step, undo, detail }: ParkedStep): void {
  const id = orderOfSaga(ledger, sagaId);
  if (id === undefined) throw new Error(`bug: there is no order ${sagaId}`);
  const order = lockOrder(ledger, id);
  const direction: Direction = undo ? 'undo' : 'do';
  if (isDecided(ledger, order, sagaId, step, direction)) return;
  const rows = ledger.parked.of(id);
  const is = isOf(sagaId, step, direction);
  const now = ledger.now();
  const parked = { sagaId, step, direction, orderId: id, detail, parkedAt: now, triedAt: now };
  if (!rows.some(is)) ledger.parked.append(id, parked);
  else {
    const told = rows.map((row) => (is(row) ? { ...row, detail } : row));
    ledger.parked.put(id, told);
  }
  if (undo) unpark(ledger, sagaId, step, 'do');
  changeOrder(ledger, id, { needsOperator: true, blockedSince: null });
  if (!order.needsOperator) appendEvent(ledger, id, 'order.needs_operator');
}

/** Whether a step that says it is parked has been decided since: what it says may be old. */
function isDecided(
  ledger: Ledger,
  { id, status, gate }: OrderRow,
  sagaId: string,
  step: string,
  direction: Direction,
): boolean {
  if (recorded(ledger, sagaId, step, direction) !== undefined) return true;
  if (sagaId === id && isEnded(status)) return true;
  if (step === 'begin to unwind' && gate !== 'forward') return true;
  return direction === 'do' && ledger.parked.of(id).some(isOf(sagaId, step, 'undo'));
}

function isOf(sagaId: string, step: string, direction: Direction) {
  return (row: ParkedRow): boolean =>
    row.sagaId === sagaId && row.step === step && row.direction === direction;
}
