/** A PostgreSQL of its own, with a new database for each size; nothing is left of it. */
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { ensureDatabase, startPostgres, withClient } from '../../src/launcher/postgres.ts';
import type { Ground } from './axes.ts';

export interface Server {
  inDatabase<T>(work: (ground: Ground) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

// autovacuum: what it reads is counted with the rest, and when it comes is chance. full_page_writes: a
// page is written whole once after each checkpoint, whenever that was. The others let it fill faster.
const SETTINGS = [
  'autovacuum=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_wal_size=16GB',
  'shared_buffers=1GB',
  'maintenance_work_mem=256MB',
];

export async function startServer(): Promise<Server> {
  const directory = join(tmpdir(), `makegood-growth-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  const postgres = await startPostgres({
    stateDir: directory,
    cacheDir: cacheDirectory(process.env),
    logFile: join(directory, 'postgres.log'),
    settings: SETTINGS.flatMap((setting) => ['-c', setting]),
  });
  await ensureDatabase(postgres, 'made');
  await migrate(postgres.url('made'));
  const admin = (sql: string) =>
    withClient(postgres.adminUrl('postgres'), (client) => client.query(sql));
  return {
    async inDatabase(work) {
      await admin('CREATE DATABASE grown TEMPLATE made OWNER makegood');
      const done = await work({ url: postgres.url('grown'), adminUrl: postgres.adminUrl('grown') });
      await admin('DROP DATABASE grown WITH (FORCE)');
      return done;
    },
    async stop() {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
