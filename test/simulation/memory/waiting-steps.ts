/** Payments that wait for the customer, or for their bank (migrations/0030). */
import type { Begun, Recorded, Waiting } from '../../../src/activities/ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import {
  appendEvent,
  changeOrder,
  changePayment,
  lockOrder,
  record,
  recorded,
  recordedOrUnwinding,
  recordUndone,
  refused,
  requireGate,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { appendAnswer, AUTHORIZE } from './payment-steps.ts';

export function recordWaiting(
  ledger: Ledger,
  id: OrderId,
  outcome: string,
  url: string | null,
  actionMs: number,
): Begun<Waiting> {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, AUTHORIZE);
  const before = ledger.payments.get(id);
  if (before === undefined) {
    if (answer !== undefined) return answer;
    throw new Error(`bug: order ${id} has no payment`);
  }
  const now = ledger.now();
  const waitsSince = before.waitsSince ?? now;
  const waitsUntil = before.waitsUntil ?? now + actionMs;
  const actionUrl = answer === undefined ? url : before.actionUrl;
  // That it waits is so whatever the gate says: the void that an unwinding order owes has to know.
  changePayment(ledger, id, before, { waitsSince, waitsUntil, actionUrl });
  if (answer !== undefined) return answer;
  if (now >= waitsUntil) {
    const detail = `The payment was still ${outcome} when the time for it was up.`;
    return record(ledger, id, AUTHORIZE, refused('payment-action-expired', detail));
  }
  if (url !== before.actionUrl) {
    changeOrder(ledger, id, { updatedAt: now });
    if (url !== null) appendEvent(ledger, id, 'order.action_required');
  }
  const until = new Date(waitsUntil);
  return { state: 'open', work: { waitedMs: now - waitsSince, leftMs: waitsUntil - now, until } };
}

/** A bank is still at it, and it cannot be called off. */
export function recordGivenUp(ledger: Ledger, id: OrderId): Recorded {
  const answer = recorded(ledger, id, AUTHORIZE, 'undo');
  if (answer !== undefined) return answer;
  requireGate(lockOrder(ledger, id), 'unwinding');
  const payment = ledger.payments.get(id);
  if (payment !== undefined) {
    const { authorized, captured, voided } = payment;
    const news = { outcome: 'processing', voided: authorized - captured - voided };
    appendAnswer(ledger, id, 'cancel', payment, news);
    changePayment(ledger, id, payment, { state: 'voided', voided: authorized - captured });
  }
  return recordUndone(ledger, id, AUTHORIZE);
}
