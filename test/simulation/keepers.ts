/**
 * Whoever looks after orders beside their runs: the starter, the watcher, the sender of mails, and
 * the operator. Each decides as its original does (src/api/starter.ts, src/api/watcher.ts,
 * src/operator/resolve.ts), from time to time, on some process that is there.
 */
import { sendDueMails } from '../../src/activities/notifications.ts';
import type { SilentSaga } from '../../src/api/ports.ts';
import type { SagaRun } from '../../src/client/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { ParkedStep } from '../../src/operator/ports.ts';
import type { Action } from '../../src/saga/parking.ts';
import { createMerchant } from './merchant.ts';
import type { RefundRow } from './memory/rows.ts';
import { reconcile } from './reconciler.ts';
import type { Process } from './temporal/worker.ts';
import type { Webhooks } from './webhooks.ts';
import type { World } from './world.ts';

const GRACE_SECONDS = 5;
const SILENCE_SECONDS = 120;
const MANY_RESTARTS = 3;
const LIMIT = 100;

/** What operators did with their own hands. */
export interface ByHand {
  readonly orderId: OrderId;
  readonly step: string;
  readonly undo: boolean;
  readonly action: Action;
}

export interface Keepers {
  readonly byHand: readonly ByHand[];
  /** No pass begins any more. */
  readonly close: () => void;
}

export function createKeepers(world: World, webhooks?: Webhooks): Keepers {
  const { scheduler, apis, operators, workers } = world;
  const byHand: ByHand[] = [];
  let isClosed = false;
  /** One pass at a time; one whose process dies is given up. */
  const every = (
    ms: number,
    pick: () => Process | undefined,
    pass: (process: Process) => Promise<unknown>,
  ) => {
    let busy: Process | undefined;
    const tick = () => {
      if (isClosed) return;
      scheduler.idleAfter(ms, tick);
      if (busy?.isAlive()) return;
      const process = (busy = pick());
      if (process === undefined) return;
      void pass(process)
        .catch(() => undefined)
        .finally(() => (busy = undefined));
    };
    scheduler.idleAfter(ms, tick);
  };
  const anApi = () => apis.pick(scheduler.random);
  every(6_000, anApi, (api) => startLate(world, api));
  every(15_000, anApi, (api) => lookAfterSilent(world, api));
  every(
    10_000,
    () => workers.pick(scheduler.random),
    (worker) => sendMails(world, worker),
  );
  if (webhooks !== undefined) {
    every(1_000, anApi, webhooks.hear);
    every(500, () => workers.pick(scheduler.random), webhooks.reconcile);
  }
  every(
    20_000,
    () => workers.pick(scheduler.random),
    (worker) => reconcile(world, worker),
  );
  if (world.story.shipsAfterSeconds !== undefined) every(20_000, anApi, createMerchant(world));
  if (world.story.operator !== 'nothing') {
    every(
      30_000,
      () => operators.pick(scheduler.random),
      (operator) => decideParked(world, operator, byHand),
    );
  }
  return { byHand, close: () => (isClosed = true) };
}

async function startLate(world: World, api: Process): Promise<void> {
  const { books, seenBy } = world;
  // Nobody asks where there is nothing, and that is nearly always.
  if ([...books.tables.orders.values()].some(({ runStartedAt }) => runStartedAt === null)) {
    const store = seenBy(api, 'book', '', books.store);
    for (const order of await store.leaseUnstarted(GRACE_SECONDS, LIMIT)) {
      await world.startCheckout(api, order);
      await store.stampStarted([order.id]);
    }
  }
  const waits = (refund: RefundRow) => refund.requestId !== null && refund.runStartedAt === null;
  if ([...books.tables.refunds.values()].some(waits)) {
    const store = seenBy(api, 'book', '', books.refunds);
    for (const refund of await store.leaseUnstarted(GRACE_SECONDS, LIMIT)) {
      await world.startRefund(api, refund);
      await store.stampStarted([refund.id]);
    }
  }
}

async function lookAfterSilent(world: World, api: Process): Promise<void> {
  const { books, clock, seenBy } = world;
  const since = clock() - SILENCE_SECONDS * 1_000;
  const { orders, refunds } = books.tables;
  const isSilent = ({ watchedAt }: { readonly watchedAt: number | null }) =>
    watchedAt !== null && watchedAt < since;
  if (![...orders.values(), ...refunds.values()].some(isSilent)) return;
  const watch = seenBy(api, 'book', '', books.watch);
  const { silent } = await watch.leaseSilent(SILENCE_SECONDS, LIMIT);
  for (const saga of silent) await lookAfter(world, api, saga);
}

/** As src/api/watcher.ts decides. */
async function lookAfter(world: World, api: Process, saga: SilentSaga): Promise<void> {
  const { id } = saga.facts;
  const watch = world.seenBy(api, 'book', id, world.books.watch);
  const ask = <T>(name: string, effect: () => T) =>
    world.wire.carry(
      { process: api, party: 'temporal', name, about: id, timeoutMs: 2_000 },
      effect,
    );
  const run = await ask('describe', () => describe(world, id));
  if (run.state === 'completed') {
    await watch.flag(id, SILENCE_SECONDS);
    return;
  }
  if (run.state !== 'running') {
    await startAgain(world, api, saga);
    return;
  }
  if (saga.kind === 'order') await tellAgain(world, saga, run.cancelRequested, ask);
  if (saga.isBlocked && saga.restarts < MANY_RESTARTS) await watch.unflag(id);
}

async function tellAgain(
  { server }: World,
  { facts: { id }, isCancelled, isAsked }: Extract<SilentSaga, { kind: 'order' }>,
  cancelRequested: boolean,
  ask: (name: string, effect: () => void) => Promise<void>,
): Promise<void> {
  if (isCancelled && !cancelRequested) await ask('cancel', () => server.cancel(id));
  if (isAsked) await ask('look', () => server.look(id));
}

async function startAgain(world: World, api: Process, saga: SilentSaga): Promise<void> {
  const { id } = saga.facts;
  const watch = world.seenBy(api, 'book', id, world.books.watch);
  await (saga.kind === 'refund'
    ? world.startRefund(api, saga.facts)
    : world.startCheckout(api, saga.facts));
  await watch.countRestart(id);
  if (saga.restarts + 1 >= MANY_RESTARTS) await watch.flag(id, SILENCE_SECONDS);
}

function describe({ server }: World, id: string): SagaRun {
  const run = server.latest(id);
  if (run === undefined) return { state: 'missing' };
  const { state, cancelRequested } = run;
  return state === 'running' ? { state, cancelRequested } : { state };
}

async function sendMails(world: World, worker: Process): Promise<void> {
  const { books, mailer, seenBy } = world;
  if (![...books.tables.mails.values()].some(({ sentAt }) => sentAt === null)) return;
  const outbox = seenBy(worker, 'book', '', books.outbox);
  await sendDueMails(outbox, seenBy(worker, 'mail', '', mailer), () => undefined);
}

// --- the operator ----------------------------------------------------------------------------------

/** Does as the story says where that may be done; looks into the books outside before it is said. */
async function decideParked(world: World, operator: Process, byHand: ByHand[]): Promise<void> {
  const { books, story, server } = world;
  for (const entry of await books.desk.queue(LIMIT)) {
    if (!('parkedAt' in entry) || story.operator === 'nothing') continue;
    const { sagaId, orderId, step, direction } = entry;
    const wanted = story.operator;
    const action = entry.choices.includes(wanted) && isTrue(world, entry) ? wanted : 'retry';
    const trackingNumber = `HAND${orderId}`;
    const decision = { sagaId, step, action, operator: 'Grace', why: 'the story', trackingNumber };
    const decided = await books.desk.resolve(decision);
    if (decided.state !== 'resolved') continue;
    byHand.push({ orderId, step, undo: direction === 'undo', action });
    const call = { process: operator, party: 'temporal', name: 'wake', about: sagaId };
    await world.wire
      .carry({ ...call, timeoutMs: 2_000 }, () =>
        server.resolve(sagaId, { step, action: 'retry', by: 'Grace', why: 'the story' }),
      )
      .catch(() => undefined);
  }
}

/** Whether what is marked as done can be true: nobody does by hand what the party has done. */
function isTrue({ story, gateway, carrier }: World, { orderId, step }: ParkedStep): boolean {
  if (story.operator !== 'mark-done') return true;
  const effects = [...gateway.lines, ...carrier.lines]
    .filter((line) => line.orderId === orderId)
    .flatMap((line) => (line.kind === 'effect' ? [line.effect] : []));
  const count = (what: string) => effects.filter((effect) => effect === what).length;
  if (step === 'request shipment') return !effects.includes('shipped');
  if (step === 'refund payment') {
    return count('refunded') === 0 && count('refund-pending') === count('refund-failed');
  }
  // A hold that is released by hand is released at the gateway.
  if (step === 'authorize payment') {
    return effects.includes('canceled') && count('canceled') >= count('authorized');
  }
  return true;
}
