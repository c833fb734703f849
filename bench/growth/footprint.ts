/** What one smooth order leaves in the books: rows, bytes on disk and of WAL, transactions that write. */
import pg from 'pg';
import { fillShop } from './fill.ts';
import type { Ground } from './axes.ts';
import { sagaProbes } from './orders.ts';
import { createParts } from './parts.ts';

export interface Footprint {
  readonly lines: number;
  readonly rows: number;
  readonly diskBytes: number;
  readonly walBytes: number;
  readonly transactions: number;
}

// Enough that a page more or less is nothing.
const ORDERS = 1_000;

/** `walk`s orders from their POST to their receipt, in a shop of some size. */
export async function footprintOf(ground: Ground, lines: number): Promise<Footprint> {
  const admin = new pg.Client({ connectionString: ground.adminUrl });
  await admin.connect();
  const parts = createParts(ground.url);
  try {
    await fillShop(admin, { orders: 10_000, tenants: 1, lines: 2, skus: 10 });
    const whole = sagaProbes(parts, { lines, orders: 10_000 }).find(({ name }) => name === LAST);
    if (whole?.ready === undefined) throw new Error(`there is no step ${LAST}`);
    const before = await read(admin);
    for (let n = 0; n < ORDERS; n += 1) await whole.work(await whole.ready());
    const after = await read(admin);
    const each = (of: keyof typeof after) => (after[of] - before[of]) / ORDERS;
    return {
      lines,
      rows: each('rows'),
      diskBytes: each('bytes'),
      walBytes: each('wal'),
      transactions: each('transactions'),
    };
  } finally {
    await parts.close();
    await admin.end();
  }
}

const LAST = 'send receipt';

async function read(admin: pg.Client) {
  // What is dead takes room only until a later row takes its place.
  await admin.query('VACUUM (ANALYZE)');
  const { rows } = await admin.query<Record<'rows' | 'bytes' | 'wal' | 'transactions', number>>(`
    SELECT (SELECT sum(reltuples) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind = 'r' AND nspname = 'public')::float8 AS rows,
      (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind = 'r' AND nspname = 'public')::float8 AS bytes,
      pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal,
      pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS transactions`);
  return rows[0] ?? { rows: 0, bytes: 0, wal: 0, transactions: 0 };
}
