/** What a contender has used so far: CPU by part, and what PostgreSQL has written. */
import type pg from 'pg';
import { cpuOfParts } from '../processes.ts';
import type { CpuSeconds, Part } from '../processes.ts';

export interface Counters {
  readonly cpu: CpuSeconds;
  readonly database: DatabaseCounters | undefined;
}

interface DatabaseCounters {
  readonly walBytes: number;
  /** Those that write, which are those that wait for the disk. Exact at once, unlike statistics. */
  readonly transactions: number;
}

export async function readCounters(
  parts: readonly Part[],
  admin: pg.Client | undefined,
): Promise<Counters> {
  return { cpu: cpuOfParts(parts), database: admin && (await readDatabase(admin)) };
}

async function readDatabase(admin: pg.Client): Promise<DatabaseCounters> {
  const { rows } = await admin.query<{ wal: string; next: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal,
       pg_snapshot_xmax(pg_current_snapshot()) AS next`,
  );
  const [row] = rows;
  return { walBytes: Number(row?.wal), transactions: Number(row?.next) };
}
