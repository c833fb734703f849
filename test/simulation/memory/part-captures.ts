/** The money of each shipment (migrations/0033). */
import type { Begun, Recorded } from '../../../src/activities/ports.ts';
import type { PartCaptureWork } from '../../../src/activities/shipment-ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { appendEvent, changeOrder, changePayment, lockOrder, moveOrder } from './ledger.ts';
import { record, recorded, refused, requireGate } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { appendAnswer, appendEntry } from './payment-steps.ts';
import { changeShipment, paymentOf, recordedPart, refusePart, restOf } from './shipment-rows.ts';
import { shipmentOf, shipWhole } from './shipment-rows.ts';
import { moveReservation } from './stock-steps.ts';

export function beginPartCapture(
  ledger: Ledger,
  id: OrderId,
  number: number,
): Begun<PartCaptureWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedPart(ledger, order, 'capture payment', number);
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  const shipment = shipmentOf(ledger, id, number);
  if (shipment?.state !== 'handed-over' || shipment.amountMinor > restOf(payment)) {
    throw new Error(`bug: shipment ${number} of ${id} is captured while it is ${shipment?.state}`);
  }
  if (number === 1) {
    requireGate(order, 'forward', 'committing');
    if (order.gate === 'forward') changeOrder(ledger, id, { gate: 'committing' });
  }
  const of = { orderId: id, operation: 'capture', n: number } as const;
  const { intentId } = payment;
  const repeated = ledger.entries
    .of(id)
    .some(
      ({ operation, n, kind }) => operation === 'capture' && n === number && kind === 'requested',
    );
  if (!repeated) appendEntry(ledger, { ...of, kind: 'requested', gatewayId: intentId });
  return {
    state: 'open',
    work: {
      intentId: intentId ?? '',
      amount: { amountMinor: shipment.amountMinor, currency: order.currency },
      before: payment.captured.toString(),
      isLast: shipment.amountMinor === restOf(payment),
      repeated,
    },
  };
}

export function recordPartCapture(
  ledger: Ledger,
  id: OrderId,
  number: number,
  total: bigint,
): Recorded {
  const step = `capture payment ${number}`;
  const answer = recorded(ledger, id, step);
  if (answer !== undefined) return answer;
  requireGate(lockOrder(ledger, id), number === 1 ? 'committing' : 'committed');
  const captured = shipmentOf(ledger, id, number)?.amountMinor ?? 0n;
  changeShipment(ledger, id, number, { state: 'shipped' });
  const payment = paymentOf(ledger, id);
  const isWhole = captured === restOf(payment);
  changePayment(ledger, id, payment, {
    captured: payment.captured + captured,
    ...(isWhole && { state: 'captured' }),
  });
  if (payment.captured + captured !== total) throw new Error(`bug: ${id} has captured ${total}`);
  const outcome = isWhole ? 'succeeded' : 'requires_capture';
  appendAnswer(ledger, id, 'capture', { ...payment, n: number }, { outcome, captured });
  if (number === 1) {
    moveReservation(ledger, id, 'held', 'sold');
    changeOrder(ledger, id, { gate: 'committed' });
    moveOrder(ledger, id, 'paid');
  }
  appendEvent(ledger, id, 'shipment.shipped');
  if (isWhole) shipWhole(ledger, id);
  return record(ledger, id, step, { state: 'done', result: { isWhole } });
}

const GONE = refused('payment-declined', 'The authorization was gone before it could be captured.');

export function recordPartCaptureRefused(ledger: Ledger, id: OrderId, number: number): Recorded {
  const step = `capture payment ${number}`;
  const answer = recorded(ledger, id, step);
  if (answer !== undefined) return answer;
  requireGate(lockOrder(ledger, id), number === 1 ? 'committing' : 'committed');
  const payment = paymentOf(ledger, id);
  const { authorized, captured } = payment;
  const gone = { outcome: 'canceled', voided: restOf(payment) };
  appendAnswer(ledger, id, 'capture', { ...payment, n: number }, gone);
  const state = number === 1 ? 'voided' : 'captured';
  changePayment(ledger, id, payment, { voided: authorized - captured, state });
  if (number === 1) changeOrder(ledger, id, { gate: 'unwinding', reason: 'payment-declined' });
  refusePart(ledger, id, number);
  return record(ledger, id, step, GONE);
}
