/**
 * Starts what a request could not: orders and refunds that were accepted while Temporal was down, or
 * by a process that died. Runs in every API process; leases in PostgreSQL keep two from the same one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import type { OrderStore, RefundStore } from './ports.ts';

export interface StarterOptions {
  readonly store: Pick<OrderStore, 'leaseUnstarted' | 'stampStarted'>;
  readonly refunds: Pick<RefundStore, 'leaseUnstarted' | 'stampStarted'>;
  readonly sagas: Pick<SagaClient, 'startCheckout' | 'startRefund'>;
  readonly log: Logger;
  /** How long an order or a refund may be unstarted before it is anybody's but the request's. */
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
  const { everyMs = 1_000, log, store, refunds, sagas } = options;
  const passes = [
    () => pass(options, stopping, { ...store, start: (order) => sagas.startCheckout(order) }),
    () => pass(options, stopping, { ...refunds, start: (refund) => sagas.startRefund(refund) }),
  ];
  while (!stopping.aborted) {
    for (const once of passes) {
      await once().catch((error: unknown) => log.warn({ err: error }, 'the starter tries again'));
    }
    // With jitter, so that many API processes do not ask at the same moment for ever.
    const pause = everyMs * (0.75 + Math.random() / 2);
    await sleep(pause, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** What waits to be started: orders, or refunds. */
interface Queue<Facts extends { readonly id: string }> {
  leaseUnstarted(graceSeconds: number, limit: number): Promise<readonly Facts[]>;
  stampStarted(ids: readonly Facts['id'][]): Promise<void>;
  start(facts: Facts): Promise<void>;
}

// Enough to keep up with any rate of lost starts, few enough to be done within their lease.
const BATCH = 50;

/** Goes on while there is more to start; the first failure ends it, for Temporal may be down. */
async function pass<Facts extends { readonly id: string }>(
  { log, graceSeconds }: StarterOptions,
  stopping: AbortSignal,
  queue: Queue<Facts>,
): Promise<void> {
  for (;;) {
    const started = await start(await queue.leaseUnstarted(graceSeconds, BATCH), queue, log);
    if (started.length > 0) {
      await queue.stampStarted(started);
      log.info({ count: started.length }, 'started late');
    }
    if (started.length < BATCH || stopping.aborted) return;
  }
}

/** The first one goes alone: while Temporal is down, one refused call is enough to know. */
async function start<Facts extends { readonly id: string }>(
  [first, ...rest]: readonly Facts[],
  queue: Pick<Queue<Facts>, 'start'>,
  log: Logger,
): Promise<Facts['id'][]> {
  if (first === undefined) return [];
  const tryOne = async (facts: Facts): Promise<Facts['id'] | undefined> => {
    try {
      await queue.start(facts);
      return facts.id;
    } catch (error) {
      log.warn({ sagaId: facts.id, err: error }, 'could not be started yet');
      return undefined;
    }
  };
  const probe = await tryOne(first);
  if (probe === undefined) return [];
  const others = await Promise.all(rest.map(tryOne));
  return [probe, ...others.filter((id) => id !== undefined)];
}
