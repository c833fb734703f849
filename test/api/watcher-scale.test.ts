/** The watcher with very many orders and refunds open: docs/benchmarks.md has the figures. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import type { SagaClient } from '../../src/client/ports.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { createLogger } from '../../src/log.ts';
import { service } from '../support/services.ts';
import { createShop, TENANT } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';
import { eventually } from './harness.ts';

const OPEN = 100_000;
const BATCH = 100;
const SILENCE = 120;

/** So many orders, and a refund for each, that have been silent for longer the higher their number. */
async function fill({ url }: Shop, open: number): Promise<void> {
  const silent = `SELECT 'n' || n AS name, now() - n * interval '1 second' AS ago
    FROM generate_series(1, $1::integer) n`;
  await withClient(url, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
         customer_name, customer_email, shipping_address, run_started_at, updated_at, watched_at)
       SELECT 'ord_' || name, $2, 'req', 1000, 'EUR', 'pm', 'Ada', 'ada@example.com', '{}',
         now(), ago, ago
       FROM (${silent}) o`,
      [open, TENANT],
    );
    await client.query(
      `INSERT INTO order_line SELECT 'ord_' || name, 'MUG', 1, 1000 FROM (${silent}) l`,
      [open],
    );
    await client.query(
      `INSERT INTO refund (id, order_id, amount, request_id, run_started_at, watched_at)
       SELECT 'rfd_' || name, 'ord_' || name, 1000, 'req', now(), ago FROM (${silent}) r`,
      [open],
    );
    await client.query('COMMIT');
    // PostgreSQL may have looked at the tables by itself before the commit, and found them empty.
    await client.query('ANALYZE');
  });
}

describe('With 100,000 unfinished orders and as many refunds the watcher’s lease', () => {
  let shop: Shop;
  before(async () => {
    shop = await createShop();
    await fill(shop, OPEN);
  });
  after(() => shop.close());

  /** Pages read by one lease, and how often a whole table was. */
  const cost = (silenceSeconds: number) =>
    withClient(shop.url, async (client) => {
      await client.query('BEGIN');
      const explained = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF)
         SELECT lease_silent_sagas('${silenceSeconds} s', ${BATCH})`,
      );
      // By this transaction: autovacuum, which summarizes an index by time, scans as well.
      const { rows } = await client.query<{ scans: number }>(
        `SELECT sum(seq_scan)::integer AS scans FROM pg_stat_xact_user_tables
         WHERE relname IN ('order', 'refund')`,
      );
      await client.query('COMMIT');
      const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
      return { scans: rows[0]?.scans, pages: Number(/shared hit=(\d+)/.exec(plan)?.[1]), plan };
    });

  it('reads no table from end to end, and no more pages than its batch needs', async () => {
    const { scans, pages, plan } = await cost(SILENCE);
    assert.equal(scans, 0);
    console.log(`      ${pages} pages`);
    assert.ok(pages > 0 && pages < 60 * BATCH, plan);
  });

  it('reads hardly anything when none is due', async () => {
    const { scans, pages, plan } = await cost(2 * OPEN);
    assert.equal(scans, 0);
    assert.ok(pages < 1_000, plan);
  });

  it('takes those that were silent longest, in a few milliseconds', async () => {
    const store = createWatchStore(shop.pool);
    const times: number[] = [];
    let last: readonly string[] = [];
    for (let pass = 0; pass < 50; pass += 1) {
      const before = performance.now();
      const { silent, more } = await store.leaseSilent(SILENCE, BATCH);
      times.push(performance.now() - before);
      last = silent.map(({ facts }) => facts.id);
      assert.deepEqual([last.length, more], [BATCH, true]);
    }
    const median = times.sort((a, b) => a - b)[times.length / 2] ?? Infinity;
    console.log(
      `      ${median.toFixed(1)} ms (median of ${times.length}) for a batch of ${BATCH}`,
    );
    // One batch by the first test, fifty by this one, each of fifty orders and their refunds.
    const youngest = Math.min(...last.map((id) => Number(id.slice('ord_n'.length))));
    assert.equal(youngest, OPEN - (51 * BATCH) / 2 + 1);
    assert.ok(median < 100, `${median} ms`);
  });
});

describe('With 500 silent sagas on a real Temporal server the watcher', function () {
  this.timeout(180_000);
  const SAGAS = 500;
  let shop: Shop;
  let sagas: SagaClient;
  before(async () => {
    const { address } = await service('temporal');
    const taskQueue = `test-${randomBytes(6).toString('hex')}`;
    sagas = connectSagaClient({ address, namespace: 'default', taskQueue });
    shop = await createShop();
    await fill(shop, SAGAS / 2);
  });
  after(async () => {
    await sagas.close();
    await shop.close();
  });

  /** What one watcher finds them all to be, when all are due. */
  const watchAll = async (): Promise<readonly string[]> => {
    const ago = `now() - interval '1 day'`;
    await shop.pool.query(`UPDATE "order" SET updated_at = ${ago}, watched_at = ${ago}`);
    await shop.pool.query(`UPDATE refund SET watched_at = ${ago}`);
    const found: string[] = [];
    const describe: SagaClient['describe'] = async (...asked) => {
      const run = await sagas.describe(...asked);
      found.push(run.state);
      return run;
    };
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const watcher = createWatcher({
      store: createWatchStore(shop.pool),
      sagas: { ...sagas, describe },
      touched: () => undefined,
      log: createLogger({ level: 'silent', name: 'test' }),
      silenceSeconds: SILENCE,
    });
    await eventually(() => found.length >= SAGAS);
    await watcher.stop();
    const perSecond = SAGAS / ((performance.now() - began) / 1_000);
    const { user, system } = process.cpuUsage(cpu);
    const each = (user + system) / 1_000 / SAGAS;
    console.log(`      ${perSecond.toFixed(0)}/s, ${each.toFixed(2)} ms of CPU each`);
    return found;
  };

  it('starts those again whose runs are lost, and later finds them running', async () => {
    assert.deepEqual(await watchAll(), Array<string>(SAGAS).fill('missing'));
    assert.deepEqual(await watchAll(), Array<string>(SAGAS).fill('running'));
  });
});
