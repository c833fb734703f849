/** Refunds that have gone silent: whom the watcher asks about, and what it does with the answer. */
import assert from 'node:assert/strict';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { createWatchScene, SILENCE } from '../support/watch-scene.ts';
import type { WatchScene } from '../support/watch-scene.ts';
import { eventually } from './harness.ts';

const ALIVE = { state: 'running', cancelRequested: false } as const;

describe('The watcher of refunds', () => {
  let scene: WatchScene;
  beforeEach(async () => {
    scene = await createWatchScene();
  });
  afterEach(() => scene.close());

  const silentOne = async (): Promise<RefundFacts> => {
    const [refund] = await scene.silentRefunds(1);
    assert.ok(refund);
    return refund;
  };
  const succeed = async (refund: RefundFacts): Promise<void> => {
    const book = createOrderBook(scene.shop.pool, () => undefined);
    await book.openRefund(refund.id);
    await book.recordRefundSucceeded(refund, {
      id: `re_${refund.id}`,
      status: 'succeeded',
      amount: { amountMinor: BigInt(refund.amountMinor), currency: 'EUR' },
    });
  };

  it('asks about those that are silent, and their orders, each once', async () => {
    const ids: string[] = await scene.silent(20);
    for (const { id } of await scene.silentRefunds(20)) ids.push(id);
    const watchers = [scene.watch(), scene.watch()];
    const described = () => watchers.flatMap(({ sagas }) => sagas.described);
    await eventually(() => described().length >= ids.length);
    await Promise.all(watchers.map(({ stop }) => stop()));
    assert.deepEqual(described().sort(), ids.sort());
  });

  it('takes the longest silent first, whatever they are', async () => {
    const [refund] = await scene.silentRefunds(1);
    await scene.silent(1);
    await scene.shop.pool.query(`UPDATE "order" SET watched_at = watched_at - interval '1 s'`);
    const { silent, more } = await scene.store.leaseSilent(SILENCE, 1);
    assert.deepEqual([silent[0]?.kind, more], ['order', true]);
    assert.deepEqual(await scene.due(), [refund?.id]);
  });

  it('leaves alone what has ended, was not started, or was not asked for', async () => {
    const [paid, unstarted] = await scene.silentRefunds(2);
    assert.ok(paid && unstarted);
    await succeed(paid);
    await scene.shop.pool.query('UPDATE refund SET run_started_at = NULL WHERE id = $1', [
      unstarted.id,
    ]);
    await scene.shop.pool.query(
      `INSERT INTO refund (id, order_id, amount, watched_at)
       VALUES ($1, $2, 1, now() - interval '2 minutes')`,
      [`${paid.orderId}:refund:1`, paid.orderId],
    );
    assert.deepEqual(await scene.due(), []);
  });

  it('leaves a run alone that waits for its bank', async () => {
    const { orderId } = await silentOne();
    const watcher = scene.watch();
    await eventually(() => watcher.sagas.described.length > 0);
    await watcher.stop();
    const { started, refunds, cancelled } = watcher.sagas;
    assert.deepEqual([started, refunds, cancelled], [[], [], []]);
    assert.equal(await scene.flagOf(orderId), false);
  });

  it('starts one again, and calls an operator when its run ends every time', async () => {
    const refund = await silentOne();
    const watcher = scene.watch({ state: 'terminated' });
    for (const looks of [1, 2, 3, 4]) {
      if (looks > 1) await scene.wait();
      await eventually(() => watcher.sagas.refunds.length === looks);
      await eventually(async () => (await scene.flagOf(refund.orderId)) === looks >= 3);
    }
    await watcher.stop();
    assert.deepEqual(watcher.sagas.refunds[0], refund);
    assert.deepEqual(watcher.sagas.started, []);
    assert.equal((await scene.shop.events(refund.orderId)).at(-1), 'order.needs_operator');
  });

  for (const [what, run] of [
    ['is blocked', { ...ALIVE, blocked: 'for a reason' }],
    ['has completed', { state: 'completed' }],
  ] as const) {
    it(`calls an operator, once, for one whose run ${what}`, async () => {
      const { id, orderId } = await silentOne();
      const watcher = scene.watch(run);
      await eventually(() => watcher.touched.length > 0);
      await scene.wait();
      await eventually(() => watcher.sagas.described.length > 1);
      await watcher.stop();
      assert.equal(await scene.flagOf(orderId), true);
      assert.deepEqual(watcher.touched, [orderId]);
      const [told = '', ...others] = watcher.lines.filter((line) => line.includes(id));
      assert.match(told, /for a reason|has completed, but the refund has not ended/);
      assert.deepEqual(others, []);
    });
  }

  it('takes its flag back when that run goes on, and no other’s', async () => {
    const [first, second] = await scene.silentRefunds(2);
    assert.ok(first && second);
    assert.equal(await scene.store.flag(first.id, SILENCE), true);
    assert.equal(await scene.store.flag(second.id, SILENCE), false);
    await scene.store.unflag(second.id);
    assert.equal(await scene.flagOf(first.orderId), true);
    const watcher = scene.watch();
    await eventually(async () => (await scene.flagOf(first.orderId)) === false);
    await watcher.stop();
  });

  it('takes its flag back in the event that shows the refund paid, and nobody else’s', async () => {
    const [blocked, parked] = [await silentOne(), await silentOne()];
    await scene.shop.pool.query(`UPDATE "order" SET needs_operator = true WHERE id = $1`, [
      parked.orderId,
    ]);
    assert.equal(await scene.store.flag(blocked.id, SILENCE), true);
    assert.equal(await scene.store.flag(parked.id, SILENCE), false);
    await Promise.all([succeed(blocked), succeed(parked)]);
    assert.deepEqual((await scene.flagsShown(blocked.orderId)).slice(-2), [true, false]);
    assert.equal(await scene.flagOf(parked.orderId), true);
  });

  it('does not call for one that was paid while Temporal was asked', async () => {
    const refund = await silentOne();
    await succeed(refund);
    assert.equal(await scene.store.flag(refund.id, SILENCE), false);
  });
});
