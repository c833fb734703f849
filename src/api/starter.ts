/**
 * Starts what a request could not: orders that were accepted while Temporal was down, or by a
 * process that died. Runs in every API process; leases in PostgreSQL keep two from the same order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import type { OrderFacts, OrderId } from '../domain/order.ts';
import type { OrderStore } from './ports.ts';

export interface StarterOptions {
  readonly store: Pick<OrderStore, 'leaseUnstarted' | 'stampStarted'>;
  readonly sagas: Pick<SagaClient, 'startCheckout'>;
  readonly log: Logger;
  /** How long an order may be unstarted before it is anybody's but the request's. */
  readonly graceSeconds: number;
  readonly everyMs?: number;
}

export interface Starter {
  /** Resolves when the pass under way has ended. */
  stop(): Promise<void>;
}

export function createStarter(options: StarterOptions): Starter {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(options: StarterOptions, stopping: AbortSignal): Promise<void> {
  const { everyMs = 1_000, log } = options;
  while (!stopping.aborted) {
    await pass(options, stopping).catch((error: unknown) =>
      log.warn({ err: error }, 'the starter tries again'),
    );
    // With jitter, so that many API processes do not ask at the same moment for ever.
    const pause = everyMs * (0.75 + Math.random() / 2);
    await sleep(pause, undefined, { signal: stopping }).catch(() => undefined);
  }
}

// Enough to keep up with any rate of lost starts, few enough to be done within their lease.
const BATCH = 50;

/** Goes on while there is more to start; the first failure ends it, for Temporal may be down. */
async function pass({ store, sagas, log, graceSeconds }: StarterOptions, stopping: AbortSignal) {
  for (;;) {
    const orders = await store.leaseUnstarted(graceSeconds, BATCH);
    const started = await start(orders, sagas, log);
    if (started.length > 0) {
      await store.stampStarted(started);
      log.info({ orders: started.length }, 'started late');
    }
    if (started.length < BATCH || stopping.aborted) return;
  }
}

/** The first one goes alone: while Temporal is down, one refused call is enough to know. */
async function start(
  [first, ...rest]: readonly OrderFacts[],
  sagas: StarterOptions['sagas'],
  log: Logger,
): Promise<OrderId[]> {
  if (first === undefined) return [];
  const tryOne = async (order: OrderFacts): Promise<OrderId | undefined> => {
    try {
      await sagas.startCheckout(order);
      return order.id;
    } catch (error) {
      log.warn({ orderId: order.id, err: error }, 'could not be started yet');
      return undefined;
    }
  };
  const probe = await tryOne(first);
  if (probe === undefined) return [];
  const others = await Promise.all(rest.map(tryOne));
  return [probe, ...others.filter((id) => id !== undefined)];
}
