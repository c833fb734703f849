/** What grows in PostgreSQL while orders go through: the books, and Temporal's own two databases. */
import { setTimeout as sleep } from 'node:timers/promises';
import { oneRow } from './books.ts';
import { withDatabase } from './soak-server.ts';

export interface Growth {
  readonly at: number;
  readonly orders: number;
  /** Bytes of the books: tables, and their indexes. */
  readonly tables: number;
  readonly indexes: number;
  /** Of the indexes of what is under way, which are to stay as small as that. */
  readonly queues: number;
  readonly liveTuples: number;
  readonly deadTuples: number;
  /** Bytes of Temporal's database, and the runs that it has. */
  readonly temporal: number;
  readonly runs: number;
}

const BOOKS = `
  SELECT (SELECT count(*)::int FROM "order") AS orders,
    sum(pg_table_size(relid))::float8 AS tables, sum(pg_indexes_size(relid))::float8 AS indexes,
    (SELECT sum(pg_relation_size(oid))::float8 FROM pg_class
      WHERE relname IN ('order_waiting', 'order_unstarted', 'order_watched', 'mail_outbox_due'))
      AS queues,
    sum(n_live_tup)::float8 AS "liveTuples", sum(n_dead_tup)::float8 AS "deadTuples"
  FROM pg_stat_user_tables`;

const TEMPORAL = `
  SELECT pg_database_size('temporal')::float8 + pg_database_size('temporal_visibility') AS temporal,
    (SELECT count(*)::int FROM executions) AS runs`;

export interface GrowthWatch {
  readonly samples: readonly Growth[];
  stop(): Promise<void>;
}

export function watchGrowth(adminUrl: string, everyMs: number): GrowthWatch {
  const samples: Growth[] = [];
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    const books = await oneRow<Omit<Growth, 'at' | 'temporal' | 'runs'>>(adminUrl, BOOKS, []);
    const temporalUrl = withDatabase(adminUrl, 'temporal');
    const temporal = await oneRow<Pick<Growth, 'temporal' | 'runs'>>(temporalUrl, TEMPORAL, []);
    samples.push({ at: Date.now(), ...books, ...temporal });
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch(() => undefined);
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await look();
  };
  const looping = loop();
  return {
    samples,
    async stop() {
      stopping.abort();
      await looping;
    },
  };
}
