/** The hold that is made once more (migrations/0033). */
import type { Begun, Recorded } from '../../../src/activities/ports.ts';
import type { RenewalWork } from '../../../src/activities/shipment-ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { changePayment, lockOrder, record, recordedOrUnwinding } from './ledger.ts';
import { refused, requireGate } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { appendAnswer, bookAuthorization, claimGatewayId, paymentWork } from './payment-steps.ts';
import { paymentOf, restOf } from './shipment-rows.ts';

export const RENEW = 'renew authorization';

export function beginRenewal(ledger: Ledger, id: OrderId): Begun<RenewalWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, RENEW);
  if (answer !== undefined) return answer;
  requireGate(order, 'forward');
  const payment = paymentOf(ledger, id);
  const { isRenewed, intentId } = payment;
  const next = intentId === null ? 'create' : 'confirm';
  const work = paymentWork(ledger, order, payment, isRenewed ? next : 'cancel');
  return { state: 'open', work: { ...work, isRenewed, installation: 'ins_memory' } };
}

export function recordOldHold(ledger: Ledger, id: OrderId): Begun<RenewalWork> {
  const answer = recordedOrUnwinding(ledger, lockOrder(ledger, id), RENEW);
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  if (!payment.isRenewed) {
    const { authorized, captured, n } = payment;
    appendAnswer(ledger, id, 'cancel', payment, { outcome: 'canceled', voided: restOf(payment) });
    changePayment(ledger, id, payment, {
      ...{ state: 'created', voided: authorized - captured, n: n + 1 },
      ...{ intentId: null, captureBefore: null, isRenewed: true },
    });
  }
  return beginRenewal(ledger, id);
}

export function commitRenewal(ledger: Ledger, id: OrderId, intentId: string): Begun<RenewalWork> {
  const answer = recordedOrUnwinding(ledger, lockOrder(ledger, id), RENEW);
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  if (payment.isRenewed && payment.intentId === null) {
    claimGatewayId(ledger, intentId, id);
    const changed = changePayment(ledger, id, payment, { intentId });
    appendAnswer(ledger, id, 'create', changed, { outcome: 'requires_confirmation' });
  }
  return beginRenewal(ledger, id);
}

export function recordRenewal(ledger: Ledger, id: OrderId, amount: bigint): Recorded {
  bookAuthorization(ledger, id, amount);
  const answer = recordedOrUnwinding(ledger, lockOrder(ledger, id), RENEW);
  return answer ?? record(ledger, id, RENEW);
}

export function recordRenewalDeclined(
  ledger: Ledger,
  id: OrderId,
  outcome: string,
  detail: string,
): Recorded {
  const answer = recordedOrUnwinding(ledger, lockOrder(ledger, id), RENEW);
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  const operation = payment.intentId === null ? 'create' : 'confirm';
  if (payment.state === 'created') changePayment(ledger, id, payment, { state: 'declined' });
  appendAnswer(ledger, id, operation, payment, { outcome });
  return record(ledger, id, RENEW, refused('payment-declined', detail));
}
