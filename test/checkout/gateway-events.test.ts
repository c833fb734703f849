/**
 * Orders whose gateway tells of them as badly as it can: before it answers, twice, in the wrong order, late or
 * three days after. Judged from the books of the parties outside. A thousand more of each are in
 * test/simulation/webhooks.test.ts.
 */
import assert from 'node:assert/strict';
import type { OrderFacts } from '../../src/domain/order.ts';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { listenToGateway } from '../support/gateway-listener.ts';
import type { GatewayListener } from '../support/gateway-listener.ts';
import { cancelled, createReconcileScene } from '../support/reconcile-scene.ts';
import { recordingSagas } from '../support/recording-sagas.ts';
import { eventOf, signed } from '../support/signed-events.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { faultReport, setFaults } from '../support/stand-ins.ts';

describe('Orders of whose payments the gateway tells', function () {
  // A busy machine runs thirty orders at once.
  this.timeout(120_000);
  let stage: Stage;
  let listener: GatewayListener;
  before(async () => {
    stage = await createStage();
    await stage.shop.stock('MUG', 1_000);
    const { shop, parties, sagas } = stage;
    // Half the grace of production: some events are told, and some are known by then.
    listener = await listenToGateway(shop.pool, parties.gatewayUrl, { sagas, graceMs: 100 });
  });
  after(async () => {
    await listener.close();
    await stage.close();
  });

  const KINDS = [
    [{}, 'completed'],
    [{ paymentMethod: 'pm_card_chargeDeclined' }, 'rejected'],
    [{ postalCode: '00000' }, 'refunded'],
  ] as const;

  /** Runs some of each kind at once, and answers them with what they have to come to. */
  async function play(rates: Readonly<Record<string, number>>, each: number) {
    const { shop, sagas, client, parties } = stage;
    const plan = { seed: 7, rates: { webhook: rates }, mostPerOrder: 10, delayMs: 1_000 };
    const set = await setFaults(parties.gatewayUrl, plan, 'seed');
    assert.equal(set.status, 200, await set.text());
    const orders: { order: OrderFacts; status: string }[] = [];
    for (const [change, status] of KINDS) {
      for (let n = 0; n < each; n += 1) {
        orders.push({ order: await shop.order([{ sku: 'MUG', quantity: 1 }], change), status });
      }
    }
    await Promise.all(
      orders.map(async ({ order }) => {
        await sagas.startCheckout(order);
        await client.workflow.getHandle(order.id).result();
      }),
    );
    await stage.tidy();
    await eventually(async () => (await listener.pending()) === 0);
    await eventually(async () => !('waits' in (await listener.outcomes())));
    return orders;
  }
  async function judge(orders: Awaited<ReturnType<typeof play>>) {
    for (const { order, status } of orders) {
      assert.equal((await stage.shop.row(order.id)).status, status);
      await audit(stage.parties, order, status);
      await auditEntries(stage.parties, stage.shop.pool, order.id);
    }
  }
  const hits = async () => (await faultReport(stage.parties.gatewayUrl)).hits['webhook'] ?? {};

  it('are one order each, whichever of event and answer comes first', async () => {
    const orders = await play({ early: 0.7 }, 6);
    await judge(orders);
    assert.ok(((await hits())['early'] ?? 0) >= 10);
  });

  it('end as they would have ended, however often, late and disordered they are told of', async () => {
    const rates = { duplicate: 0.2, reordered: 0.2, delayed: 0.2, early: 0.1, lost: 0.1 };
    const orders = await play(rates, 6);
    await judge(orders);
    const hit = await hits();
    for (const fault of Object.keys(rates)) assert.ok((hit[fault] ?? 0) > 0, fault);

    // Three days later, what was first said of each payment is said again; and what was never so.
    const before = await listener.outcomes();
    const { rows } = await stage.shop.pool.query<{ id: string; intent: string }>(
      'SELECT id, intent_id AS intent FROM gateway_event',
    );
    for (const { id, intent } of rows) {
      const answer = await fetch(listener.url, signed(eventOf({ id, intent })));
      assert.equal(answer.status, 200);
    }
    assert.deepEqual(await listener.outcomes(), before, 'each is one event for ever');
    for (const intent of new Set(rows.map((row) => row.intent))) {
      for (const type of ['succeeded', 'canceled', 'payment_failed']) {
        await fetch(listener.url, signed(eventOf({ intent, type: `payment_intent.${type}` })));
      }
    }
    await eventually(async () => !('waits' in (await listener.outcomes())));
    await judge(orders);
  });

  it('for an order that has ended: money that comes late is let go, or given back, at once', async () => {
    const scene = await createReconcileScene();
    const sagas = recordingSagas();
    const asked: Promise<unknown>[] = [];
    sagas.reconcileNow = () => {
      asked.push(scene.run());
      return Promise.resolve();
    };
    const { shop, parties } = scene;
    const order = await scene.place();
    await cancelled(scene.act, order);
    await scene.quiet();
    const late = await listenToGateway(shop.pool, parties.gatewayUrl, { sagas, graceMs: 400 });
    const [held, taken] = [
      await scene.stranger(order.id),
      await scene.stranger(order.id, { isCaptured: true }),
    ];
    await eventually(async () => ((await late.outcomes())['handed to the reconciler'] ?? 0) >= 3);
    await Promise.all(asked);
    await eventually(async () => {
      const [free, back] = [await scene.moneyOf(held), await scene.moneyOf(taken)];
      return free['canceled'] === 1_000 && back['refunded'] === 1_000;
    });
    await late.close();
    await Promise.all(asked);
    await scene.close();
  });
});
