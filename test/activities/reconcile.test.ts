/**
 * Twenty differences planted between the gateway's book and ours, in a shop with orders in every stage,
 * some of them moving: all found by the next run, none invented, and what can be settled is settled.
 */
import assert from 'node:assert/strict';
import { bookPaid } from '../support/refunds.ts';
import {
  authorized,
  cancelled,
  completed,
  createReconcileScene,
  paid,
  STAGES,
} from '../support/reconcile-scene.ts';
import type { ReconcileScene } from '../support/reconcile-scene.ts';

describe('the reconciler', () => {
  let scene: ReconcileScene;
  before(async () => (scene = await createReconcileScene()));
  after(() => scene.close());

  const LOST = `ord_${'0'.repeat(25)}`;
  /** What each planted difference is known by: its order or its payment. */
  const planted = new Map<string, string>();
  const plant = (about: string, kind: string) => planted.set(about, kind);
  const remedied: { readonly intent: string; readonly effect: string }[] = [];

  /** Until captures go on, an order waits where it is. */
  const walk = async (isOver: () => boolean) => {
    let walked = 0;
    while (!isOver()) {
      const order = await scene.place();
      await completed(scene.act, order).catch((error: unknown) => {
        if (!String(error).includes('halted')) throw error;
      });
      walked += 1;
    }
    return walked;
  };
  const found = async () =>
    (await scene.differences())
      .map(({ orderId, paymentId, kind }) => [
        planted.has(paymentId ?? '') ? paymentId : orderId,
        kind,
      ])
      .sort();

  it('invents none among orders in every stage, and in between', async () => {
    for (let n = 0; n < 56; n += 1) {
      const change = n % 7 === 6 ? { paymentMethod: 'pm_card_pendingRefund' } : {};
      await STAGES[n % STAGES.length]?.(scene.act, await scene.place(change));
    }
    let runs = 0;
    const walking = Promise.all([walk(() => runs === 4), walk(() => runs === 4)]);
    for (; runs < 4; runs += 1) await scene.run();
    await walking;
    await scene.quiet();
    await scene.run();
    assert.deepEqual(await scene.differences(), []);
    assert.deepEqual(scene.failures, []);
  });

  it('finds all that are planted in one run, while orders go on, and no other', async () => {
    await plantStrangers();
    await plantOurs();
    await plantByHand();
    await plantBroken();
    assert.equal(planted.size, 20);
    await scene.quiet();
    let isOver = false;
    const walking = walk(() => isOver);
    await scene.run();
    isOver = true;
    await walking;
    assert.deepEqual(await found(), [...planted].sort());
    assert.deepEqual(scene.failures, []);
  });

  it('has settled what the books settle, once, by the gateway’s own book', async () => {
    for (const { intent, effect } of remedied) {
      const money = await scene.moneyOf(intent);
      assert.equal(money[effect], 1000, `${intent} is ${effect}`);
    }
    const open = (await scene.differences()).filter(({ state }) => state !== 'settled');
    assert.equal(open.length, 20 - remedied.length - 2);
    assert.ok(open.every(({ state }) => state === 'open'));
  });

  it('finds nothing new when it runs again, twice at once', async () => {
    const before = await scene.differences();
    const rows = () => scene.shop.pool.query('UPDATE payment_check SET due_at = now()');
    await rows();
    await Promise.all([scene.run(), scene.run()]);
    await scene.run();
    assert.deepEqual(
      (await scene.differences()).map(({ id, state }) => [id, state]),
      before.map(({ id, state }) => [id, state]),
    );
    assert.equal(scene.news.length, 20);
  });

  it('has halted captures, and says why', async () => {
    const captures = await scene.desk.captures();
    assert.ok(captures.halted && captures.by === 'reconciler', JSON.stringify(captures));
  });

  async function plantStrangers() {
    plant(await scene.stranger(), 'payment-without-order');
    plant(await scene.stranger(undefined, { isCaptured: true }), 'payment-without-order');
    for (const [isCaptured, effect] of [
      [false, 'canceled'],
      [true, 'refunded'],
    ] as const) {
      const ended = await scene.place();
      await cancelled(scene.act, ended);
      for (const id of [`${LOST}${isCaptured ? 'a' : 'b'}`, ended.id]) {
        const intent = await scene.stranger(id, { isCaptured });
        plant(intent, 'payment-without-order');
        remedied.push({ intent, effect });
      }
    }
  }

  async function plantOurs() {
    const { book, gateway } = scene.deps;
    for (let n = 0; n < 2; n += 1) {
      const { id } = await scene.place();
      await bookPaid(book, id, 1000n);
      plant(id, 'order-without-payment');
    }
    for (const isCaptured of [false, true]) {
      const { id } = await scene.place();
      await book.reserveStock(id);
      const amount = { amountMinor: 900n, currency: 'EUR' };
      const begun = await book.beginAuthorization(id);
      assert.ok(begun.state === 'open');
      const { installation, paymentMethod } = begun.work;
      const wanted = { orderId: id, requestId: 'req_1', installation, amount, paymentMethod };
      const call = (key: string) => ({ key: `${id} ${key}`, timeoutMs: 5_000 });
      const { id: intentId } = await gateway.createIntent(wanted, call('create'));
      const held = await gateway.confirmIntent(intentId, call('confirm'));
      if (isCaptured) await gateway.captureIntent(intentId, call('capture'));
      const believed = { ...held, capturableMinor: 1000n, capturedMinor: 1000n };
      await book.commitIntent(id, intentId);
      await book.recordAuthorization(id, believed);
      if (isCaptured) {
        await book.beginCapture(id);
        await book.recordCapture(id, believed);
      }
      plant(id, 'amounts-differ');
    }
    for (let n = 0; n < 2; n += 1) {
      const old = await scene.place();
      scene.setBack(6.5);
      await authorized(scene.act, old);
      scene.setBack(0);
      plant(old.id, 'authorization-lapsing');
    }
  }

  async function plantByHand() {
    for (const amount of ['1000', '400']) {
      const order = await scene.place();
      await completed(scene.act, order);
      await scene.byHand('refunds', { payment_intent: await scene.intentOf(order), amount });
      plant(order.id, 'moved-by-hand');
    }
    for (const act of ['capture', 'cancel']) {
      const order = await scene.place();
      await authorized(scene.act, order);
      await scene.byHand(`payment_intents/${await scene.intentOf(order)}/${act}`);
      plant(order.id, 'moved-by-hand');
    }
    const order = await scene.place();
    await paid(scene.act, order);
    await scene.byHand('refunds', { payment_intent: await scene.intentOf(order) });
    plant(order.id, 'moved-by-hand');
  }

  async function plantBroken() {
    const [twice, once, sums] = [await scene.place(), await scene.place(), await scene.place()];
    for (const order of [twice, once, sums]) await completed(scene.act, order);
    await scene.shop.pool.query(
      `INSERT INTO payment_entry (order_id, operation, n, kind, captured)
       VALUES ($1, 'capture', 2, 'answered', 1000)`,
      [twice.id],
    );
    await scene.shop.pool.query(
      `INSERT INTO payment_entry (order_id, operation, n, kind, authorized)
       VALUES ($1, 'confirm', 2, 'answered', 1)`,
      [sums.id],
    );
    plant(twice.id, 'invariant-broken');
    plant(await scene.stranger(once.id, { isCaptured: true }), 'invariant-broken');
    plant(sums.id, 'invariant-broken');
  }
});
