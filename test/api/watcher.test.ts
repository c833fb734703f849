/** Whom the watcher asks about, how often, and what it does with the answer. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { LANES } from '../../src/api/watcher.ts';
import { createWatchScene, SILENCE } from '../support/watch-scene.ts';
import type { WatchScene } from '../support/watch-scene.ts';
import { eventually } from './harness.ts';

// A watcher with that pause has one pass in any test.
const HOUR = 3_600_000;

describe('The watcher', () => {
  let scene: WatchScene;
  beforeEach(async () => {
    scene = await createWatchScene();
  });
  afterEach(() => scene.close());

  it('asks about each silent order once, however many watchers there are', async () => {
    const ids = await scene.silent(250);
    const watchers = [scene.watch(), scene.watch(), scene.watch()];
    const described = () => watchers.flatMap(({ sagas }) => sagas.described);
    await eventually(() => described().length >= ids.length);
    await Promise.all(watchers.map(({ stop }) => stop()));
    assert.deepEqual(described().sort(), ids.sort());
  });

  it('leaves alone what has news, has not been started, or has ended', async () => {
    const [moved = 'ord_', ended = 'ord_', unstarted] = await scene.silent(3);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [moved]);
    await scene.shop.pool.query(`SELECT move_order($1, 'cancelled')`, [ended]);
    await scene.shop.pool.query(`UPDATE "order" SET run_started_at = NULL WHERE id = $1`, [
      unstarted,
    ]);
    assert.deepEqual(await scene.due(), []);
    const { rows } = await scene.shop.pool.query('SELECT watched_at FROM "order" WHERE id = $1', [
      ended,
    ]);
    assert.deepEqual(rows, [{ watched_at: null }]);
  });

  it('asks about an order that moved and went silent again', async () => {
    const [id = 'ord_'] = await scene.silent(1);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    assert.deepEqual(await scene.due(), []);
    await scene.wait();
    assert.deepEqual(await scene.due(), [id]);
  });

  it('asks about all that are due in one pass, a few at a time', async () => {
    const ids = await scene.silent(250);
    const watcher = scene.watch(undefined, HOUR);
    let underWay = 0;
    let most = 0;
    const ask = watcher.sagas.describe.bind(watcher.sagas);
    watcher.sagas.describe = async (...asked) => {
      most = Math.max(most, (underWay += 1));
      await turn();
      underWay -= 1;
      return await ask(...asked);
    };
    await eventually(() => watcher.sagas.described.length >= ids.length);
    await watcher.stop();
    assert.equal(most, LANES);
  });

  it('is not kept from the silent by many that turn out to have news', async () => {
    const moved = await scene.silent(150);
    const [silent] = await scene.silent(1);
    await scene.shop.pool.query(
      `UPDATE "order" SET updated_at = now(), watched_at = watched_at - interval '1 s'
       WHERE id = ANY ($1)`,
      [moved],
    );
    const watcher = scene.watch(undefined, HOUR);
    await eventually(() => watcher.sagas.described.length > 0);
    await watcher.stop();
    assert.deepEqual(watcher.sagas.described, [silent]);
  });

  it('asks once per pass while Temporal is down, and puts off no other order', async () => {
    const ids = await scene.silent(5);
    const watcher = scene.watch(undefined, HOUR);
    watcher.sagas.down = true;
    await eventually(() => watcher.lines.length > 0);
    await watcher.stop();
    assert.equal(watcher.lines.length, 1);
    assert.equal((await scene.due()).length, ids.length - 1);
  });

  it('asks no more than a few times when Temporal goes away', async () => {
    await scene.silent(80);
    const watcher = scene.watch(undefined, HOUR);
    const ask = watcher.sagas.describe.bind(watcher.sagas);
    watcher.sagas.describe = async (...asked) => {
      const answer = await ask(...asked);
      watcher.sagas.down = true;
      return answer;
    };
    await eventually(() => watcher.lines.length > 0);
    await watcher.stop();
    assert.ok(watcher.lines.length <= LANES, `${watcher.lines.length}`);
  });

  for (const state of ['failed', 'canceled', 'terminated', 'timed out', 'missing'] as const) {
    it(`starts an order again whose run is ${state}`, async () => {
      const ids = await scene.silent(1);
      const watcher = scene.watch({ state });
      await eventually(() => watcher.sagas.started.length > 0);
      await watcher.stop();
      const [started] = watcher.sagas.started;
      assert.deepEqual(
        [started?.id, started?.amountMinor, started?.lines],
        [ids[0], '1000', [{ sku: 'MUG', quantity: 1 }]],
      );
    });
  }

  it('calls an operator for an order whose run ends every time, and goes on with it', async () => {
    const [id = 'ord_'] = await scene.silent(1);
    const watcher = scene.watch({ state: 'failed' });
    for (const looks of [1, 2, 3, 4]) {
      if (looks > 1) await scene.wait();
      await eventually(() => watcher.sagas.started.length === looks);
      await eventually(async () => (await scene.flagOf(id)) === looks >= 3);
    }
    assert.equal(watcher.lines.filter((line) => line.includes('an operator is needed')).length, 1);
    const [told = ''] = watcher.lines.filter((line) => line.includes('"detail"'));
    assert.match(told, /ended 3 times without news of the order, this time failed/);
    // A run that is alive for once says nothing yet.
    watcher.sagas.run = { state: 'running', cancelRequested: false };
    const asked = watcher.sagas.described.length;
    await scene.wait();
    await eventually(() => watcher.sagas.described.length > asked);
    await watcher.stop();
    assert.equal(await scene.flagOf(id), true);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    assert.equal(await scene.flagOf(id), false);
    assert.deepEqual(await scene.flagsShown(id), [false, true, false]);
  });

  it('counts restarts anew once there was news', async () => {
    const [id = 'ord_'] = await scene.silent(1);
    const restarts = async () => {
      const { silent } = await scene.store.leaseSilent(SILENCE, 1);
      return silent.map((saga) => saga.restarts);
    };
    await scene.store.countRestart(id);
    await scene.store.countRestart(id);
    assert.deepEqual(await restarts(), [2]);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    await scene.wait();
    assert.deepEqual(await restarts(), [0]);
  });

  it('leaves a run alone that goes on by itself', async () => {
    const [id = 'ord_'] = await scene.silent(1);
    const watcher = scene.watch();
    await eventually(() => watcher.sagas.described.length > 0);
    await watcher.stop();
    assert.deepEqual([watcher.sagas.started, watcher.sagas.cancelled], [[], []]);
    assert.equal(await scene.flagOf(id), false);
  });

  for (const [gate, reason, cancelRequested, sent] of [
    ['unwinding', 'cancelled', false, 1],
    ['unwinding', 'cancelled', true, 0],
    ['unwinding', 'payment-declined', false, 0],
  ] as const) {
    const arrived = cancelRequested ? 'has arrived' : 'has not arrived';
    it(`sends ${sent} cancels to an order unwound as ${reason} where one ${arrived}`, async () => {
      const ids = await scene.silent(1, `, gate = '${gate}', reason = '${reason}'`);
      const watcher = scene.watch({ state: 'running', cancelRequested });
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
      const [id = 'ord_'] = await scene.silent(1);
      const watcher = scene.watch(run);
      await eventually(() => watcher.touched.length > 0);
      await scene.shop.pool.query(`UPDATE "order" SET watched_at = updated_at`);
      await eventually(() => watcher.sagas.described.length > 1);
      await watcher.stop();
      assert.equal(await scene.flagOf(id), true);
      assert.deepEqual(await scene.shop.events(id), ['order.accepted', 'order.needs_operator']);
      assert.equal(watcher.lines.filter((line) => line.includes(id)).length, 1);
      assert.match(
        watcher.lines[0] ?? '',
        /for a reason|has completed, but the order has not ended/,
      );
    });
  }

  it('takes its flag back when the run goes on, and nobody else’s', async () => {
    const [blocked = 'ord_', parked = 'ord_'] = await scene.silent(2);
    await scene.shop.pool.query(`UPDATE "order" SET needs_operator = true WHERE id = $1`, [parked]);
    assert.equal(await scene.store.flag(blocked, SILENCE), true);
    assert.equal(await scene.store.flag(parked, SILENCE), false);
    const watcher = scene.watch();
    await eventually(async () => (await scene.flagOf(blocked)) === false);
    await watcher.stop();
    assert.equal(await scene.flagOf(parked), true);
  });

  it('takes its flag back in the event that shows the order moving', async () => {
    const [id = 'ord_'] = await scene.silent(1);
    await scene.store.flag(id, SILENCE);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [id]);
    assert.deepEqual(await scene.flagsShown(id), [false, true, false]);
  });

  it('does not call for an order that moved, or ended, while Temporal was asked', async () => {
    const [moved = 'ord_', ended = 'ord_'] = await scene.silent(2);
    await scene.shop.pool.query(`SELECT move_order($1, 'reserved')`, [moved]);
    await scene.shop.pool.query(`SELECT move_order($1, 'cancelled')`, [ended]);
    await scene.shop.pool.query(
      `UPDATE "order" SET updated_at = now() - interval '2 minutes'
      WHERE id = $1`,
      [ended],
    );
    assert.equal(await scene.store.flag(moved, SILENCE), false);
    assert.equal(await scene.store.flag(ended, SILENCE), false);
  });
});
