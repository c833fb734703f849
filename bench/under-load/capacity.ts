/** What the stack can take: a closed loop with enough clients that its workers always have an order. */
import { endedBetween } from './books.ts';
import type { Crowd } from './crowd.ts';
import type { Stage } from './stage.ts';

// Compilers, caches and pools settle with these.
const WARM_UP_MS = 10_000;

const CLIENTS = 32;

// The first few seconds belong to those who all come at once.
const SETTLE_MS = 4_000;
const MEASURE_MS = 20_000;

export async function warmUp(crowd: Crowd): Promise<void> {
  await crowd.closedLoop(CLIENTS / 2, Date.now() + WARM_UP_MS);
}

/** Orders ended in a second. */
export async function findCapacity({ stack }: Stage, crowd: Crowd): Promise<number> {
  const from = Date.now() + SETTLE_MS;
  const to = from + MEASURE_MS;
  await crowd.closedLoop(CLIENTS, to);
  const { ended } = await endedBetween(stack.database.adminUrl, from, to);
  return ended / (MEASURE_MS / 1_000);
}
