/**
 * The short form of `npm run bench:growth`: the very calls that API and worker make, at three sizes of the
 * same shop. What it counts are pages, rows and bytes of WAL, so a busy machine changes nothing.
 */
import assert from 'node:assert/strict';
import { AXES } from '../../bench/growth/axes.ts';
import type { Ground } from '../../bench/growth/axes.ts';
import { failuresOf } from '../../bench/growth/report.ts';
import type { Grown } from '../../bench/growth/report.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { createDatabase } from '../support/database.ts';
import { service } from '../support/services.ts';

describe('What the books are asked', function () {
  this.timeout(180_000);

  it('costs hardly more with twenty times as many orders', async () => {
    const grown = await measureAt('orders', [500, 2_000, 10_000]);
    assert.deepEqual(failuresOf({ date: '', axes: [grown] }), []);
  });
});

async function measureAt(name: string, sizes: readonly number[]): Promise<Grown> {
  const axis = AXES.find((one) => one.name === name) ?? assert.fail();
  const points: Grown['points'][number][] = [];
  for (const size of sizes) {
    points.push({ size, costs: await inDatabase((ground) => axis.measure(ground, size)) });
  }
  return { name, told: axis.told, points };
}

async function inDatabase<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const { adminUrl } = await service('postgres');
  const database = await createDatabase();
  const admin = new URL(adminUrl);
  admin.pathname = new URL(database.url).pathname;
  // What it reads, it reads when it likes, and is counted with the rest.
  await withClient(database.url, (client) =>
    client.query(`DO $$ DECLARE t text; BEGIN
      FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user
      LOOP EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', t); END LOOP; END $$`),
  );
  try {
    return await work({ url: database.url, adminUrl: admin.href });
  } finally {
    await database.drop();
  }
}
