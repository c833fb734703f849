/**
 * Starts what a request could not: orders and refunds that were accepted while Temporal was down, or
 * by a process that died. Runs in every API process; leases in PostgreSQL keep two from the same one.
 */
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import { createLoop, probeFirst } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { OrderStore, RefundStore } from './ports.ts';

export interface StarterOptions {
  readonly store: Pick<OrderStore, 'leaseUnstarted' | 'stampStarted'>;
  readonly refunds: Pick<RefundStore, 'leaseUnstarted' | 'stampStarted'>;
  readonly sagas: Pick<SagaClient, 'startCheckout' | 'startRefund'>;
  readonly log: Logger;
  /** How long an order or a refund may be unstarted before it is anybody's but the request's. */
  readonly graceSeconds: number;
  readonly everyMs?: number;
  readonly did?: LoopActs;
}

export function createStarter(options: StarterOptions): Loop {
  const { everyMs = 1_000, log, store, refunds, sagas } = options;
  return createLoop({
    name: 'starter',
    everyMs,
    log,
    async pass(stopping) {
      await drainQueue(options, stopping, {
        ...store,
        start: (order) => sagas.startCheckout(order),
      });
      await drainQueue(options, stopping, {
        ...refunds,
        start: (refund) => sagas.startRefund(refund),
      });
    },
  });
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
async function drainQueue<Facts extends { readonly id: string }>(
  { log, graceSeconds, did }: StarterOptions,
  stopping: AbortSignal,
  queue: Queue<Facts>,
): Promise<void> {
  for (;;) {
    const leased = await queue.leaseUnstarted(graceSeconds, BATCH);
    const started = await probeFirst(leased, async (facts) => {
      try {
        await queue.start(facts);
        return true;
      } catch (error) {
        log.warn({ sagaId: facts.id, err: error }, 'could not be started yet');
        did?.('starter', 'not started');
        return false;
      }
    });
    if (started.length > 0) {
      await queue.stampStarted(started.map(({ id }) => id));
      log.info({ count: started.length }, 'started late');
      did?.('starter', 'started late', started.length);
    }
    if (started.length < BATCH || stopping.aborted) return;
  }
}
