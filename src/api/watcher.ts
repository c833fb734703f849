/**
 * Looks after orders that have gone silent: asks Temporal what became of the run, and starts it
 * again, tells it again that the order was cancelled, or calls an operator. Runs in every API
 * process; leases in PostgreSQL keep two from the same order.
 */
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import type { OrderId } from '../domain/order.ts';
import { createLoop, probeFirst } from './loop.ts';
import type { Loop } from './loop.ts';
import type { OrderStore, SilentOrder } from './ports.ts';

export interface WatcherOptions {
  readonly store: Pick<OrderStore, 'leaseSilent' | 'flagBlocked' | 'unflagBlocked'>;
  readonly sagas: Pick<SagaClient, 'describeCheckout' | 'startCheckout' | 'cancelCheckout'>;
  /** Told of an order whose flag is a new event. */
  readonly touched: (id: OrderId) => void;
  readonly log: Logger;
  /** How long an unfinished order may be without news before somebody looks. */
  readonly silenceSeconds: number;
  readonly everyMs?: number;
}

// The most that one process asks of Temporal each time: with the pause between two passes, 100
// calls a second. What does not fit is older than the rest at the next pass, and goes first.
const BATCH = 100;

export function createWatcher(options: WatcherOptions): Loop {
  const { everyMs = 1_000, log, store, silenceSeconds } = options;
  const pass = async (): Promise<void> => {
    const orders = await store.leaseSilent(silenceSeconds, BATCH);
    await probeFirst(orders, async (order) => {
      try {
        await lookAfter(order, options);
        return true;
      } catch (error) {
        log.warn({ orderId: order.facts.id, err: error }, 'could not be looked after yet');
        return false;
      }
    });
  };
  return createLoop({ name: 'watcher', everyMs, log, pass });
}

async function lookAfter(order: SilentOrder, options: WatcherOptions): Promise<void> {
  const { sagas, log, silenceSeconds } = options;
  const { facts, isCancelled } = order;
  const { id: orderId, requestId } = facts;
  const run = await sagas.describeCheckout(orderId, silenceSeconds);
  if (run.state === 'completed') {
    await flag(order, 'the run has completed, but the order has not ended', options);
    return;
  }
  if (run.state !== 'running') {
    await sagas.startCheckout(facts);
    log.warn({ orderId, requestId, run: run.state }, 'started again');
    return;
  }
  if (isCancelled && !run.cancelRequested) {
    await sagas.cancelCheckout(orderId);
    log.info({ orderId, requestId }, 'told again that it is cancelled');
  }
  if (run.blocked !== undefined) await flag(order, run.blocked, options);
  else if (order.isBlocked) await options.store.unflagBlocked(orderId);
}

/** Once: an order that has moved on meanwhile, or waits for an operator already, is left alone. */
async function flag(
  { facts: { id: orderId, requestId } }: SilentOrder,
  detail: string,
  { store, touched, log, silenceSeconds }: WatcherOptions,
): Promise<void> {
  if (!(await store.flagBlocked(orderId, silenceSeconds))) return;
  touched(orderId);
  log.error({ orderId, requestId, detail }, 'an operator is needed');
}
