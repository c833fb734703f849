/**
 * Orders that cannot go on by themselves, and operators who finish them with their command: on a
 * real Temporal server, judged from the books of the parties outside.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { isEnded } from '../../src/domain/order.ts';
import type { OrderFacts, OrderId, OrderStatus } from '../../src/domain/order.ts';
import type { Decision } from '../../src/operator/ports.ts';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries, readBook } from '../support/audit.ts';
import { operator } from '../support/operator.ts';
import { service } from '../support/services.ts';
import { createStage } from '../support/stage.ts';
import type { PartyFaults, Stage } from '../support/stage.ts';

const run = promisify(execFile);
const because = ['--by', 'ann', '--why', 'she has called them'];
const rejected = { fault: 'reject' } as const;

describe('an order that needs an operator', () => {
  let stage: Stage;
  let skus = 0;
  // Parked, it is tried so rarely that only a word to the run ends the wait in time.
  before(async () => (stage = await createStage({ slowestRetryMs: 600_000 })));
  after(() => stage.close());

  const desk = () => createOperatorsDesk(stage.shop.pool);
  const queueOf = async (id: OrderId) =>
    (await desk().queue(100)).flatMap((entry) =>
      entry.orderId === id && 'step' in entry ? [entry.step] : [],
    );
  /** Places an order under faults that last, and waits until a step of it is parked. */
  const parked = async (step: string, faults: PartyFaults, { isCancelled = false } = {}) => {
    const sku = `SKU-${(skus += 1)}`;
    await stage.shop.stock(sku, 5);
    const order = await stage.shop.order([{ sku, quantity: 2 }]);
    await stage.breakParties(faults);
    if (isCancelled) {
      stage.beforeStep('capturePayment', async (id) => {
        await stage.deps.book.beginUnwind(id, 'cancelled');
      });
    }
    await stage.sagas.startCheckout(order);
    await eventually(async () => (await queueOf(order.id)).includes(step));
    assert.equal((await stage.shop.row(order.id)).needsOperator, true);
    return { order, sku };
  };
  /** The command, as an operator types it. */
  const operate = async (...words: string[]): Promise<string> => {
    const { address } = await service('temporal');
    const command = ['--import', 'tsx', 'src/launcher/operate.ts', ...words];
    const env = { ...process.env, DATABASE_URL: stage.shop.url, TEMPORAL_ADDRESS: address };
    return (await run(process.execPath, command, { env })).stdout;
  };
  const complaint = async (...words: string[]): Promise<string> => {
    const error: unknown = await operate(...words).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error && 'stderr' in error, 'the command complains');
    return String(error.stderr);
  };
  const decide = (order: OrderFacts, step: string, action: Decision['action']) =>
    desk().resolve({ sagaId: order.id, step, action, operator: 'bob', why: 'a test' });

  const requireEnd = async ({ id }: OrderFacts, status: OrderStatus): Promise<void> => {
    await eventually(async () => isEnded((await stage.shop.row(id)).status as OrderStatus));
    await stage.client.workflow.getHandle(id).result();
    await stage.tidy();
    const row = await stage.shop.row(id);
    assert.deepEqual([row.status, row.needsOperator], [status, false]);
    assert.deepEqual(await queueOf(id), []);
    const events = await stage.shop.events(id);
    assert.equal(events.filter((type) => type === 'order.needs_operator').length, 1);
    assert.equal(events.at(-1), `order.${status}`);
  };
  /** All that a reset must not change. */
  const books = async ({ id }: OrderFacts) => ({
    events: await stage.shop.events(id),
    gateway: await effectsOf(stage.parties.gatewayUrl, id),
    carrier: await effectsOf(stage.parties.carrierUrl, id),
    order: await desk().show(id),
  });
  const requireResetChangesNothing = async (order: OrderFacts): Promise<void> => {
    const before = await books(order);
    await operator.reset(order.id);
    const state = async () => (await stage.sagas.describe(order.id, 60)).state;
    await eventually(async () => (await state()) !== 'running');
    assert.equal(await state(), 'completed');
    assert.deepEqual(await books(order), before);
  };

  it('because the gateway refuses its void for good, ends when that is marked as done', async () => {
    const deaf = { cancel: rejected, retrieve: rejected };
    const { order, sku } = await parked(
      'authorize payment',
      { gateway: deaf },
      { isCancelled: true },
    );
    await eventually(async () => (await stage.shop.shelf(sku)) === '5/0/0');
    const list = await operate('list');
    assert.match(list, new RegExp(`${order.id} +authorized +2000 minor units EUR`));
    assert.match(list, /the undo of 'authorize payment' is parked since .*: .*400/);
    assert.match(list, /choices: mark-done, retry, skip/);

    await voidByHand(stage, order.id);
    const words = ['resolve', order.id, 'authorize payment', 'mark-done', ...because];
    assert.match(await operate(...words), /as operator action \d+, and the run goes on/);
    await requireEnd(order, 'cancelled');
    await audit(stage.parties, order, 'cancelled');
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    assert.match(await operate('show', order.id), /ann: mark-done the undo of 'authorize payment'/);
    assert.match(await complaint(...words), /is not parked: it may have succeeded meanwhile/);
    await requireResetChangesNothing(order);
  });

  it('because its parcel can never be sent, is made good when the shipment is refused', async () => {
    const { order, sku } = await parked('request shipment', { carrier: { request: rejected } });
    const wrong = ['resolve', order.id, 'request shipment', 'skip', ...because];
    assert.match(await complaint(...wrong), /choices: mark-done, refuse, retry/);
    await operate('resolve', order.id, 'request shipment', 'refuse', ...because);
    await requireEnd(order, 'refunded');
    assert.equal((await stage.shop.row(order.id)).reason, 'address-refused');
    assert.equal(await stage.shop.shelf(sku), '5/0/0');
    await audit(stage.parties, order, 'refunded');
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    await requireResetChangesNothing(order);
  });

  it('because its parcel went out by hand, completes with the number that it is given', async () => {
    const { order, sku } = await parked('request shipment', { carrier: { request: rejected } });
    const words = ['resolve', order.id, 'request shipment', 'mark-done', ...because];
    assert.match(await complaint(...words), /without its trackingNumber/);
    await operate(...words, '--tracking-number', 'BY-HAND-1');
    await requireEnd(order, 'completed');
    assert.equal(await stage.shop.shelf(sku), '3/0/2');
    const result: unknown = await stage.client.workflow.getHandle(order.id).result();
    assert.deepEqual(result, { status: 'completed', trackingNumber: 'BY-HAND-1' });
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    await requireResetChangesNothing(order);
  });

  it('because its receipt cannot be delivered, completes without it when that is skipped', async () => {
    const { order } = await parked('send receipt', { mail: { send: { fault: 'decline' } } });
    await operate('resolve', order.id, 'send receipt', 'skip', ...because);
    await requireEnd(order, 'completed');
    await requireResetChangesNothing(order);
  });

  it('because it cannot be refunded while it is made good, ends when that was done by hand', async () => {
    const broken = { carrier: { request: rejected }, gateway: { refund: rejected } };
    const { order } = await parked('request shipment', broken);
    await operate('resolve', order.id, 'request shipment', 'refuse', ...because);
    await eventually(async () => (await queueOf(order.id)).includes('refund payment'));
    await refundByHand(stage, order.id);
    await operate('resolve', order.id, 'refund payment', 'mark-done', ...because);
    await eventually(async () => isEnded((await stage.shop.row(order.id)).status as OrderStatus));
    await stage.client.workflow.getHandle(order.id).result();
    await stage.tidy();
    await audit(stage.parties, order, 'refunded');
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    await requireResetChangesNothing(order);
  });

  it('goes on by itself as soon as its trouble passes, and nobody can resolve it any more', async () => {
    const { order } = await parked('request shipment', { carrier: { request: rejected } });
    await stage.tidy();
    await requireEnd(order, 'completed');
    assert.equal((await decide(order, 'request shipment', 'refuse')).state, 'not-parked');
    await audit(stage.parties, order, 'completed');
  });

  it('finds what was decided also when nobody wakes it', async () => {
    const { order } = await parked('request shipment', { carrier: { request: rejected } });
    assert.equal((await decide(order, 'request shipment', 'refuse')).state, 'resolved');
    await requireEnd(order, 'refunded');
    await audit(stage.parties, order, 'refunded');
  });

  it('is decided once, however many operators decide about it at the same moment', async () => {
    const { order } = await parked('request shipment', { carrier: { request: rejected } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => decide(order, 'request shipment', 'refuse')),
    );
    const resolved = answers.filter(({ state }) => state === 'resolved');
    assert.equal(resolved.length, 1);
    await requireEnd(order, 'refunded');
    assert.equal((await desk().show(order.id))?.actions.length, 1);
  });

  it('is not undone because of a bug before the pivot, and can still be cancelled', async () => {
    const { order, sku } = await parked('authorize payment', { gateway: { create: rejected } });
    assert.equal(await stage.shop.shelf(sku), '3/2/0', 'its goods are still held');
    await stage.deps.book.beginUnwind(order.id, 'cancelled');
    await stage.sagas.cancelCheckout(order.id);
    await requireEnd(order, 'cancelled');
    assert.equal(await stage.shop.shelf(sku), '5/0/0');
    await audit(stage.parties, order, 'cancelled');
  });

  it('because its payment cannot be authorized, is rejected when that is refused', async () => {
    const { order, sku } = await parked('authorize payment', { gateway: { create: rejected } });
    await operate('resolve', order.id, 'authorize payment', 'refuse', ...because);
    await requireEnd(order, 'rejected');
    assert.equal((await stage.shop.row(order.id)).reason, 'payment-declined');
    assert.equal(await stage.shop.shelf(sku), '5/0/0');
    await audit(stage.parties, order, 'rejected');
    await requireResetChangesNothing(order);
  });

  it('for its capture waits for the gateway, whatever an operator says', async () => {
    const { order } = await parked('capture payment', { gateway: { capture: rejected } });
    for (const action of ['mark-done', 'skip', 'refuse'] as const) {
      const answer = await decide(order, 'capture payment', action);
      assert.deepEqual(answer, { state: 'not-a-choice', choices: ['retry'] });
    }
    await stage.tidy();
    await operate('resolve', order.id, 'capture payment', 'retry', ...because);
    await requireEnd(order, 'completed');
    await audit(stage.parties, order, 'completed');
  });

  it('is complained about in words when the command makes no sense', async () => {
    const { order } = await parked('request shipment', { carrier: { request: rejected } });
    const nobody = ['resolve', 'ord_nobody', 'request shipment', 'refuse', ...because];
    assert.match(await complaint(...nobody), /there is no order or refund ord_nobody/);
    const silent = ['resolve', order.id, 'request shipment', 'refuse', '--by', 'ann'];
    assert.match(await complaint(...silent), /--why is missing/);
    assert.match(await complaint('resolve', order.id), /^usage: /);
    assert.equal((await desk().show(order.id))?.actions.length, 0);
    await stage.tidy();
    await operate('resolve', order.id, 'request shipment', 'retry', ...because);
    await requireEnd(order, 'completed');
  });
});

const effectsOf = async (url: string, id: OrderId) =>
  (await readBook(url)).filter(({ orderId, kind }) => orderId === id && kind === 'effect');

const voidByHand = (stage: Stage, id: OrderId) =>
  byHand(stage, id, (intent) => [`payment_intents/${intent}/cancel`, {}]);
const refundByHand = (stage: Stage, id: OrderId) =>
  byHand(stage, id, (intent) => ['refunds', { payment_intent: intent }]);

/** What the gateway's own people do at their dashboard, whatever ails its API. */
async function byHand(
  { shop, parties }: Stage,
  id: OrderId,
  call: (intent: string) => readonly [path: string, fields: Record<string, string>],
): Promise<void> {
  const { rows } = await shop.pool.query<{ intent: string }>(
    'SELECT intent_id AS intent FROM payment WHERE order_id = $1',
    [id],
  );
  const [path, fields] = call(rows[0]?.intent ?? assert.fail('there is no intent'));
  const response = await fetch(`${parties.gatewayUrl}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_dashboard', 'idempotency-key': `by hand: ${id}` },
    body: new URLSearchParams(fields),
  });
  assert.equal(response.status, 200, await response.text());
}
