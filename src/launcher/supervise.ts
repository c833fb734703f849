/** Keeps a process alive: one that dies is started again, later each time it dies young. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from './processes.ts';

export interface Kept<Child extends Running> {
  /** The first one: what it said of itself holds for its successors, whose ports are the same. */
  readonly child: Child;
  stop(withinMs?: number): Promise<void>;
}

/** Throws when the first start fails; later ones are tried until `stop`. */
export async function keepAlive<Child extends Running>({
  name,
  start,
  say,
  firstPauseMs = 500,
}: {
  readonly name: string;
  readonly start: () => Promise<Child>;
  readonly say: (line: string) => void;
  readonly firstPauseMs?: number;
}): Promise<Kept<Child>> {
  const first = await start();
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopping = (): boolean => signal.aborted;
  let current = first;

  const keep = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    let startedAt = Date.now();
    for (;;) {
      const how = await current.ended;
      if (isStopping()) return;
      if (Date.now() - startedAt > settledMs) pauseMs = firstPauseMs;
      say(`${name} ended (${how}); starting it again in ${pauseMs / 1000} s`);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      if (isStopping()) return;
      startedAt = Date.now();
      const next = await start().catch((error: unknown) => say(String(error)));
      if (next === undefined) continue;
      current = next;
      if (isStopping()) await current.stop();
      else say(`${name} is up again`);
    }
  };
  const keeping = keep();

  return {
    child: first,
    async stop(withinMs) {
      stopping.abort();
      await current.stop(withinMs);
      await keeping;
    },
  };
}

// One that lived this long did not die of its start.
const settledMs = 60_000;

// Long enough not to fill the log, short enough to be back soon after what it waits for.
const longestPauseMs = 15_000;
