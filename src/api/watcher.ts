/**
 * Looks after orders and refunds that have gone silent: asks Temporal what became of the run, and
 * starts it again, tells it again that the order was cancelled, or calls an operator. Runs in every
 * API process; leases in PostgreSQL keep two from the same one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EndedRun, SagaClient } from '../client/ports.ts';
import type { OrderId } from '../domain/order.ts';
import { createLoop, inLanes } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { SilentSaga, WatchStore } from './ports.ts';

export interface WatcherOptions {
  readonly store: WatchStore;
  readonly sagas: Pick<
    SagaClient,
    'describe' | 'startCheckout' | 'startRefund' | 'cancelCheckout' | 'hearPayment'
  >;
  /** Told of an order whose flag is a new event. */
  readonly touched: (id: OrderId) => void;
  readonly log: Logger;
  /** How long an order or a refund may be unfinished and without news before somebody looks. */
  readonly silenceSeconds: number;
  readonly everyMs?: number;
  readonly did?: LoopActs;
}

// One lease costs PostgreSQL some 5 ms for as many; few enough to be looked at within their lease.
const BATCH = 100;

// Ten calls at a time ask Temporal as fast as it can answer; more of them only wait for longer.
export const LANES = 10;

// Not faster than 400 a second, while there are more: so 100,000 take some four minutes, and a
// Temporal that has just come back keeps most of itself for the orders.
const BATCH_MS = 250;

// Two minutes apart, three restarts still leave half of the fifteen minutes in which an order ends or
// an operator knows; one or two are what a mended Temporal or an operator's own hand may cost.
const MANY_RESTARTS = 3;

export function createWatcher(options: WatcherOptions): Loop {
  const { everyMs = 1_000, log, store, silenceSeconds } = options;
  // While Temporal is down one refused call each time is enough to know, and puts off one order.
  let limit = 1;
  const pass = async (stopping: AbortSignal): Promise<void> => {
    for (;;) {
      const { silent, more } = await store.leaseSilent(silenceSeconds, limit);
      const goesOn = more && silent.length > 0;
      const [worked] = await Promise.all([
        inLanes(silent, LANES, (saga) => tryToLookAfter(saga, options, stopping)),
        goesOn && sleep(BATCH_MS, undefined, { signal: stopping }).catch(() => undefined),
      ]);
      limit = worked ? BATCH : 1;
      if (!worked || !more || stopping.aborted) return;
    }
  };
  return createLoop({ name: 'watcher', everyMs, log, pass });
}

async function tryToLookAfter(
  saga: SilentSaga,
  options: WatcherOptions,
  stopping: AbortSignal,
): Promise<boolean> {
  if (stopping.aborted) return false;
  try {
    await lookAfter(saga, options);
    options.did?.('watcher', 'looked after');
    return true;
  } catch (error) {
    options.log.warn({ ...namesOf(saga), err: error }, 'could not be looked after yet');
    options.did?.('watcher', 'not looked after');
    return false;
  }
}

async function lookAfter(saga: SilentSaga, options: WatcherOptions): Promise<void> {
  const { sagas, store, silenceSeconds } = options;
  const { id } = saga.facts;
  const run = await sagas.describe(id, silenceSeconds);
  if (run.state === 'completed') {
    await flag(saga, `the run has completed, but the ${saga.kind} has not ended`, options);
    return;
  }
  if (run.state !== 'running') {
    await startAgain(saga, run.state, options);
    return;
  }
  if (saga.kind === 'order') await tellAgain(saga, run.cancelRequested, options);
  if (run.blocked !== undefined) await flag(saga, run.blocked, options);
  // One that was started again that often has to show news first.
  else if (saga.isBlocked && saga.restarts < MANY_RESTARTS) await store.unflag(id);
}

/** What the run should have been told, where the word of it may have been lost. */
async function tellAgain(
  saga: Extract<SilentSaga, { kind: 'order' }>,
  cancelRequested: boolean,
  { sagas, log, did }: WatcherOptions,
): Promise<void> {
  const { id } = saga.facts;
  if (saga.isCancelled && !cancelRequested) {
    await sagas.cancelCheckout(id);
    log.info(namesOf(saga), 'told again that it is cancelled');
    did?.('watcher', 'cancelled again');
  }
  if (saga.isAsked) await sagas.hearPayment(id);
}

async function startAgain(
  saga: SilentSaga,
  state: EndedRun,
  options: WatcherOptions,
): Promise<void> {
  const { sagas, store, log } = options;
  await (saga.kind === 'refund' ? sagas.startRefund(saga.facts) : sagas.startCheckout(saga.facts));
  // Counted after it is true: a call that was refused says nothing about the run.
  await store.countRestart(saga.facts.id);
  const restarts = saga.restarts + 1;
  log.warn({ ...namesOf(saga), run: state, restarts }, 'started again');
  options.did?.('watcher', 'started again');
  if (restarts < MANY_RESTARTS) return;
  const often = `its run has ended ${restarts} times without news of the ${saga.kind}`;
  await flag(saga, `${often}, this time ${state}; it is started again each time`, options);
}

/** Once: what has moved on meanwhile, or waits for an operator already, is left alone. */
async function flag(
  saga: SilentSaga,
  detail: string,
  { store, touched, log, silenceSeconds, did }: WatcherOptions,
): Promise<void> {
  if (!(await store.flag(saga.facts.id, silenceSeconds))) return;
  const names = namesOf(saga);
  touched(names.orderId);
  log.error({ ...names, detail }, 'an operator is needed');
  did?.('watcher', 'called an operator');
}

/** As log lines have them. */
function namesOf(saga: SilentSaga) {
  const { requestId } = saga.facts;
  return saga.kind === 'refund'
    ? { orderId: saga.facts.orderId, refundId: saga.facts.id, requestId }
    : { orderId: saga.facts.id, requestId };
}
