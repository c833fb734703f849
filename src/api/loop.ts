/**
 * What the starter and the watcher share: a pass now and then in every API process, and bounds on
 * what a Temporal that does not answer, or has just come back, is asked at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface Loop {
  /** Resolves when the pass under way has ended. */
  stop(): Promise<void>;
}

/** Told of what a loop has done, and of how many it has done it to. */
export type LoopActs = (
  loop: 'starter' | 'watcher' | 'retrier' | 'archiver' | 'messenger' | 'hearer',
  act: string,
  count?: number,
) => void;

export interface LoopOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Logger;
  /** A pass that throws is logged, and the next one tries again. */
  readonly pass: (stopping: AbortSignal) => Promise<void>;
}

export function createLoop(options: LoopOptions): Loop {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run({ name, everyMs, log, pass }: LoopOptions, stopping: AbortSignal) {
  while (!stopping.aborted) {
    await pass(stopping).catch((error: unknown) =>
      log.warn({ err: error }, `the ${name} tries again`),
    );
    // With jitter, so that many API processes do not ask at the same moment for ever.
    const pause = everyMs * (0.75 + Math.random() / 2);
    await sleep(pause, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/**
 * Answers those for which `tryOne` was true. The first one goes alone: while Temporal is down, one
 * refused call is enough to know.
 */
export async function probeFirst<Item>(
  [first, ...rest]: readonly Item[],
  tryOne: (item: Item) => Promise<boolean>,
): Promise<Item[]> {
  if (first === undefined || !(await tryOne(first))) return [];
  const worked = await Promise.all(rest.map(tryOne));
  return [first, ...rest.filter((_, index) => worked[index])];
}

/**
 * Tries all of them, so many at a time; false when one did not work. A lane in which one did not work
 * ends, so that a Temporal that went away is asked once more in each, not for all that is left.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  tryOne: (item: Item) => Promise<boolean>,
): Promise<boolean> {
  const left = [...items];
  const lane = async (): Promise<boolean> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      if (!(await tryOne(item))) return false;
    }
    return true;
  };
  const worked = await Promise.all(Array.from({ length: lanes }, lane));
  return worked.every(Boolean);
}
