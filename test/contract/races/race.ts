/** One race, run for real on PostgreSQL, or call by call in memory in each order there is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../api/harness.ts';
import type { Shop } from '../../support/shop.ts';
import { answerOf, perform } from '../drift/acts.ts';
import type { Command } from '../drift/acts.ts';
import type { Cast } from '../drift/scene.ts';
import { memorySide } from '../drift/sides.ts';
import type { Side } from '../drift/sides.ts';

export interface Race {
  readonly before: readonly Command[];
  readonly racers: readonly Command[];
  /** In which order the racers set out, and how long after the one before. */
  readonly starts: readonly number[];
  readonly jitterMs: readonly number[];
  /** Whether they wait at the order's door until the last one has come. */
  readonly isHeld: boolean;
}

interface Outcome {
  readonly answers: readonly unknown[];
  readonly dump: unknown;
}

// What the first order wants leaves too little for the second.
const AVAILABLE = 2;

/** Both orders are there, unless the race is about that, and the first has come some way. */
async function arrive(side: Side, cast: Cast, { before }: Race): Promise<void> {
  for (const sku of cast.skus) await side.stock(sku, AVAILABLE);
  await side.voucher(cast.voucher, 1);
  await tell(side, cast, { act: 'place', which: 1, choice: 0 });
  for (const command of before) await tell(side, cast, command);
}

function tell(side: Side, cast: Cast, command: Command): Promise<unknown> {
  return answerOf(() => perform(side, cast, command));
}

// --- for real ------------------------------------------------------------------------------------

export async function runAtOnce(shop: Shop, side: Side, cast: Cast, race: Race): Promise<Outcome> {
  await arrive(side, cast, race);
  const answers = race.isHeld ? await held(shop, side, cast, race) : await free(side, cast, race);
  return { answers, dump: await side.dump(cast.everyId) };
}

/** In the order of the racers, whoever set out first. */
async function free(
  side: Side,
  cast: Cast,
  { racers, starts, jitterMs }: Race,
  answered: () => void = () => undefined,
): Promise<readonly unknown[]> {
  const running: Promise<unknown>[] = [];
  for (const index of starts) {
    const racer = racers[index];
    if (racer === undefined) continue;
    await sleep(jitterMs[index] ?? 0);
    running[index] = tell(side, cast, racer).finally(answered);
  }
  return Promise.all(running);
}

/** All have begun and none can go on, so none has read what another is about to write. */
async function held(shop: Shop, side: Side, cast: Cast, race: Race): Promise<readonly unknown[]> {
  const { pool } = shop;
  const holder = await pool.connect();
  try {
    await holder.query('BEGIN');
    for (const hold of HOLD) await holder.query(hold, [cast.everyId]);
    let answered = 0;
    const running = free(side, cast, race, () => (answered += 1));
    await eventually(async () => {
      const { rows } = await pool.query<{ waiting: bigint }>(WAITING);
      return Number(rows[0]?.waiting) + answered >= race.racers.length;
    });
    await holder.query('COMMIT');
    return await running;
  } finally {
    holder.release();
  }
}

const HOLD = [
  'SELECT FROM "order" WHERE id = ANY ($1) FOR UPDATE',
  // Where a step says that it is tried once more, without the order's lock.
  'SELECT FROM parked_step WHERE order_id = ANY ($1) FOR UPDATE',
];

const WAITING = `SELECT count(*) AS waiting FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

// --- one after the other -------------------------------------------------------------------------

/** What comes of the racers in each order in which so many can come. */
export async function serialOutcomes(cast: Cast, race: Race): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const order of ordersOf(race.racers)) outcomes.push(await inOrder(cast, race, order));
  return outcomes;
}

async function inOrder(cast: Cast, race: Race, order: readonly number[]): Promise<Outcome> {
  const side = memorySide();
  await arrive(side, cast, race);
  const answers: unknown[] = [];
  for (const index of order) {
    const racer = race.racers[index];
    if (racer !== undefined) answers[index] = await tell(side, cast, racer);
  }
  return { answers, dump: side.dump(cast.everyId) };
}

function ordersOf(racers: readonly unknown[]): readonly (readonly number[])[] {
  return racers.reduce<readonly (readonly number[])[]>(
    (orders, _, next) =>
      orders.flatMap((order) =>
        Array.from({ length: order.length + 1 }, (_, at) => order.toSpliced(at, 0, next)),
      ),
    [[]],
  );
}
