/** Counts round trips to PostgreSQL by the names of the statements. */
import type pg from 'pg';

/** The names of all that is sent from now on; `besides` are loops that run on their own time. */
export function recordStatements(pool: pg.Pool, besides: readonly string[]): string[] {
  const statements: string[] = [];
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  Object.assign(pool, {
    query: (...args: unknown[]) => {
      const [{ name = '' }] = args as [{ name?: string }];
      if (!besides.includes(name)) statements.push(name);
      return query(...args);
    },
  });
  return statements;
}
