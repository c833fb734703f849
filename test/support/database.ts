/** A database of its own for each test file, copied from the migrated template in some 30 ms. */
import { randomBytes } from 'node:crypto';
import { withClient } from '../../src/launcher/postgres.ts';
import { service } from './services.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function createDatabase(): Promise<TestDatabase> {
  const { url, template } = await service('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(url, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const own = new URL(url);
  own.pathname = name;
  return {
    url: own.href,
    async drop() {
      // By force: a pool that a test left open must not keep the whole run from ending. An autovacuum
      // is not ours to end: where one is at work the database goes with its cluster.
      await withClient(url, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)).catch(
        () => undefined,
      );
    },
  };
}
