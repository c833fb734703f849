/** What PostgreSQL knows of a run, asked by the superuser while it goes on and after it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../../src/launcher/postgres.ts';

export interface Ended {
  readonly decided: number;
  readonly ended: number;
}

/** How many orders were decided, and ended, between two moments. */
export async function endedBetween(adminUrl: string, from: number, to: number): Promise<Ended> {
  return await oneRow<Ended>(
    adminUrl,
    `SELECT count(*) FILTER (WHERE type IN ('order.paid', 'order.rejected', 'order.cancelled'))::int
        AS decided,
      count(*) FILTER (WHERE type IN ('order.completed', 'order.rejected', 'order.cancelled'))::int
        AS ended
    FROM order_event WHERE occurred_at BETWEEN $1 AND $2`,
    [new Date(from), new Date(to)],
  );
}

/** Seconds from acceptance to decision, of orders accepted between two moments; of none, for ever. */
export async function secondsToDecision(
  adminUrl: string,
  from: number,
  to: number,
): Promise<readonly number[]> {
  const { seconds } = await oneRow<{ seconds: readonly (number | null)[] }>(
    adminUrl,
    `SELECT coalesce(array_agg(extract(epoch FROM decided - created_at)::float8), '{}') AS seconds
    FROM "order" o LEFT JOIN LATERAL (
      SELECT min(occurred_at) AS decided FROM order_event e WHERE e.order_id = o.id
        AND e.type IN ('order.paid', 'order.rejected', 'order.cancelled')) d ON true
    WHERE o.created_at BETWEEN $1 AND $2`,
    [new Date(from), new Date(to)],
  );
  return seconds.map((each) => each ?? Infinity);
}

export interface Backlog {
  /** That no worker has begun. */
  readonly waiting: number;
  readonly undecided: number;
  readonly unended: number;
}

export async function backlog(adminUrl: string): Promise<Backlog> {
  return await oneRow<Backlog>(
    adminUrl,
    `SELECT count(*) FILTER (WHERE status = 'accepted' AND gate = 'forward')::int AS waiting,
      count(*) FILTER (WHERE status IN ('accepted', 'reserved', 'authorized'))::int AS undecided,
      count(*)::int AS unended
    FROM unfinished_order`,
    [],
  );
}

/** Every order has ended. */
export async function untilIdle(adminUrl: string): Promise<void> {
  while ((await backlog(adminUrl)).unended > 0) await sleep(LOOK_MS);
}

const LOOK_MS = 200;

export async function oneRow<Row extends object>(
  adminUrl: string,
  text: string,
  values: unknown[],
): Promise<Row> {
  return await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<Row>(text, values);
    if (rows[0] === undefined) throw new Error('PostgreSQL answered no row');
    return rows[0];
  });
}
