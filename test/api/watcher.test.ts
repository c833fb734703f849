/** Whom the watcher asks about, how often, and what it does with the answer. */
import assert from 'node:assert/strict';
import type { CheckoutRun } from '../../src/client/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createLogger } from '../../src/log.ts';
import { eventually, recordingSagas } from './harness.ts';

const SILENCE = 60;

describe('The watcher', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await createShop();
    await shop.stock('MUG', 1_000);
  });
  afterEach(() => shop.close());

  /** Started orders of which nothing was heard for two minutes. */
  const silent = async (n: number, change = ''): Promise<OrderId[]> => {
    const orders = Array.from({ length: n }, () => shop.order([{ sku: 'MUG', quantity: 1 }]));
    const ids = (await Promise.all(orders)).map(({ id }) => id);
    const ago = `now() - interval '2 minutes'`;
    await shop.pool.query(
      `UPDATE "order" SET updated_at = ${ago}, watched_at = ${ago}, run_started_at = ${ago} ${change}
       WHERE id = ANY ($1)`,
      [ids],
    );
    return ids;
  };
  const watch = (run?: CheckoutRun, everyMs = 10) => {
    const sagas = recordingSagas();
    if (run !== undefined) sagas.run = run;
    const lines: string[] = [];
    const touched: OrderId[] = [];
    const log = createLogger({
      level: 'info',
      name: 'test',
      destination: { write: (line: string) => void lines.push(line) },
    });
    const store = createOrderStore(shop.pool);
    const watcher = createWatcher({
      store,
      sagas,
      touched: (id) => void touched.push(id),
      log,
      silenceSeconds: SILENCE,
      everyMs,
    });
    return { sagas, lines, touched, store, stop: () => watcher.stop() };
  };
  const flagOf = async (id: OrderId) => {
    const { rows } = await shop.pool.query<{ flag: boolean }>(
      'SELECT needs_operator AS flag FROM "order" WHERE id = $1',
      [id],
    );
    return rows[0]?.flag;
  };
  /** What a watcher would ask about now, without waiting for a pass. */
  const due = async () => {
    const leased = await createOrderStore(shop.pool).leaseSilent(SILENCE, 1_000);
    return leased.map(({ facts }) => facts.id).sort();
  };

  it('asks about each silent order once, however many watchers there are', async () => {
    const ids = await silent(250);
    const watchers = [watch(), watch(), watch()];
    const described = () => watchers.flatMap(({ sagas }) => sagas.described);
    await eventually(() => described().length >= ids.length);
    await Promise.all(watchers.map(({ stop }) => stop()));
    assert.deepEqual(described().sort(), ids.sort());
  });

  it('leaves alone what has news, has not been started, or has ended', async () => {
    const [moved = 'ord_', ended = 'ord_', unstarted] = await silent(3);
    await shop.pool.query(`SELECT move_order($1, 'reserved')`, [moved]);
    await shop.pool.query(`SELECT move_order($1, 'cancelled')`, [ended]);
    await shop.pool.query(`UPDATE "order" SET run_started_at = NULL WHERE id = $1`, [unstarted]);
    assert.deepEqual(await due(), []);
    const { rows } = await shop.pool.query('SELECT watched_at FROM "order" WHERE id = $1', [ended]);
    assert.deepEqual(rows, [{ watched_at: null }]);
  });

  it('asks about an order that moved and went silent again', async () => {
    const [id = 'ord_'] = await silent(1);
    await shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    assert.deepEqual(await due(), []);
    await shop.pool.query(
      `UPDATE "order" SET updated_at = updated_at - interval '61 s',
         watched_at = watched_at - interval '61 s'`,
    );
    assert.deepEqual(await due(), [id]);
  });

  it('asks once per pass while Temporal is down', async () => {
    await silent(5);
    const watcher = watch();
    watcher.sagas.down = true;
    await eventually(() => watcher.lines.length > 0);
    await watcher.stop();
    assert.equal(watcher.lines.length, 1);
  });

  for (const state of ['failed', 'canceled', 'terminated', 'timed out', 'missing'] as const) {
    it(`starts an order again whose run is ${state}`, async () => {
      const ids = await silent(1);
      const watcher = watch({ state });
      await eventually(() => watcher.sagas.started.length > 0);
      await watcher.stop();
      const [started] = watcher.sagas.started;
      assert.deepEqual(
        [started?.id, started?.amountMinor, started?.lines],
        [ids[0], '1000', [{ sku: 'MUG', quantity: 1 }]],
      );
    });
  }

  it('leaves a run alone that goes on by itself', async () => {
    const [id = 'ord_'] = await silent(1);
    const watcher = watch();
    await eventually(() => watcher.sagas.described.length > 0);
    await watcher.stop();
    assert.deepEqual([watcher.sagas.started, watcher.sagas.cancelled], [[], []]);
    assert.equal(await flagOf(id), false);
  });

  for (const [gate, reason, cancelRequested, sent] of [
    ['unwinding', 'cancelled', false, 1],
    ['unwinding', 'cancelled', true, 0],
    ['unwinding', 'payment-declined', false, 0],
  ] as const) {
    const arrived = cancelRequested ? 'has arrived' : 'has not arrived';
    it(`sends ${sent} cancels to an order unwound as ${reason} where one ${arrived}`, async () => {
      const ids = await silent(1, `, gate = '${gate}', reason = '${reason}'`);
      const watcher = watch({ state: 'running', cancelRequested });
      await eventually(() => watcher.sagas.described.length > 0);
      await watcher.stop();
      assert.deepEqual(watcher.sagas.cancelled, sent === 1 ? ids : []);
    });
  }

  for (const [what, run] of [
    ['is blocked', { state: 'running', cancelRequested: false, blocked: 'for a reason' }],
    ['has completed', { state: 'completed' }],
  ] as const) {
    it(`calls an operator, once, for an unfinished order whose run ${what}`, async () => {
      const [id = 'ord_'] = await silent(1);
      const watcher = watch(run);
      await eventually(() => watcher.touched.length > 0);
      await shop.pool.query(`UPDATE "order" SET watched_at = updated_at`);
      await eventually(() => watcher.sagas.described.length > 1);
      await watcher.stop();
      assert.equal(await flagOf(id), true);
      assert.deepEqual(await shop.events(id), ['order.accepted', 'order.needs_operator']);
      assert.equal(watcher.lines.filter((line) => line.includes(id)).length, 1);
      assert.match(
        watcher.lines[0] ?? '',
        /for a reason|has completed, but the order has not ended/,
      );
    });
  }

  it('takes its flag back when the run goes on, and nobody else’s', async () => {
    const [blocked = 'ord_', parked = 'ord_'] = await silent(2);
    await shop.pool.query(`UPDATE "order" SET needs_operator = true WHERE id = $1`, [parked]);
    const store = createOrderStore(shop.pool);
    assert.equal(await store.flagBlocked(blocked, SILENCE), true);
    assert.equal(await store.flagBlocked(parked, SILENCE), false);
    const watcher = watch();
    await eventually(async () => (await flagOf(blocked)) === false);
    await watcher.stop();
    assert.equal(await flagOf(parked), true);
  });

  it('takes its flag back in the event that shows the order moving', async () => {
    const [id = 'ord_'] = await silent(1);
    await createOrderStore(shop.pool).flagBlocked(id, SILENCE);
    await shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    const { rows } = await shop.pool.query(
      `SELECT data -> 'needsOperator' AS flag FROM order_event WHERE order_id = $1 ORDER BY sequence`,
      [id],
    );
    assert.deepEqual(
      rows.map(({ flag }: { flag: boolean }) => flag),
      [false, true, false],
    );
  });

  it('does not call for an order that moved, or ended, while Temporal was asked', async () => {
    const [moved = 'ord_', ended = 'ord_'] = await silent(2);
    await shop.pool.query(`SELECT move_order($1, 'reserved')`, [moved]);
    await shop.pool.query(`SELECT move_order($1, 'cancelled')`, [ended]);
    await shop.pool.query(
      `UPDATE "order" SET updated_at = now() - interval '2 minutes'
      WHERE id = $1`,
      [ended],
    );
    const store = createOrderStore(shop.pool);
    assert.equal(await store.flagBlocked(moved, SILENCE), false);
    assert.equal(await store.flagBlocked(ended, SILENCE), false);
  });
});
