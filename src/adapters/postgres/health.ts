/** Whether PostgreSQL answers, and has every migration that this build brings along. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { DatabaseHealth } from '../../api/ports.ts';
import { query } from './pool.ts';

export function createDatabaseCheck(pool: pg.Pool): () => Promise<DatabaseHealth> {
  const wanted = migrationNames();
  return async () => {
    try {
      const rows = await query<{ name: string }>(pool, 'applied_migrations', APPLIED, []);
      const applied = new Set(rows.map(({ name }) => name));
      return { answers: true, migrated: wanted.every((name) => applied.has(name)) };
    } catch (error) {
      return { answers: isMissingTable(error), migrated: false };
    }
  };
}

const APPLIED = 'SELECT name FROM migration';

// SQLSTATE of a table that is not there: the database answers, but nobody has migrated it yet.
const UNDEFINED_TABLE = '42P01';

function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;
}

function migrationNames(): string[] {
  const directory = fileURLToPath(new URL('../../../migrations', import.meta.url));
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length));
}
