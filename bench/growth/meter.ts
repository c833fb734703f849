/**
 * What work costs PostgreSQL, in things that no other load on the machine changes: pages touched in
 * shared buffers, rows read, bytes of WAL; and the time beside them. Read from the server's own counters
 * before and after, so it is the very calls that the product makes, their planning and their commits
 * included.
 */
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { percentile } from '../compare/statistics.ts';

export interface Cost {
  readonly pages: number;
  readonly rows: number;
  readonly walBytes: number;
  readonly ms: number;
  /** Tables that were read from end to end, and are not small. */
  readonly whole: readonly string[];
}

export interface Meter {
  /** The medians of several times, after so many that every statement has its lasting plan. */
  cost<Ready>(probe: Probe<Ready>): Promise<Cost>;
  close(): Promise<void>;
}

export interface Probe<Ready = unknown> {
  readonly name: string;
  /** Made anew before each time, and not counted. */
  readonly ready?: () => Promise<Ready>;
  readonly work: (ready: Ready) => Promise<unknown>;
}

// PostgreSQL chooses between a plan for these values and one for any after five of the former.
const TO_WARM_UP = 6;
const TIMES = 5;

/** `pools` have one connection each, and nobody else uses the database. */
export async function createMeter(adminUrl: string, pools: readonly pg.Pool[]): Promise<Meter> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const once = async <Ready>({ ready, work }: Probe<Ready>): Promise<Cost> => {
    const given = (await ready?.()) as Ready;
    const before = await read(admin, await settle(pools));
    const began = performance.now();
    await work(given);
    const ms = performance.now() - began;
    return difference(before, await read(admin, await settle(pools)), ms);
  };
  return {
    async cost(probe) {
      // Often enough written to be vacuumed every minute.
      await admin.query('VACUUM stock');
      for (let time = 0; time < TO_WARM_UP; time += 1) {
        await probe.work((await probe.ready?.()) as never);
      }
      const costs: Cost[] = [];
      for (let time = 0; time < TIMES; time += 1) costs.push(await once(probe));
      const median = (of: (cost: Cost) => number) => percentile(costs.map(of), 0.5);
      return {
        pages: median(({ pages }) => pages),
        rows: median(({ rows }) => rows),
        walBytes: median(({ walBytes }) => walBytes),
        ms: median(({ ms }) => ms),
        whole: [...new Set(costs.flatMap(({ whole }) => whole))],
      };
    },
    close: () => admin.end(),
  };
}

/** Has each backend report what it has counted; answers who they are. */
async function settle(pools: readonly pg.Pool[]): Promise<readonly number[]> {
  const settled = await Promise.all(
    pools.map((pool) =>
      pool.query<{ pid: number }>({
        name: 'settle',
        text: 'SELECT pg_backend_pid() AS pid, pg_stat_force_next_flush()',
      }),
    ),
  );
  return settled.map(({ rows }) => rows[0]?.pid ?? 0);
}

interface Counters {
  readonly pages: number;
  readonly wal: number;
  readonly tables: ReadonlyMap<string, { readonly rows: number; readonly scans: number }>;
}

async function read(admin: pg.Client, pids: readonly number[]): Promise<Counters> {
  const { rows } = await admin.query<{ pages: number; wal: number }>(
    `SELECT sum(io.pages)::float8 AS pages, sum(w.wal_bytes)::float8 AS wal
     FROM unnest($1::integer[]) AS p(pid)
     CROSS JOIN LATERAL (SELECT sum(hits + reads + extends) AS pages
       FROM pg_stat_get_backend_io(p.pid) WHERE object = 'relation') io
     CROSS JOIN LATERAL pg_stat_get_backend_wal(p.pid) w`,
    [pids],
  );
  const tables = await admin.query<{ name: string; rows: number; scans: number }>(
    `SELECT relname AS name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS rows,
       CASE WHEN n_live_tup >= ${WHOLE} THEN seq_scan ELSE 0 END::float8 AS scans
     FROM pg_stat_user_tables`,
  );
  return {
    pages: rows[0]?.pages ?? 0,
    wal: rows[0]?.wal ?? 0,
    tables: new Map(tables.rows.map((table) => [table.name, table])),
  };
}

// A table of fewer rows is a page or two: the planner is right to read it as it stands.
const WHOLE = 1_000;

function difference(before: Counters, after: Counters, ms: number): Cost {
  const changed = [...after.tables].map(([name, { rows, scans }]) => {
    const was = before.tables.get(name);
    return { name, rows: rows - (was?.rows ?? 0), scans: scans - (was?.scans ?? 0) };
  });
  return {
    pages: after.pages - before.pages,
    rows: changed.reduce((sum, { rows }) => sum + rows, 0),
    walBytes: after.wal - before.wal,
    ms,
    whole: changed.filter(({ scans }) => scans > 0).map(({ name }) => name),
  };
}
