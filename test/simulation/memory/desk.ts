/** The operators' desk (migrations/0007): the queue, one order whole, and a word on a parked step. */
import type { Decided, Decision, OperatorsDesk, ParkedStep } from '../../../src/operator/ports.ts';
import type { QueueEntry, ShownOrder } from '../../../src/operator/ports.ts';
import type { Recorded } from '../../../src/activities/ports.ts';
import type { OrderId, RefusalCode } from '../../../src/domain/order.ts';
import type { Action } from '../../../src/saga/parking.ts';
import {
  recordReceipt,
  recordShipment,
  recordShipmentRefused,
  refundByHand,
} from './later-steps.ts';
import { appendEvent, leaveTombstone, lockOrder, orderOfSaga, record, refused } from './ledger.ts';
import { DONE, unpark } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { recordVoid } from './payment-steps.ts';
import type { BarrierRow, Direction, OrderState, ParkedRow } from './rows.ts';
import { iso, money, snapshotOf } from './snapshot.ts';
import type { Database } from './tables.ts';

export type MemoryDesk = Pick<OperatorsDesk, 'queue' | 'show' | 'resolve'>;

export function createDesk(ledger: Ledger, { atomically }: Database): MemoryDesk {
  return {
    queue: (limit) => atomically(() => queue(ledger, limit)),
    show: (id) => atomically(() => show(ledger, id)),
    resolve: (decision) => atomically(() => resolve(ledger, decision)),
  };
}

/** What an operator may say of which step, as table `step_choice` has it. */
const CHOICES: Readonly<Record<string, readonly Action[]>> = {
  'redeem voucher/do': ['refuse', 'retry'],
  'redeem voucher/undo': ['retry', 'skip'],
  'return voucher/do': ['retry', 'skip'],
  'reserve stock/do': ['refuse', 'retry'],
  'reserve stock/undo': ['retry', 'skip'],
  'authorize payment/do': ['refuse', 'retry'],
  'authorize payment/undo': ['mark-done', 'retry', 'skip'],
  'capture payment/do': ['retry'],
  'request shipment/do': ['mark-done', 'refuse', 'retry'],
  'send receipt/do': ['mark-done', 'retry', 'skip'],
  'cancel shipment/do': ['mark-done', 'retry', 'skip'],
  'refund payment/do': ['mark-done', 'retry', 'skip'],
  'restock/do': ['retry', 'skip'],
  'begin to unwind/do': ['retry'],
  'close/do': ['retry'],
  'send refund/do': ['retry'],
  'release the rest/do': ['retry'],
  'await shipment 1/do': ['retry'],
};

/** Of shipments, each of which has a number. */
const NUMBERED: Readonly<Record<string, readonly Action[]>> = {
  'await shipment/do': ['refuse', 'retry'],
  'request shipment/do': ['retry'],
  'request shipment/undo': ['retry', 'skip'],
  'capture payment/do': ['retry'],
  'cancel shipment/do': ['retry', 'skip'],
};

const NUMBER = / \d+$/;

function choicesOf(step: string, direction: Direction): readonly Action[] {
  const numbered = NUMBER.test(step) ? NUMBERED : {};
  const bare = step.replace(NUMBER, '');
  return CHOICES[`${step}/${direction}`] ?? numbered[`${bare}/${direction}`] ?? [];
}

const REFUSALS: Readonly<Record<string, RefusalCode>> = {
  'redeem voucher': 'voucher-exhausted',
  'reserve stock': 'out-of-stock',
  'authorize payment': 'payment-declined',
  'await shipment': 'rest-not-shipped',
};

// --- an operator's word ----------------------------------------------------------------------------

function resolve(ledger: Ledger, decision: Decision): Decided {
  const { sagaId, step, action, operator, why } = decision;
  const orderId = orderOfSaga(ledger, sagaId);
  if (orderId === undefined) return { state: 'unknown' };
  const parked = ledger.parked
    .of(orderId)
    .find((row) => row.sagaId === sagaId && row.step === step);
  if (parked === undefined) return { state: 'not-parked' };
  const objection = objectionTo(decision, parked, ledger.now());
  if (objection !== undefined) return objection;

  const before = stateOf(ledger, orderId);
  const { direction } = parked;
  if (action !== 'retry') unpark(ledger, sagaId, step, direction);
  // Before what follows from it: the last event of an order is its end.
  appendEvent(ledger, orderId, 'order.operator_resolved');
  const answer = action === 'retry' ? null : decide(ledger, parked, decision);
  const actionId = ledger.nextId();
  ledger.actions.append(orderId, {
    id: actionId,
    ...{ orderId, sagaId, step, direction, action, operator, why, before },
    after: { ...stateOf(ledger, orderId), recorded: answer },
    occurredAt: ledger.now(),
  });
  if (action !== 'retry') sign(ledger, sagaId, step, direction, actionId);
  return { state: 'resolved', actionId, orderId };
}

function objectionTo(
  { step, action, trackingNumber = '' }: Decision,
  { direction, triedAt }: ParkedRow,
  now: number,
): Decided | undefined {
  const choices = choicesOf(step, direction);
  if (!choices.includes(action)) return { state: 'not-a-choice', choices };
  if (action !== 'mark-done') return undefined;
  if (step === 'request shipment' && trackingNumber.trim() === '') {
    return { state: 'incomplete', missing: 'trackingNumber' };
  }
  const mayRun = step === 'request shipment' || step === 'refund payment';
  const underWayMs = triedAt + UNDER_WAY_MS - now;
  if (!mayRun || underWayMs <= 0) return undefined;
  return { state: 'under-way', seconds: Math.ceil(underWayMs / 1_000) };
}

// How long an attempt that has begun may still reach the party outside.
const UNDER_WAY_MS = 15_000;

/** Does what the operator says has been done, or writes down that it will not be. */
function decide(ledger: Ledger, parked: ParkedRow, { action, trackingNumber = '' }: Decision) {
  const { sagaId, step, direction } = parked;
  if (direction === 'undo') leaveTombstone(ledger, sagaId, step);
  const done = BY_HAND[`${step}/${action}`]?.(ledger, sagaId as OrderId, trackingNumber);
  if (done !== undefined) return done;
  const refusal = action === 'refuse' ? REFUSALS[step.replace(NUMBER, '')] : undefined;
  const answer = refusal === undefined ? DONE : refused(refusal, SPOKEN);
  return record(ledger, sagaId, step, answer, direction);
}

const SPOKEN = 'An operator has decided so.';

type ByHand = (ledger: Ledger, id: OrderId, trackingNumber: string) => Recorded;

const BY_HAND: Readonly<Record<string, ByHand>> = {
  'authorize payment/mark-done': recordVoid,
  'request shipment/mark-done': recordShipment,
  'request shipment/refuse': (ledger, id) => recordShipmentRefused(ledger, id, SPOKEN),
  'send receipt/mark-done': recordReceipt,
  'send receipt/skip': recordReceipt,
  'refund payment/mark-done': refundByHand,
};

function sign(
  ledger: Ledger,
  sagaId: string,
  step: string,
  direction: Direction,
  actionId: number,
): void {
  const signed = (row: BarrierRow) =>
    row.step === step && row.direction === direction ? { ...row, actionId } : row;
  ledger.barriers.put(sagaId, ledger.barriers.of(sagaId).map(signed));
}

function stateOf(ledger: Ledger, id: OrderId): OrderState {
  const { status, gate, reason, needsOperator } = lockOrder(ledger, id);
  return { status, gate, reason, needsOperator };
}

// --- the queue, and one order ------------------------------------------------------------------------

type SagaId = Decision['sagaId'];

/** Oldest first: what is parked, and what the watcher has found blocked. */
function queue(ledger: Ledger, limit: number): QueueEntry[] {
  const entries: [since: number, entry: QueueEntry][] = [];
  for (const order of ledger.orders.values()) {
    const { id: orderId, status, amountMinor, currency, blockedSince, blockedRefund } = order;
    const trouble = { orderId, status, amount: money(amountMinor, currency) };
    for (const row of ledger.parked.of(orderId)) {
      entries.push([row.parkedAt, { ...trouble, ...parkedStep(row) }]);
    }
    if (blockedSince === null) continue;
    const sagaId = (blockedRefund ?? orderId) as SagaId;
    entries.push([blockedSince, { ...trouble, sagaId, blockedSince: iso(blockedSince) }]);
  }
  return entries
    .sort(([a], [b]) => a - b)
    .slice(0, limit)
    .map(([, entry]) => entry);
}

function parkedStep(row: ParkedRow): ParkedStep {
  const { sagaId, orderId, step, direction, detail, parkedAt } = row;
  const choices = choicesOf(step, direction);
  const shown = { orderId, step, direction, detail, parkedAt: iso(parkedAt), choices };
  return { sagaId: sagaId as SagaId, ...shown };
}

function show(ledger: Ledger, id: string): ShownOrder | undefined {
  const orderId = orderOfSaga(ledger, id);
  if (orderId === undefined) return undefined;
  const order = lockOrder(ledger, orderId);
  const payment = ledger.payments.get(orderId);
  const trackingNumber = ledger.trackingNumbers.get(orderId);
  const shipments = ledger.shipments.of(orderId);
  const sagas = [orderId, ...ledger.refundIds.of(orderId)];
  return {
    ...snapshotOf({ order, payment, trackingNumber, shipments }),
    ...stateOf(ledger, orderId),
    blockedSince: order.blockedSince === null ? null : iso(order.blockedSince),
    parked: ledger.parked.of(orderId).map(parkedStep),
    steps: sagas.flatMap((saga) => ledger.barriers.of(saga)).map(recordedStep),
    actions: ledger.actions.of(orderId).map(({ occurredAt, ...action }) => ({
      ...action,
      sagaId: action.sagaId as SagaId,
      at: iso(occurredAt),
    })),
  };
}

function recordedStep(row: BarrierRow): ShownOrder['steps'][number] {
  const { sagaId, step, direction, answer, createdAt, actionId } = row;
  return {
    sagaId: sagaId as SagaId,
    step,
    direction,
    result: answer.state === 'done' ? { ok: answer.result } : { refused: { code: answer.code } },
    at: iso(createdAt),
    operatorActionId: actionId,
  };
}
