/**
 * The archive sweep: what a key has made is answered in full for a while, and after that with a
 * pointer to it; and the log of webhooks ends at some age. Runs in every API process; several at
 * once take different rows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createLoop } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { ClaimArchive } from './ports.ts';
import type { DeliveryQueue } from './webhook-ports.ts';

export interface ArchiverOptions {
  readonly archive: ClaimArchive;
  readonly log: Logger;
  readonly olderThanDays: number;
  /** What it sweeps beside; without it nothing. */
  readonly webhooks?: { readonly queue: Pick<DeliveryQueue, 'sweep'>; readonly logDays: number };
  readonly everyMs?: number;
  readonly did?: LoopActs;
}

// A transaction of some ten milliseconds, so that no request ever notices it.
const BATCH = 500;

// 2,000 a second while there are more, as on the day after it was first switched on.
const BATCH_MS = 250;

// It is about days: a minute late is early enough.
const EVERY_MS = 60_000;

export function createArchiver(options: ArchiverOptions): Loop {
  const { archive, log, olderThanDays, webhooks, did, everyMs = EVERY_MS } = options;
  const inBatches = async (
    what: string,
    take: (limit: number) => Promise<number>,
    stopping: AbortSignal,
  ): Promise<void> => {
    for (;;) {
      const count = await take(BATCH);
      if (count > 0) {
        log.info({ count }, what);
        did?.('archiver', what, count);
      }
      if (count < BATCH || stopping.aborted) return;
      await sleep(BATCH_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
  };
  const pass = async (stopping: AbortSignal): Promise<void> => {
    await inBatches('archived', (limit) => archive.archive(olderThanDays, limit), stopping);
    if (webhooks === undefined) return;
    const { queue, logDays } = webhooks;
    await inBatches('deliveries swept', (limit) => queue.sweep(logDays, limit), stopping);
  };
  return createLoop({ name: 'archiver', everyMs, log, pass });
}
