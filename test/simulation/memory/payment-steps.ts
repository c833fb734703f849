/** Money at the gateway as the books have it (migrations/0002, 0003 and 0007). */
import type {
  AuthorizationWork,
  Begun,
  IntentWork,
  PaymentWork,
  Recorded,
} from '../../../src/activities/ports.ts';
import type { GatewayOperation } from '../../../src/domain/keys.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import {
  changeOrder,
  changePayment,
  DONE,
  leaveTombstone,
  lockOrder,
  moveOrder,
  record,
  recorded,
  recordedOrUnwinding,
  recordUndone,
  refused,
  requireGate,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { EntryRow, OrderRow, PaymentRow } from './rows.ts';
import { moveReservation } from './stock-steps.ts';

export const AUTHORIZE = 'authorize payment';
const CAPTURE = 'capture payment';

// --- entries -------------------------------------------------------------------------------------

type Entry = Pick<EntryRow, 'orderId' | 'operation' | 'n' | 'kind' | 'gatewayId'> &
  Partial<EntryRow>;

export function appendEntry(ledger: Ledger, entry: Entry): void {
  const none = { authorized: 0n, captured: 0n, voided: 0n, refunded: 0n };
  const id = ledger.nextId();
  const occurredAt = ledger.now();
  ledger.entries.append(entry.orderId, {
    id,
    occurredAt,
    refundId: null,
    outcome: null,
    ...none,
    ...entry,
  });
}

export function appendAnswer(
  ledger: Ledger,
  orderId: OrderId,
  operation: GatewayOperation,
  { n, intentId: gatewayId }: PaymentRow,
  answer: Partial<EntryRow>,
): void {
  appendEntry(ledger, { orderId, operation, n, kind: 'answered', gatewayId, ...answer });
}

/** What a gateway call needs; writes the "requested" entry that must stand before the call. */
export function paymentWork(
  ledger: Ledger,
  { id, amountMinor, currency, paymentMethod, returnUrl }: OrderRow,
  { n, intentId, waitsSince }: PaymentRow,
  operation: GatewayOperation,
): PaymentWork {
  const repeated = ledger.entries
    .of(id)
    .some((entry) => entry.operation === operation && entry.n === n && entry.kind === 'requested');
  if (!repeated) {
    appendEntry(ledger, { orderId: id, operation, n, kind: 'requested', gatewayId: intentId });
  }
  const work = {
    ...{ amount: { amountMinor, currency }, paymentMethod, n, repeated },
    ...(returnUrl !== null && { returnUrl }),
    ...(waitsSince !== null && { waits: true as const }),
  };
  return intentId === null ? work : { ...work, intentId };
}

export function openPayment(
  ledger: Ledger,
  order: OrderRow,
  payment: PaymentRow,
  operation: GatewayOperation,
): Begun<IntentWork> {
  return { state: 'open', work: paymentWork(ledger, order, payment, operation) as IntentWork };
}

// --- authorize payment ---------------------------------------------------------------------------

const NEW_PAYMENT: PaymentRow = {
  intentId: null,
  n: 1,
  state: 'created',
  authorized: 0n,
  captured: 0n,
  voided: 0n,
  refunded: 0n,
  waitsSince: null,
  waitsUntil: null,
  actionUrl: null,
  captureBefore: null,
  inParts: null,
  isRenewed: false,
};

export function beginAuthorization(ledger: Ledger, id: OrderId): Begun<AuthorizationWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, AUTHORIZE);
  if (answer !== undefined) return answer;
  const payment = ledger.payments.get(id) ?? changePayment(ledger, id, NEW_PAYMENT, {});
  const operation = payment.intentId === null ? 'create' : 'confirm';
  const work = paymentWork(ledger, order, payment, operation);
  return { state: 'open', work: { ...work, installation: 'ins_memory' } };
}

export function commitIntent(ledger: Ledger, id: OrderId, intentId: string): Begun<IntentWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, AUTHORIZE);
  if (answer !== undefined) return answer;
  let payment = ledger.payments.get(id);
  if (payment?.intentId === null) {
    claimGatewayId(ledger, intentId, id);
    payment = changePayment(ledger, id, payment, { intentId });
    appendAnswer(ledger, id, 'create', payment, { outcome: 'requires_confirmation' });
  }
  if (payment === undefined) throw new Error(`bug: order ${id} has no payment`);
  return openPayment(ledger, order, payment, 'confirm');
}

export function claimGatewayId(ledger: Ledger, gatewayId: string, owner: string): void {
  const other = ledger.gatewayIds.get(gatewayId) ?? owner;
  if (other !== owner) throw new Error(`bug: ${gatewayId} belongs to ${other}, not to ${owner}`);
  ledger.gatewayIds.put(gatewayId, owner);
}

/** Writes down that money is held, whoever learned of it first. */
export function bookAuthorization(ledger: Ledger, id: OrderId, authorized: bigint): void {
  const payment = ledger.payments.get(id);
  if (payment?.state !== 'created' && payment?.state !== 'declined') return;
  const state = 'authorized';
  changePayment(ledger, id, payment, { state, authorized: payment.voided + authorized });
  appendAnswer(ledger, id, 'confirm', payment, { outcome: 'requires_capture', authorized });
}

export function recordAuthorization(
  ledger: Ledger,
  id: OrderId,
  amount: bigint,
  heldAt: number = ledger.now(),
): Recorded {
  const order = lockOrder(ledger, id);
  bookAuthorization(ledger, id, amount);
  const answer = recordedOrUnwinding(ledger, order, AUTHORIZE);
  if (answer !== undefined) return answer;
  const { waitsUntil } = ledger.payments.get(id) ?? NEW_PAYMENT;
  if (order.gate === 'forward' && waitsUntil !== null && waitsUntil < heldAt) {
    const detail = 'The payment was confirmed when the time for it was up.';
    return record(ledger, id, AUTHORIZE, refused('payment-action-expired', detail));
  }
  moveOrder(ledger, id, 'authorized');
  return record(ledger, id, AUTHORIZE, DONE);
}

export function recordDecline(
  ledger: Ledger,
  id: OrderId,
  outcome: string,
  detail: string,
): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, AUTHORIZE);
  if (answer !== undefined) return answer;
  const payment = ledger.payments.get(id);
  if (payment !== undefined) {
    const operation = payment.intentId === null ? 'create' : 'confirm';
    if (payment.state === 'created') changePayment(ledger, id, payment, { state: 'declined' });
    appendAnswer(ledger, id, operation, payment, { outcome });
  }
  return record(ledger, id, AUTHORIZE, refused('payment-declined', detail));
}

// --- its undo ------------------------------------------------------------------------------------

export function beginVoid(ledger: Ledger, id: OrderId): Begun<IntentWork> {
  const order = lockOrder(ledger, id);
  const answer = recorded(ledger, id, AUTHORIZE, 'undo');
  if (answer !== undefined) return answer;
  requireGate(order, 'unwinding');
  leaveTombstone(ledger, id, AUTHORIZE);
  const payment = ledger.payments.get(id);
  if (payment === undefined || payment.intentId === null) {
    return recordUndone(ledger, id, AUTHORIZE);
  }
  return openPayment(ledger, order, payment, 'cancel');
}

export function recordHeld(ledger: Ledger, id: OrderId, amount: bigint): void {
  requireGate(lockOrder(ledger, id), 'unwinding');
  bookAuthorization(ledger, id, amount);
}

export function recordVoid(ledger: Ledger, id: OrderId): Recorded {
  const answer = recorded(ledger, id, AUTHORIZE, 'undo');
  requireGate(lockOrder(ledger, id), 'unwinding');
  const payment = ledger.payments.get(id);
  if (payment !== undefined && !(answer !== undefined && payment.state === 'voided')) {
    const { authorized, captured, voided } = payment;
    const outcome = 'canceled';
    appendAnswer(ledger, id, 'cancel', payment, {
      outcome,
      voided: authorized - captured - voided,
    });
    changePayment(ledger, id, payment, { state: 'voided', voided: authorized - captured });
  }
  return answer ?? recordUndone(ledger, id, AUTHORIZE);
}

// --- capture payment -----------------------------------------------------------------------------

export function beginCapture(ledger: Ledger, id: OrderId): Begun<IntentWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, CAPTURE);
  if (answer !== undefined) return answer;
  requireGate(order, 'forward', 'committing');
  const payment = ledger.payments.get(id);
  if (payment?.state !== 'authorized') {
    throw new Error(`bug: order ${id} is captured while its payment is ${payment?.state ?? ''}`);
  }
  if (order.gate === 'forward') changeOrder(ledger, id, { gate: 'committing' });
  return openPayment(ledger, order, payment, 'capture');
}

export function recordCapture(ledger: Ledger, id: OrderId, captured: bigint): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recorded(ledger, id, CAPTURE);
  if (answer !== undefined) return answer;
  requireGate(order, 'committing');
  const payment = ledger.payments.get(id);
  if (payment !== undefined) {
    changePayment(ledger, id, payment, { state: 'captured', captured });
    appendAnswer(ledger, id, 'capture', payment, { outcome: 'succeeded', captured });
  }
  moveReservation(ledger, id, 'held', 'sold');
  changeOrder(ledger, id, { gate: 'committed' });
  moveOrder(ledger, id, 'paid');
  return record(ledger, id, CAPTURE, DONE);
}

const GONE = refused('payment-declined', 'The authorization was gone before it could be captured.');

export function recordCaptureRefused(ledger: Ledger, id: OrderId): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recorded(ledger, id, CAPTURE);
  if (answer !== undefined) return answer;
  requireGate(order, 'committing');
  const payment = ledger.payments.get(id);
  if (payment !== undefined) {
    const { authorized, voided } = payment;
    const outcome = 'canceled';
    appendAnswer(ledger, id, 'capture', payment, { outcome, voided: authorized - voided });
    changePayment(ledger, id, payment, { state: 'voided', voided: authorized });
  }
  changeOrder(ledger, id, { gate: 'unwinding', reason: 'payment-declined' });
  return record(ledger, id, CAPTURE, GONE);
}
