/**
 * Orders that cannot go on by themselves, and operators who finish them with their command: on a
 * real Temporal server, judged from the books of the parties outside.
 */
import assert from 'node:assert/strict';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { createParkedScene, refundByHand, voidByHand } from '../support/parked.ts';

const because = ['--by', 'ann', '--why', 'she has called them'];
const rejected = { fault: 'reject' } as const;

describe('an order that needs an operator', () => {
  let scene: Awaited<ReturnType<typeof createParkedScene>>;
  // Parked, it is tried so rarely that only a word to the run ends the wait in time.
  before(async () => (scene = await createParkedScene({ slowestRetryMs: 600_000 })));
  after(() => scene.stage.close());

  it('because the gateway refuses its void for good, ends when that is marked as done', async () => {
    const deaf = { cancel: rejected, retrieve: rejected };
    const { order, sku } = await scene.parked(
      'authorize payment',
      { gateway: deaf },
      { isCancelled: true },
    );
    await eventually(async () => (await scene.stage.shop.shelf(sku)) === '5/0/0');
    const list = await scene.operate('list');
    assert.match(list, new RegExp(`${order.id} +authorized +2000 minor units EUR`));
    assert.match(list, /the undo of 'authorize payment' is parked since .*: .*400/);
    assert.match(list, /choices: mark-done, retry, skip/);

    await voidByHand(scene.stage, order.id);
    const words = ['resolve', order.id, 'authorize payment', 'mark-done', ...because];
    assert.match(await scene.operate(...words), /as operator action \d+, and the run goes on/);
    await scene.requireEnd(order, 'cancelled');
    await audit(scene.stage.parties, order, 'cancelled');
    await auditEntries(scene.stage.parties, scene.stage.shop.pool, order.id);
    assert.match(
      await scene.operate('show', order.id),
      /ann: mark-done the undo of 'authorize payment'/,
    );
    assert.match(await scene.complaint(...words), /is not parked: it may have succeeded meanwhile/);
    await scene.requireResetChangesNothing(order);
  });

  it('because its parcel can never be sent, is made good when the shipment is refused', async () => {
    const { order, sku } = await scene.parked('request shipment', {
      carrier: { request: rejected },
    });
    const wrong = ['resolve', order.id, 'request shipment', 'skip', ...because];
    assert.match(await scene.complaint(...wrong), /choices: mark-done, refuse, retry/);
    await scene.operate('resolve', order.id, 'request shipment', 'refuse', ...because);
    await scene.requireEnd(order, 'refunded');
    assert.equal((await scene.stage.shop.row(order.id)).reason, 'address-refused');
    assert.equal(await scene.stage.shop.shelf(sku), '5/0/0');
    await audit(scene.stage.parties, order, 'refunded');
    await auditEntries(scene.stage.parties, scene.stage.shop.pool, order.id);
    await scene.requireResetChangesNothing(order);
  });

  it('because its parcel went out by hand, completes with the number that it is given', async () => {
    const { order, sku } = await scene.parked('request shipment', {
      carrier: { request: rejected },
    });
    const words = ['resolve', order.id, 'request shipment', 'mark-done', ...because];
    assert.match(await scene.complaint(...words), /without its trackingNumber/);
    await scene.operate(...words, '--tracking-number', 'BY-HAND-1');
    await scene.requireEnd(order, 'completed');
    assert.equal(await scene.stage.shop.shelf(sku), '3/0/2');
    const result: unknown = await scene.stage.client.workflow.getHandle(order.id).result();
    assert.deepEqual(result, { status: 'completed', trackingNumber: 'BY-HAND-1' });
    await auditEntries(scene.stage.parties, scene.stage.shop.pool, order.id);
    await scene.requireResetChangesNothing(order);
  });

  it('because its receipt cannot be delivered, completes without it when that is skipped', async () => {
    const { order } = await scene.parked('send receipt', { mail: { send: { fault: 'decline' } } });
    await scene.operate('resolve', order.id, 'send receipt', 'skip', ...because);
    await scene.requireEnd(order, 'completed');
    await scene.requireResetChangesNothing(order);
  });

  it('because it cannot be refunded while it is made good, ends when that was done by hand', async () => {
    const broken = { carrier: { request: rejected }, gateway: { refund: rejected } };
    const { order } = await scene.parked('request shipment', broken);
    await scene.operate('resolve', order.id, 'request shipment', 'refuse', ...because);
    await eventually(() => scene.isParked(order.id, 'refund payment'));
    await refundByHand(scene.stage, order.id);
    await scene.operate('resolve', order.id, 'refund payment', 'mark-done', ...because);
    await scene.requireEnd(order, 'refunded', 2);
    await audit(scene.stage.parties, order, 'refunded');
    await auditEntries(scene.stage.parties, scene.stage.shop.pool, order.id);
    await scene.requireResetChangesNothing(order);
  });

  it('is not undone because of a bug before the pivot, and can still be cancelled', async () => {
    const { order, sku } = await scene.parked('authorize payment', {
      gateway: { create: rejected },
    });
    assert.equal(await scene.stage.shop.shelf(sku), '3/2/0', 'its goods are still held');
    await scene.stage.deps.book.beginUnwind(order.id, 'cancelled');
    await scene.stage.sagas.cancelCheckout(order.id);
    await scene.requireEnd(order, 'cancelled');
    assert.equal(await scene.stage.shop.shelf(sku), '5/0/0');
    await audit(scene.stage.parties, order, 'cancelled');
  });

  it('because its payment cannot be authorized, is rejected when that is refused', async () => {
    const { order, sku } = await scene.parked('authorize payment', {
      gateway: { create: rejected },
    });
    await scene.operate('resolve', order.id, 'authorize payment', 'refuse', ...because);
    await scene.requireEnd(order, 'rejected');
    assert.equal((await scene.stage.shop.row(order.id)).reason, 'payment-declined');
    assert.equal(await scene.stage.shop.shelf(sku), '5/0/0');
    await audit(scene.stage.parties, order, 'rejected');
    await scene.requireResetChangesNothing(order);
  });

  it('for its capture waits for the gateway, whatever an operator says', async () => {
    const { order } = await scene.parked('capture payment', { gateway: { capture: rejected } });
    for (const action of ['mark-done', 'skip', 'refuse'] as const) {
      const answer = await scene.decide(order, 'capture payment', action);
      assert.deepEqual(answer, { state: 'not-a-choice', choices: ['retry'] });
    }
    await scene.stage.tidy();
    await scene.operate('resolve', order.id, 'capture payment', 'retry', ...because);
    await scene.requireEnd(order, 'completed');
    await audit(scene.stage.parties, order, 'completed');
  });

  it('is complained about in words when the command makes no sense', async () => {
    const { order } = await scene.parked('request shipment', { carrier: { request: rejected } });
    const nobody = ['resolve', 'ord_nobody', 'request shipment', 'refuse', ...because];
    assert.match(await scene.complaint(...nobody), /there is no order or refund ord_nobody/);
    const silent = ['resolve', order.id, 'request shipment', 'refuse', '--by', 'ann'];
    assert.match(await scene.complaint(...silent), /--why is missing/);
    assert.match(await scene.complaint('resolve', order.id), /^usage: /);
    assert.equal((await scene.desk.show(order.id))?.actions.length, 0);
    await scene.stage.tidy();
    await scene.operate('resolve', order.id, 'request shipment', 'retry', ...because);
    await scene.requireEnd(order, 'completed');
  });
});

describe('an order of which a step is parked', () => {
  let scene: Awaited<ReturnType<typeof createParkedScene>>;
  before(async () => (scene = await createParkedScene()));
  after(() => scene.stage.close());

  it('goes on by itself as soon as its trouble passes, and nobody can resolve it any more', async () => {
    const { order } = await scene.parked('request shipment', { carrier: { request: rejected } });
    await scene.stage.tidy();
    await scene.requireEnd(order, 'completed');
    assert.equal((await scene.decide(order, 'request shipment', 'refuse')).state, 'not-parked');
    await audit(scene.stage.parties, order, 'completed');
  });

  it('finds what was decided also when nobody wakes it', async () => {
    const { order } = await scene.parked('request shipment', { carrier: { request: rejected } });
    assert.equal((await scene.decide(order, 'request shipment', 'refuse')).state, 'resolved');
    await scene.requireEnd(order, 'refunded');
    await audit(scene.stage.parties, order, 'refunded');
  });

  it('is decided once, however many operators decide about it at the same moment', async () => {
    const { order } = await scene.parked('request shipment', { carrier: { request: rejected } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => scene.decide(order, 'request shipment', 'refuse')),
    );
    const resolved = answers.filter(({ state }) => state === 'resolved');
    assert.equal(resolved.length, 1);
    await scene.requireEnd(order, 'refunded');
    assert.equal((await scene.desk.show(order.id))?.actions.length, 1);
  });
});
