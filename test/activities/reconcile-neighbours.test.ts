/** Two installations at one account of the gateway, each with its reconciler: none touches the other's money. */
import assert from 'node:assert/strict';
import {
  authorized,
  cancelled,
  completed,
  createReconcileScene,
  installationOf,
} from '../support/reconcile-scene.ts';
import type { ReconcileScene } from '../support/reconcile-scene.ts';

const LOST = `ord_${'0'.repeat(25)}`;

describe('two installations at one account', () => {
  let one: ReconcileScene;
  let other: ReconcileScene;
  before(async () => {
    one = await createReconcileScene();
    other = await createReconcileScene(undefined, one);
  });
  after(async () => {
    await other.close();
    await one.close();
  });

  const both = () => [one, other] as const;
  const open = { created: 1000, authorized: 1000 };
  const taken = { ...open, captured: 1000 };
  const runAll = async () => {
    await one.quiet();
    for (const scene of both()) await scene.run();
  };
  const about = async (scene: ReconcileScene) =>
    (await scene.differences()).map(({ paymentId, state }) => `${paymentId} ${state}`).sort();
  const checked = async ({ shop }: ReconcileScene, intent: string) =>
    (await shop.pool.query('SELECT FROM payment_check WHERE intent_id = $1', [intent])).rowCount;

  it('have each a name of their own, in which their payments are made', async () => {
    const names = await Promise.all(both().map(({ shop }) => installationOf(shop)));
    assert.notEqual(names[0], names[1]);
    for (const [index, scene] of both().entries()) {
      const order = await scene.place();
      await authorized(scene.act, order);
      const seen = await scene.ledger.look(await scene.intentOf(order), { timeoutMs: 5_000 });
      assert.equal(seen?.installation, names[index]);
    }
  });

  it('leave alone what the other has taken, and settle what they have lost themselves', async () => {
    const kept: string[] = [];
    const lost: string[] = [];
    for (const scene of both()) {
      const order = await scene.place();
      await completed(scene.act, order);
      kept.push(await scene.intentOf(order));
      lost.push(await scene.stranger(`${LOST}1`, { isCaptured: true }));
    }
    await runAll();
    for (const intent of kept) assert.deepEqual(await one.moneyOf(intent), taken);
    for (const intent of lost) assert.equal((await one.moneyOf(intent))['refunded'], 1000);
    assert.deepEqual(await about(one), [`${lost[0]} settled`]);
    assert.deepEqual(await about(other), [`${lost[1]} settled`]);
  });

  it('neither look at the other’s payments nor list them, also where money went back', async () => {
    const order = await other.place();
    await completed(other.act, order);
    const intent = await other.intentOf(order);
    await other.byHand('refunds', { payment_intent: intent, amount: '400' });
    await runAll();
    assert.equal(await checked(one, intent), 0);
    const listed = (await other.differences()).filter(({ paymentId }) => paymentId === intent);
    assert.deepEqual(
      listed.map(({ kind }) => kind),
      ['moved-by-hand'],
    );
  });

  it('give back nothing of the other, also where they look at it', async () => {
    const ended = await one.place();
    await cancelled(one.act, ended);
    const by = await installationOf(other.shop);
    const held = await one.stranger(`${LOST}2`, { by });
    const captured = await one.stranger(ended.id, { by, isCaptured: true });
    for (const [intent, order] of [
      [held, `${LOST}2`],
      [captured, ended.id],
    ]) {
      await one.shop.pool.query(
        'INSERT INTO payment_check (intent_id, named_order, due_at) VALUES ($1, $2, now())',
        [intent, order],
      );
    }
    await one.quiet();
    const before = await about(one);
    await one.run();
    assert.deepEqual(await about(one), before);
    assert.deepEqual(await one.moneyOf(held), open);
    assert.deepEqual(await one.moneyOf(captured), taken);
  });

  it('list what names no installation, whatever order it names, and do not touch it', async () => {
    const nameless = await one.stranger(`${LOST}3`, { by: null, isCaptured: true });
    await runAll();
    for (const scene of both()) {
      const found = (await scene.differences()).find(({ paymentId }) => paymentId === nameless);
      assert.deepEqual(
        [found?.kind, found?.state, found?.remedy],
        ['payment-without-order', 'open', null],
      );
    }
    assert.deepEqual(await one.moneyOf(nameless), taken);
  });
});
