/** Capture at shipment as the books have it (migrations/0033). */
import type { Begun, IntentWork, Recorded } from '../../../src/activities/ports.ts';
import type {
  HoldTerms,
  HoldWork,
  PartRefusal,
  PartWork,
} from '../../../src/activities/shipment-ports.ts';
import type { ShipmentBook } from '../../../src/activities/shipment-ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { changePayment, DONE, leaveTombstone, lockOrder, record, recorded } from './ledger.ts';
import { recordedIfCommitted, recordUndone, refused, requireGate } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { noteTry } from './later-steps.ts';
import * as capture from './part-captures.ts';
import { appendAnswer, openPayment } from './payment-steps.ts';
import * as renewal from './renewal.ts';
import {
  changeShipment,
  paymentOf,
  recordedPart,
  refusePart,
  restockRest,
} from './shipment-rows.ts';
import { restOf, shipmentOf, shipWhole } from './shipment-rows.ts';
import { linesOf } from './snapshot.ts';
import type { Database } from './tables.ts';

export function createShipmentBook(
  ledger: Ledger,
  { atomically }: Pick<Database, 'atomically'>,
): ShipmentBook {
  const call =
    <Args extends readonly unknown[], Answer>(
      act: (ledger: Ledger, id: OrderId, ...args: Args) => Answer,
    ) =>
    (id: OrderId, ...args: Args): Promise<Answer> =>
      atomically(() => act(ledger, id, ...args));
  return {
    nextShipment: call(nextShipment),
    noteTerms: call(noteTerms),
    beginRenewal: call(renewal.beginRenewal),
    recordOldHold: call(renewal.recordOldHold),
    commitRenewal: call(renewal.commitRenewal),
    recordRenewal: (id, { capturableMinor }) =>
      atomically(() => renewal.recordRenewal(ledger, id, capturableMinor)),
    recordRenewalDeclined: call(renewal.recordRenewalDeclined),
    beginPart: call(beginPart),
    recordPart: call(recordPart),
    recordPartRefused: call(recordPartRefused),
    beginPartUndo: call(beginPartUndo),
    recordPartUndo: call(recordPartUndo),
    beginPartCapture: call(capture.beginPartCapture),
    recordPartCapture: (id, number, { capturedMinor }) =>
      atomically(() => capture.recordPartCapture(ledger, id, number, capturedMinor)),
    recordPartCaptureRefused: call(capture.recordPartCaptureRefused),
    beginPartRecall: call(beginPartRecall),
    recordPartRecall: call(recordPartRecall),
    beginRelease: call(beginRelease),
    recordRelease: call(recordRelease),
  };
}

// --- await shipment ------------------------------------------------------------------------------

function holdOf(ledger: Ledger, id: OrderId, marginMs: number): HoldWork {
  const payment = paymentOf(ledger, id);
  const { intentId, captureBefore, captured } = payment;
  const isHeld = restOf(payment) > 0n;
  const left = (captureBefore ?? 0) - ledger.now();
  return {
    intentId: intentId ?? '',
    isKnown: captureBefore !== null || !isHeld,
    isRenewable: captured === 0n && recorded(ledger, id, renewal.RENEW)?.state !== 'done',
    waitMs: isHeld && captureBefore !== null ? Math.max(0, left - marginMs) : 0,
    isOver: !isHeld || (captureBefore !== null && left < 0),
  };
}

function nextShipment(
  ledger: Ledger,
  id: OrderId,
  number: number,
  marginMs: number,
): Begun<HoldWork> {
  const answer = recordedPart(ledger, lockOrder(ledger, id), 'await shipment', number);
  if (answer !== undefined) return answer;
  if (shipmentOf(ledger, id, number) !== undefined) {
    return record(ledger, id, `await shipment ${number}`);
  }
  return { state: 'open', work: holdOf(ledger, id, marginMs) };
}

function noteTerms(
  ledger: Ledger,
  id: OrderId,
  intentId: string,
  { before, inParts }: Required<HoldTerms>,
): void {
  const payment = ledger.payments.get(id);
  if (payment?.intentId !== intentId || payment.captureBefore !== null) return;
  changePayment(ledger, id, payment, { captureBefore: before.getTime(), inParts });
}

// --- request shipment ----------------------------------------------------------------------------

function beginPart(ledger: Ledger, id: OrderId, number: number, marginMs: number): Begun<PartWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedPart(ledger, order, 'request shipment', number);
  if (answer !== undefined) return answer;
  noteTry(ledger, id, `request shipment ${number}`);
  const row = shipmentOf(ledger, id, number);
  const lines = linesOf(row?.lines ?? []);
  const payment = paymentOf(ledger, id);
  const isPart = payment.captured === 0n && (row?.amountMinor ?? 0n) < restOf(payment);
  return {
    state: 'open',
    work: {
      ...holdOf(ledger, id, marginMs),
      ...{ address: order.address, lines },
      isOnlyWhole: payment.inParts === false && isPart,
    },
  };
}

function recordPart(ledger: Ledger, id: OrderId, number: number, trackingNumber: string): Recorded {
  const answer = recordedPart(ledger, lockOrder(ledger, id), 'request shipment', number);
  if (answer !== undefined) return answer;
  changeShipment(ledger, id, number, { state: 'handed-over', trackingNumber });
  const result = { trackingNumber };
  return record(ledger, id, `request shipment ${number}`, { state: 'done', result });
}

function recordPartRefused(
  ledger: Ledger,
  id: OrderId,
  number: number,
  code: PartRefusal,
  why: string,
): Recorded {
  const answer = recordedPart(ledger, lockOrder(ledger, id), 'request shipment', number);
  if (answer !== undefined) return answer;
  refusePart(ledger, id, number);
  return record(ledger, id, `request shipment ${number}`, refused(code, why));
}

function beginPartUndo(ledger: Ledger, id: OrderId): Begun<unknown> {
  const answer = recorded(ledger, id, 'request shipment 1', 'undo');
  if (answer !== undefined) return answer;
  requireGate(lockOrder(ledger, id), 'unwinding');
  leaveTombstone(ledger, id, 'request shipment 1');
  return { state: 'open', work: {} };
}

function recordPartUndo(ledger: Ledger, id: OrderId): Recorded {
  requireGate(lockOrder(ledger, id), 'unwinding');
  const answer = recorded(ledger, id, 'request shipment 1', 'undo');
  return answer ?? recordUndone(ledger, id, 'request shipment 1');
}

// --- what was not paid for, and what was not shipped -----------------------------------------------

function recall(ledger: Ledger, id: OrderId, number: number): Recorded | undefined {
  return recordedIfCommitted(ledger, lockOrder(ledger, id), `cancel shipment ${number}`);
}

function recordPartRecall(ledger: Ledger, id: OrderId, number: number): Recorded {
  return recall(ledger, id, number) ?? record(ledger, id, `cancel shipment ${number}`);
}

function beginPartRecall(ledger: Ledger, id: OrderId, number: number): Begun<unknown> {
  return recall(ledger, id, number) ?? { state: 'open', work: {} };
}

function beginRelease(ledger: Ledger, id: OrderId): Begun<IntentWork> {
  const order = lockOrder(ledger, id);
  const answer = recordedIfCommitted(ledger, order, 'release the rest');
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  if (restOf(payment) === 0n) return recordRelease(ledger, id);
  return openPayment(ledger, order, payment, 'cancel');
}

function recordRelease(ledger: Ledger, id: OrderId): Recorded {
  const answer = recordedIfCommitted(ledger, lockOrder(ledger, id), 'release the rest');
  if (answer !== undefined) return answer;
  const payment = paymentOf(ledger, id);
  const rest = restOf(payment);
  const gone = { outcome: 'canceled', voided: rest };
  if (rest > 0n) appendAnswer(ledger, id, 'cancel', payment, gone);
  const voided = payment.authorized - payment.captured;
  changePayment(ledger, id, payment, { voided, state: 'captured' });
  restockRest(ledger, id);
  shipWhole(ledger, id);
  return record(ledger, id, 'release the rest', DONE);
}
