/**
 * Brings the schema up to date. Safe to run from several processes at once: one migrates, the
 * others wait for its advisory lock and then find nothing to do.
 */
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

export async function migrate(databaseUrl: string): Promise<void> {
  const quiet = () => undefined;
  await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('../../../migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'migration',
    advisoryLockMode: 'wait',
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
}
