/**
 * The archive sweep: what a key has made is answered in full for a while, and after that with a
 * pointer to it. Runs in every API process; several at once archive different claims.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createLoop } from './loop.ts';
import type { Loop, LoopActs } from './loop.ts';
import type { ClaimArchive } from './ports.ts';

export interface ArchiverOptions {
  readonly archive: ClaimArchive;
  readonly log: Logger;
  readonly olderThanDays: number;
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
  const { archive, log, olderThanDays, did, everyMs = EVERY_MS } = options;
  const pass = async (stopping: AbortSignal): Promise<void> => {
    for (;;) {
      const count = await archive.archive(olderThanDays, BATCH);
      if (count > 0) {
        log.info({ count }, 'archived');
        did?.('archiver', 'archived', count);
      }
      if (count < BATCH || stopping.aborted) return;
      await sleep(BATCH_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
  };
  return createLoop({ name: 'archiver', everyMs, log, pass });
}
