/** Runs that die in the middle, run beside another, or are told of events late, twice and in any order. */
import assert from 'node:assert/strict';
import type {
  EventPage,
  GatewayLedger,
  LedgerEvent,
} from '../../src/activities/reconcile-ports.ts';
import {
  authorized,
  cancelled,
  completed,
  createReconcileScene,
  paid,
} from '../support/reconcile-scene.ts';
import { eventually } from '../api/harness.ts';
import type { ReconcileScene } from '../support/reconcile-scene.ts';

describe('a run of the reconciler', () => {
  let scene: ReconcileScene;
  let change: (ledger: GatewayLedger) => GatewayLedger = (ledger) => ledger;
  before(async () => {
    scene = await createReconcileScene((deps) => ({
      ...deps,
      limits: { ...deps.limits, lapseMs: Infinity },
      ledger: {
        eventsAfter: (...args) => change(deps.ledger).eventsAfter(...args),
        eventsBefore: (...args) => change(deps.ledger).eventsBefore(...args),
        look: (...args) => change(deps.ledger).look(...args),
      },
    }));
  });
  beforeEach(() => (change = (ledger) => ledger));
  after(() => scene.close());

  const about = async () => (await scene.differences()).map(({ paymentId }) => paymentId);
  const places = async () =>
    (
      await scene.shop.pool.query<{ place: string }>(
        'SELECT * FROM reconciler_place ORDER BY reader',
      )
    ).rows;

  it('that dies loses nothing, and the next one finds it all', async () => {
    const strangers = [await scene.stranger(), await scene.stranger()];
    await scene.quiet();
    const before = await places();
    change = (ledger) => ({
      ...ledger,
      eventsBefore: async (...args) => {
        await ledger.eventsBefore(...args);
        throw new Error('killed');
      },
    });
    await assert.rejects(scene.run(), /killed/);
    assert.deepEqual(await places(), before);
    // Another dies between what there is to look at and the look.
    change = (ledger) => ledger;
    await scene.reconciler.readGatewayEvents(scene.ref);
    await scene.run();
    assert.deepEqual((await about()).sort(), strangers.sort());
  });

  it('leaves a refund made by hand to people until its order has completed, and books it then', async () => {
    const order = await scene.place();
    await paid(scene.act, order);
    const intent = await scene.intentOf(order);
    await scene.byHand('refunds', { payment_intent: intent, amount: '300' });
    const its = async () => {
      const found = (await scene.differences()).find(({ paymentId }) => paymentId === intent);
      return [found?.kind, found?.state, found?.remedy];
    };
    await scene.quiet();
    await scene.run();
    assert.deepEqual(await its(), ['moved-by-hand', 'open', null]);
    await scene.act.requestShipment(order);
    await scene.act.sendReceipt(order);
    await scene.quiet();
    await scene.run();
    assert.deepEqual(await its(), ['moved-by-hand', 'settled', 'book']);
  });

  it('books a refund that a restored book has lost under the name that it was asked for by', async () => {
    const order = await scene.place();
    await completed(scene.act, order);
    const intent = await scene.intentOf(order);
    const lost = `rfd_${'0123456789'.repeat(3).slice(0, 26)}`;
    const key = { 'metadata[idempotency_key]': `${lost}:refund:1` };
    await scene.byHand('refunds', { payment_intent: intent, amount: '300', ...key });
    await scene.quiet();
    await scene.run();
    const { rows } = await scene.shop.pool.query<{ id: string; state: string; entries: string[] }>(
      `SELECT r.id, r.state, array_agg(e.kind ORDER BY e.id) AS entries
       FROM refund r JOIN payment_entry e ON e.refund_id = r.id WHERE r.order_id = $1 GROUP BY r.id`,
      [order.id],
    );
    assert.deepEqual(rows, [{ id: lost, state: 'succeeded', entries: ['requested', 'answered'] }]);
    const events = (await scene.shop.events(order.id)).slice(-2);
    assert.deepEqual(events, ['refund.requested', 'refund.succeeded']);
    const shown = await scene.shop.pool.query<{ refund: { status: string } | null }>(
      'SELECT find_refund($1, $2, $3) AS refund',
      [order.tenantId, order.id, lost],
    );
    assert.equal(
      shown.rows[0]?.refund?.status,
      'succeeded',
      'whom the events tell of it may read it',
    );
  });

  it('that cannot look at one payment looks at the others, and at that one later', async () => {
    const [one, other] = [await scene.stranger(), await scene.stranger()];
    await scene.quiet();
    change = (ledger) => ({
      ...ledger,
      look: (id, call) => (id === one ? Promise.reject(new Error('no')) : ledger.look(id, call)),
    });
    await scene.run();
    const found = await about();
    assert.deepEqual([found.includes(one), found.includes(other)], [false, true]);
    change = (ledger) => ledger;
    await scene.shop.pool.query('UPDATE payment_check SET due_at = now() WHERE intent_id = $1', [
      one,
    ]);
    await scene.run();
    assert.ok((await about()).includes(one));
  });

  it('is told of events twice, and in any order, and finds the same', async () => {
    const order = await scene.place();
    await completed(scene.act, order);
    const intent = await scene.stranger();
    await scene.quiet();
    const shuffled = (page: EventPage): EventPage => ({
      ...page,
      events: [...page.events, ...page.events].sort((a: LedgerEvent, b) =>
        a.id.slice(-1) < b.id.slice(-1) ? 1 : -1,
      ),
    });
    change = (ledger) => ({
      ...ledger,
      eventsBefore: async (...args) => shuffled(await ledger.eventsBefore(...args)),
    });
    const before = (await about()).length;
    await scene.run();
    await scene.run();
    assert.deepEqual(
      [(await about()).length, (await about()).includes(intent)],
      [before + 1, true],
    );
  });

  it('believes no read of ours that is older than the gateway’s answer', async () => {
    const order = await scene.place();
    await authorized(scene.act, order);
    const intent = await scene.intentOf(order);
    await scene.quiet();
    const before = (await about()).length;
    // Between the two reads the order goes on to its end.
    change = (ledger) => ({
      ...ledger,
      look: async (id, call) => {
        if (id === intent) {
          await scene.act.capturePayment(order);
          await scene.act.requestShipment(order);
        }
        return await ledger.look(id, call);
      },
    });
    await scene.run();
    assert.equal((await about()).length, before);
  });

  it('closes what it has found when the books agree again, also what was explained', async () => {
    const [one, other] = [await scene.stranger(), await scene.stranger()];
    await scene.quiet();
    await scene.run();
    const of = async (intent: string) =>
      (await scene.differences()).find(({ paymentId }) => paymentId === intent);
    const id = (await of(other))?.id ?? '';
    await scene.desk.explain(id, { operator: 'ann', why: 'another shop' });
    for (const intent of [one, other]) await scene.byHand(`payment_intents/${intent}/cancel`);
    // Its event may be read by the run after the next.
    await eventually(async () => {
      await scene.run();
      return (await of(one))?.state === 'settled' && Boolean((await of(other))?.settledAt);
    });
    assert.equal((await of(other))?.state, 'explained');
  });

  it('gives nothing back of an order that ends well', async () => {
    const good = await scene.place();
    await completed(scene.act, good);
    const second = await scene.stranger(good.id);
    const byHand = await scene.place();
    await cancelled(scene.act, byHand);
    const third = await scene.stranger(byHand.id);
    await scene.quiet();
    // The order is good again by the time the saga asks.
    const settle = scene.settle;
    await scene.reconciler.readGatewayEvents(scene.ref);
    await scene.reconciler.checkPayments(scene.ref);
    await scene.shop.pool.query(`UPDATE "order" SET status = 'completed' WHERE id = $1`, [
      byHand.id,
    ]);
    for (const id of await scene.reconciler.listSettling(scene.ref)) await settle(id);
    assert.deepEqual(await scene.moneyOf(second), { created: 1000, authorized: 1000 });
    assert.deepEqual(await scene.moneyOf(third), { created: 1000, authorized: 1000 });
    const open = (await scene.differences()).find(({ paymentId }) => paymentId === third);
    assert.deepEqual([open?.state, open?.trouble], ['open', 'its order is completed']);
  });

  it('gives nothing back of an order about whose money an operator has decided', async () => {
    const order = await scene.place();
    await cancelled(scene.act, order);
    const intent = await scene.stranger(order.id, { isCaptured: true });
    // As resolve_step writes it down when somebody marks the void as done by hand.
    await scene.shop.pool.query(
      `WITH said AS (
         INSERT INTO operator_action (order_id, saga_id, step, direction, action, operator, why,
           before, after)
         VALUES ($1, $1, 'authorize payment', 'undo', 'mark-done', 'ann', 'a test', '{}', '{}')
         RETURNING id)
       UPDATE barrier SET operator_action_id = said.id FROM said
       WHERE saga_id = $1 AND step = 'authorize payment' AND direction = 'undo'`,
      [order.id],
    );
    await scene.quiet();
    await scene.run();
    const found = (await scene.differences()).find(({ paymentId }) => paymentId === intent);
    assert.deepEqual(
      [found?.state, found?.trouble],
      ['open', 'an operator has decided about its money'],
    );
    assert.equal((await scene.moneyOf(intent))['refunded'], undefined);
  });

  it('settles once, however often and by how many it is asked to', async () => {
    const lost = await scene.stranger(`ord_${'1'.repeat(26)}`, { isCaptured: true });
    await scene.quiet();
    await scene.reconciler.readGatewayEvents(scene.ref);
    await scene.reconciler.checkPayments(scene.ref);
    const [id = ''] = await scene.reconciler.listSettling(scene.ref);
    await Promise.allSettled([scene.settle(id), scene.settle(id), scene.settle(id)]);
    await scene.settle(id);
    assert.equal((await scene.moneyOf(lost))['refunded'], 1000);
  });
});
