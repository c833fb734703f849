import assert from 'node:assert/strict';
import { createClaimArchive } from '../../src/adapters/postgres/claim-archive.ts';
import { createArchiver } from '../../src/api/archiver.ts';
import { createHarness, eventually, getOf, newKey, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('The archive sweep', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const place = async (key: string) =>
    orderIn(await api.app.request('/v1/orders', postOf(api.acme, { key })));
  const rejected = async (key: string) => {
    const order = await place(key);
    await api.book.beginUnwind(order.id, 'out-of-stock');
    await api.book.closeOrder(order.id);
    return order;
  };
  const age = (id: string, days: number) =>
    api.pool.query(
      `UPDATE idempotency_claim SET created_at = now() - make_interval(days => $2) WHERE order_id = $1`,
      [id, days],
    );
  const archivedClaims = async () => {
    const { rows } = await api.pool.query<{ id: string }>(
      `SELECT order_id AS id FROM idempotency_claim WHERE archived_at IS NOT NULL`,
    );
    return rows.map(({ id }) => id).sort();
  };

  it('takes what has ended and is old, and nothing else, however often it runs', async () => {
    const [old, young, open] = [
      await rejected(newKey()),
      await rejected(newKey()),
      await place(newKey()),
    ];
    await age(old.id, 91);
    await age(young.id, 89);
    await age(open.id, 91);
    const archive = createClaimArchive(api.pool);
    assert.equal(await archive.archive(90, 500), 1);
    assert.equal(await archive.archive(90, 500), 0);
    assert.deepEqual(await archivedClaims(), [old.id]);
    assert.equal((await api.app.request(old.links.self, getOf(api.acme))).status, 200);
  });

  it('takes the oldest first, so many at a time, and several at once take different ones', async () => {
    const orders = await Promise.all(Array.from({ length: 12 }, () => rejected(newKey())));
    for (const [n, { id }] of orders.entries()) await age(id, 200 - n);
    const archive = createClaimArchive(api.pool);
    const before = await archivedClaims();
    assert.equal(await archive.archive(90, 2), 2);
    const oldest = orders.slice(0, 2).map(({ id }) => id);
    assert.deepEqual(await archivedClaims(), [...before, ...oldest].sort());
    const counts = await Promise.all([1, 2, 3, 4].map(() => archive.archive(90, 3)));
    const more = await archive.archive(90, 500);
    assert.equal(
      counts.reduce((sum, count) => sum + count, more),
      10,
    );
  });

  it('goes by itself in an API process, a batch at a time, until it is stopped', async () => {
    let left = 1_100;
    const asked: number[] = [];
    const archive = {
      archive(days: number, limit: number) {
        assert.equal(days, 90);
        const count = Math.min(left, limit);
        left -= count;
        asked.push(count);
        return Promise.resolve(count);
      },
    };
    const archiver = createArchiver({ archive, log: api.log, olderThanDays: 90, everyMs: 5 });
    await eventually(() => asked.length > 4);
    await archiver.stop();
    assert.deepEqual(asked.slice(0, 3), [500, 500, 100]);
    const stopped = asked.length;
    await new Promise(setImmediate);
    assert.equal(asked.length, stopped);
  });
});
