/**
 * The load: a closed loop, in which each client places its next order when its last one has ended,
 * and an open one, in which orders arrive when they are due, whether or not the earlier ones have
 * ended. In the open loop time counts from when an order was due, so that waiting to be sent is
 * waiting too. Whatever goes wrong is counted as wrong, and as having taken for ever.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Places the order and resolves once it has ended well; rejects when it ended in any other way. */
export type Place = (id: string, decided: () => void) => Promise<void>;

interface Outcome {
  readonly id: string;
  /** Milliseconds of the clock below; Infinity for what did not happen. */
  readonly dueAt: number;
  readonly decidedAt: number;
  readonly completedAt: number;
  readonly error?: string;
}

export interface Run {
  readonly beganAt: number;
  /** The window in which orders were placed; in a closed loop the last ones end after it. */
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
}

export interface Clock {
  readonly now: () => number;
  readonly until: (at: number) => Promise<void>;
}

const clock: Clock = {
  now: () => performance.now(),
  until: async (at) => {
    const ms = at - performance.now();
    if (ms > 0) await delay(ms);
  },
};

interface Load {
  readonly place: Place;
  readonly nextId: () => string;
  readonly seconds: number;
}

// A client that is refused at once must not become a busy loop.
const PAUSE_AFTER_ERROR_MS = 100;

export async function closedLoop(
  { place, nextId, seconds, clients }: Load & { readonly clients: number },
  time: Clock = clock,
): Promise<Run> {
  const beganAt = time.now();
  const endsAt = beganAt + 1_000 * seconds;
  const outcomes: Outcome[] = [];
  const client = async () => {
    while (time.now() < endsAt) {
      const outcome = await follow(place, nextId(), time.now(), time);
      outcomes.push(outcome);
      if (outcome.error !== undefined) await time.until(time.now() + PAUSE_AFTER_ERROR_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { beganAt, seconds, outcomes };
}

/** What has not ended `patienceSeconds` after the window is given up. */
export async function openLoop(
  load: Load & { readonly rate: number; readonly patienceSeconds: number },
  time: Clock = clock,
): Promise<Run> {
  const { place, nextId, seconds, rate, patienceSeconds } = load;
  const beganAt = time.now();
  const outcomes: Promise<Outcome>[] = [];
  let gaveUp: () => void = () => undefined;
  const givenUp = new Promise<void>((resolve) => (gaveUp = resolve));
  for (let n = 0; n < rate * seconds; n += 1) {
    const dueAt = beganAt + (1_000 * n) / rate;
    await time.until(dueAt);
    const id = nextId();
    const late = givenUp.then(() => failed(id, dueAt, 'had not ended in time'));
    outcomes.push(Promise.race([follow(place, id, dueAt, time), late]));
  }
  const all = Promise.all(outcomes);
  const stop = new AbortController();
  void delay(1_000 * patienceSeconds, undefined, { signal: stop.signal }).then(
    () => gaveUp(),
    () => undefined,
  );
  const done = await all;
  stop.abort();
  return { beganAt, seconds, outcomes: done };
}

async function follow(place: Place, id: string, dueAt: number, time: Clock): Promise<Outcome> {
  let decidedAt = Infinity;
  try {
    await place(id, () => (decidedAt = time.now()));
    const completedAt = time.now();
    return { id, dueAt, decidedAt: Math.min(decidedAt, completedAt), completedAt };
  } catch (error) {
    return failed(id, dueAt, error instanceof Error ? error.message : String(error));
  }
}

function failed(id: string, dueAt: number, error: string): Outcome {
  return { id, dueAt, decidedAt: Infinity, completedAt: Infinity, error };
}
