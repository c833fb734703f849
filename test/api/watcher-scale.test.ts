/** The watcher's question to PostgreSQL with 100,000 orders open: docs/benchmarks.md has the figures. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { createShop, TENANT } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

const OPEN = 100_000;
const BATCH = 100;
const SILENCE = 120;

describe('With 100,000 unfinished orders the watcher’s lease', () => {
  let shop: Shop;
  before(async () => {
    shop = await createShop();
    await withClient(shop.url, (client) =>
      client.query(
        `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
           customer_name, customer_email, shipping_address, run_started_at, updated_at, watched_at)
         SELECT 'ord_' || n, $1, 'req', 1000, 'EUR', 'pm', 'Ada', 'ada@example.com', '{}',
           now(), ago, ago
         FROM (SELECT n, now() - n * interval '1 second' AS ago
           FROM generate_series(1, $2::integer) n) o`,
        [TENANT, OPEN],
      ),
    );
  });
  after(() => shop.close());

  /** Pages read by one lease, and how often the whole table was. */
  const cost = (silenceSeconds: number) =>
    withClient(shop.url, async (client) => {
      const explained = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT lease_silent('${silenceSeconds} s', ${BATCH})`,
      );
      await client.query('SELECT pg_stat_force_next_flush()');
      const { rows } = await client.query<{ scans: number }>(
        `SELECT seq_scan::integer AS scans FROM pg_stat_user_tables WHERE relname = 'order'`,
      );
      const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
      return { scans: rows[0]?.scans, pages: Number(/shared hit=(\d+)/.exec(plan)?.[1]), plan };
    });

  it('reads no table from end to end, and no more pages than its batch needs', async () => {
    const { scans, pages, plan } = await cost(SILENCE);
    assert.equal(scans, 0);
    assert.ok(pages > 0 && pages < 60 * BATCH, plan);
  });

  it('reads hardly anything when no order is due', async () => {
    const { scans, pages, plan } = await cost(2 * OPEN);
    assert.equal(scans, 0);
    assert.ok(pages < 1_000, plan);
  });

  it('takes those that were silent longest, in a few milliseconds', async () => {
    const store = createOrderStore(shop.pool);
    const times: number[] = [];
    let last: readonly string[] = [];
    for (let pass = 0; pass < 50; pass += 1) {
      const before = performance.now();
      const leased = await store.leaseSilent(SILENCE, BATCH);
      times.push(performance.now() - before);
      last = leased.map(({ facts }) => facts.id);
      assert.equal(last.length, BATCH);
    }
    const median = times.sort((a, b) => a - b)[times.length / 2] ?? Infinity;
    console.log(
      `      ${median.toFixed(1)} ms (median of ${times.length}) for a batch of ${BATCH}`,
    );
    // One batch by the first test, fifty by this one; of a second each.
    const youngest = Math.min(...last.map((id) => Number(id.slice('ord_'.length))));
    assert.equal(youngest, OPEN - 51 * BATCH + 1);
    assert.ok(median < 100, `${median} ms`);
  });
});
