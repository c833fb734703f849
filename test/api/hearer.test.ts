/** What becomes of the gateway's events: by what our own books say, never by what an event says. */
import assert from 'node:assert/strict';
import { createGatewayEvents } from '../../src/adapters/postgres/gateway-events.ts';
import { createHearer } from '../../src/api/hearer.ts';
import type { GatewayEvent } from '../../src/api/gateway-event-ports.ts';
import { createLogger } from '../../src/log.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { eventually } from './harness.ts';
import {
  authorized,
  cancelled,
  completed,
  createReconcileScene,
} from '../support/reconcile-scene.ts';
import { installationOf } from '../support/reconcile-scene.ts';
import type { ReconcileScene } from '../support/reconcile-scene.ts';
import { recordingSagas } from '../support/recording-sagas.ts';
import type { RecordingSagas } from '../support/recording-sagas.ts';

// Never by itself within a test.
const NEVER_MS = 3_600_000;

describe('The hearer', () => {
  let scene: ReconcileScene;
  let sagas: RecordingSagas;
  let hearer: ReturnType<typeof createHearer>;
  let did: string[];
  let installation: string;
  let graceMs = 0;
  const log = createLogger({ level: 'silent', name: 'test' });
  const events = () => createGatewayEvents(scene.shop.pool);
  const hear = () => {
    sagas = recordingSagas();
    did = [];
    hearer = createHearer({
      events: events(),
      sagas,
      log,
      graceMs,
      everyMs: NEVER_MS,
      did: (loop, act, count = 1) => did.push(`${loop}: ${act} ${count}`),
    });
  };
  before(async () => {
    scene = await createReconcileScene();
    installation = await installationOf(scene.shop);
  });
  beforeEach(() => {
    graceMs = 0;
    hear();
  });
  afterEach(() => hearer.stop());
  after(() => scene.close());

  let made = 0;
  const note = async (event: Partial<GatewayEvent>): Promise<string> => {
    const id = `evt_hearer_${(made += 1)}`;
    const type = 'payment_intent.succeeded';
    await events().note({ id, type, createdAt: new Date(), objectId: event.intentId, ...event });
    return id;
  };
  const rowOf = async (id: string) => {
    const { rows } = await scene.shop.pool.query<{ outcome: string | null; order: string | null }>(
      'SELECT outcome, order_id AS "order" FROM gateway_event WHERE id = $1',
      [id],
    );
    return rows[0] ?? assert.fail(`there is no ${id}`);
  };
  const outcome = async (id: string): Promise<string> => {
    hearer.hear();
    await eventually(async () => (await rowOf(id)).outcome !== null);
    return (await rowOf(id)).outcome ?? '';
  };
  const dueChecks = async (intentId: string) => {
    const { rows } = await scene.shop.pool.query(
      'SELECT FROM payment_check WHERE intent_id = $1 AND due_at <= now()',
      [intentId],
    );
    return rows.length;
  };
  async function come(way: (act: typeof scene.act, order: OrderFacts) => Promise<unknown>) {
    const order = await scene.place();
    await way(scene.act, order);
    return { order, intentId: await scene.intentOf(order) };
  }

  it('tells an order that goes on of what its books do not know yet', async () => {
    const { order, intentId } = await come(authorized);
    const id = await note({ intentId });
    assert.equal(await outcome(id), 'its order was told');
    assert.deepEqual(sagas.heard, [order.id]);
    assert.equal((await rowOf(id)).order, order.id);
    assert.equal(sagas.reconciled, 0);
  });

  it('finds an order whose payment’s ID is not known here by the name that the payment has', async () => {
    const order = await scene.place();
    const named = { intentId: 'pi_unheard_of', orderId: order.id };
    assert.equal(await outcome(await note({ ...named, installation })), 'its order was told');
    assert.deepEqual(sagas.heard, [order.id]);
    const id = await note({ ...named, installation: 'ins_of_another' });
    assert.equal(await outcome(id), 'is about another installation’s payment');
    assert.equal(await outcome(await note(named)), 'is about nobody’s payment');
    assert.equal(sagas.heard.length, 1);
  });

  for (const [type, way] of [
    ['payment_intent.amount_capturable_updated', authorized],
    ['payment_intent.succeeded', completed],
    ['payment_intent.canceled', cancelled],
  ] as const) {
    it(`asks nobody about ${type} where the books know it`, async () => {
      const { intentId } = await come(way);
      assert.equal(await outcome(await note({ type, intentId })), 'was known');
      assert.deepEqual([sagas.heard, sagas.reconciled], [[], 0]);
      assert.deepEqual(did, ['hearer: was known 1']);
    });
  }

  it('asks nobody about what moves no money, or is about no payment', async () => {
    const { intentId } = await come(cancelled);
    const type = 'payment_intent.created';
    assert.equal(await outcome(await note({ type, intentId })), 'moves no money');
    assert.equal(await outcome(await note({ type: 'customer.created' })), 'is about no payment');
    assert.deepEqual([sagas.heard, sagas.reconciled], [[], 0]);
  });

  it('leaves what an ended order cannot explain to the reconciler, at once', async () => {
    const { order, intentId } = await come(cancelled);
    const id = await note({ intentId });
    assert.equal(await outcome(id), 'handed to the reconciler');
    assert.equal((await rowOf(id)).order, order.id);
    assert.equal(await dueChecks(intentId), 1);
    assert.deepEqual([sagas.heard, sagas.reconciled], [[], 1]);
  });

  it('gives a moment to what may be on its way into the books', async () => {
    await hearer.stop();
    graceMs = NEVER_MS;
    hear();
    const { order, intentId } = await come(authorized);
    const id = await note({ intentId });
    hearer.hear();
    // One that is younger, and settled by the same pass.
    await outcome(await note({ type: 'payment_intent.created', intentId }));
    assert.equal((await rowOf(id)).outcome, null);
    await scene.act.capturePayment(order);
    await scene.shop.pool.query(
      `UPDATE gateway_event SET received_at = now() - interval '2 h', next_at = now() WHERE id = $1`,
      [id],
    );
    assert.equal(await outcome(id), 'was known');
    assert.deepEqual(sagas.heard, []);
  });

  it('tries again what Temporal has not heard, later each time', async () => {
    const { intentId } = await come(authorized);
    const { intentId: ended } = await come(cancelled);
    sagas.down = true;
    const ids = [await note({ intentId }), await note({ intentId: ended })];
    const tries = async () => {
      const { rows } = await scene.shop.pool.query<{ tries: number; wait: number }>(
        `SELECT tries, extract(epoch FROM next_at - clock_timestamp())::int AS wait
         FROM gateway_event WHERE id = ANY ($1) AND handled_at IS NULL`,
        [ids],
      );
      return rows;
    };
    for (const [n, least] of [
      [1, 3],
      [2, 8],
      [3, 18],
    ] as const) {
      hearer.hear();
      await eventually(async () => (await tries()).every(({ tries: so }) => so === n));
      for (const { wait } of await tries()) assert.ok(wait >= least && wait <= 300, `${wait} s`);
      await scene.shop.pool.query('UPDATE gateway_event SET next_at = now() WHERE id = ANY ($1)', [
        ids,
      ]);
    }
    sagas.down = false;
    hearer.hear();
    await eventually(async () => (await tries()).length === 0);
    assert.deepEqual([sagas.heard.length, sagas.reconciled], [1, 1]);
  });

  it('is one of several, of whom each event has one', async () => {
    const { intentId } = await come(authorized);
    const ids = await Promise.all(Array.from({ length: 120 }, () => note({ intentId })));
    const other = createHearer({ events: events(), sagas, log, graceMs, everyMs: NEVER_MS });
    hearer.hear();
    other.hear();
    await eventually(async () => {
      const { rows } = await scene.shop.pool.query(
        'SELECT FROM gateway_event WHERE id = ANY ($1) AND handled_at IS NOT NULL',
        [ids],
      );
      return rows.length === ids.length;
    });
    assert.equal(sagas.heard.length, ids.length);
    await other.stop();
  });
});
