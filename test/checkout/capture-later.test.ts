/**
 * Orders that are captured at shipment, on a real Temporal server: whole and in parts, with answers lost;
 * each is judged from the gateway's and the carrier's own books.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import type { OrderFacts, OrderLine } from '../../src/domain/order.ts';
import { PAYMENT_HEARD } from '../../src/workflows/contract.ts';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { cancel, done, effects, ended, money, parked, waiting } from '../support/later-stage.ts';
import { askToShip, lapseSecond, laterOrder, shippingOf } from '../support/shipments.ts';
import { TENANT } from '../support/shop.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { recordStatements } from '../support/statements.ts';

describe('an order that is captured at shipment', () => {
  let stage: Stage;
  before(async () => (stage = await createStage()));
  after(() => stage.close());
  scenes(() => stage);

  it('is shipped whole by one shipment, with counted round trips', async () => {
    const order = await waiting(stage, 'WHOLE', 2);
    const statements = recordStatements(stage.shop.pool, ['lease_mails']);
    await shippingOf(stage.shop.pool, order);
    await ended(stage, order);
    const since = statements.slice(statements.indexOf('ask_for_shipment'));
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    await audit(stage.parties, order, 'completed');
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    assert.deepEqual(await done(stage, order), ['created', 'authorized', 'captured', 'shipped']);
    assert.deepEqual(since, [
      ...['ask_for_shipment', 'next_shipment', 'begin_part', 'record_part'],
      ...['begin_part_capture', 'record_part_capture', 'begin_receipt', 'record_receipt'],
    ]);
  });

  it('is split in three, and captured as it is shipped', async () => {
    const order = await waiting(stage, 'THREE', 3);
    const line = { sku: 'THREE', quantity: 1 };
    for (const number of [1, 2, 3]) {
      await shippingOf(stage.shop.pool, order, number === 3 ? undefined : [line]);
      await stage.sagas.hearPayment(order.id);
      await eventually(async () => {
        const events = await stage.shop.events(order.id);
        return events.filter((type) => type === 'shipment.shipped').length === number;
      });
    }
    await ended(stage, order);
    const store = createOrderStore(stage.shop.pool);
    const shown = await store.find(TENANT, order.id);
    assert.equal(shown?.status, 'completed');
    assert.deepEqual(
      shown.shipments?.map(({ status, amount }) => `${status} ${amount.value}`),
      ['shipped 1000', 'shipped 1000', 'shipped 1000'],
    );
    assert.equal(await stage.shop.shelf('THREE'), '7/0/3');
    await auditEntries(stage.parties, stage.shop.pool, order.id);
    const captures = (await effects(stage, order)).filter(({ effect }) => effect === 'captured');
    assert.deepEqual(
      captures.map(({ key }) => key),
      [1, 2, 3].map((number) => `${order.id}:capture:${number}`),
    );
    assert.deepEqual((await stage.shop.events(order.id)).slice(3), [
      ...['shipment.requested', 'order.paid', 'shipment.shipped'],
      ...['shipment.requested', 'shipment.shipped', 'shipment.requested', 'shipment.shipped'],
      ...['order.shipped', 'order.completed'],
    ]);
  });

  it('is shipped no more than once, and not before its money is held', async () => {
    const order = await waiting(stage, 'MORE', 2);
    const two = [{ sku: 'MORE', quantity: 2 }];
    const [first, second] = await Promise.all([
      askToShip(stage.shop.pool, order, two),
      askToShip(stage.shop.pool, order, two),
    ]);
    assert.deepEqual([first.state, second.state].sort(), ['exceeds-lines', 'requested']);
    await ended(stage, order);
    assert.equal((await askToShip(stage.shop.pool, order)).state, 'not-shippable');
    const early = await laterOrder(stage.shop, [{ sku: 'MORE', quantity: 1 }]);
    assert.equal((await askToShip(stage.shop.pool, early)).state, 'not-shippable');
  });

  it('whose answers are lost, each of them, is captured once for each shipment', async () => {
    const order = await waiting(stage, 'LOST', 2);
    for (const captured of [1_000, 2_000]) {
      await stage.breakParties({
        gateway: { capture: { fault: 'fail-after-effect', times: 1 } },
        carrier: { request: { fault: 'fail-after-effect', times: 1 } },
      });
      await shippingOf(stage.shop.pool, order, [{ sku: 'LOST', quantity: 1 }]);
      await stage.sagas.hearPayment(order.id);
      await eventually(async () => (await money(stage, order)).captured === captured);
    }
    await ended(stage, order);
    assert.deepEqual(
      (await done(stage, order)).filter((effect) => effect === 'captured' || effect === 'shipped'),
      ['captured', 'captured', 'shipped', 'shipped'],
    );
    await auditEntries(stage.parties, stage.shop.pool, order.id);
  });

  it('calls a later parcel back that nobody pays for, and ends with what was shipped', async () => {
    const order = await waiting(stage, 'UNPAID', 2);
    const ship = async (lines?: OrderLine[]) => {
      await shippingOf(stage.shop.pool, order, lines);
      await stage.sagas.hearPayment(order.id);
    };
    await ship([{ sku: 'UNPAID', quantity: 1 }]);
    await eventually(async () => (await money(stage, order)).captured === 1_000);
    const { pool } = stage.shop;
    stage.beforeStep('capturePart', () => lapseSecond(pool, stage.deps.gateway, order));
    await ship();
    await parked(stage, order, 'await shipment 3');
    const words = { operator: 'Grace', why: 'nobody pays for it' };
    const decision = { sagaId: order.id, step: 'await shipment 3', action: 'refuse' } as const;
    await createOperatorsDesk(pool).resolve({ ...decision, ...words });
    await ended(stage, order);
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    assert.equal(await stage.shop.shelf('UNPAID'), '9/0/1');
    const parcels = (await done(stage, order)).filter((effect) =>
      /^(shipped|cancelled)$/.test(effect),
    );
    assert.deepEqual(parcels, ['shipped', 'shipped', 'cancelled']);
    await auditEntries(stage.parties, pool, order.id);
  });

  it('is refused its address before anything is captured, so nothing is refunded', async () => {
    const order = await waiting(stage, 'NOWHERE', 1, { postalCode: '00000' });
    await shippingOf(stage.shop.pool, order);
    await ended(stage, order);
    const { status, reason } = await stage.shop.row(order.id);
    assert.deepEqual({ status, reason }, { status: 'rejected', reason: 'address-refused' });
    assert.deepEqual(await money(stage, order), {
      authorized: 1_000,
      captured: 0,
      canceled: 1_000,
    });
    assert.equal(await stage.shop.shelf('NOWHERE'), '10/0/0');
  });

  it('is told of its shipment also in a run that was reset, and moves nothing twice', async () => {
    const order = await waiting(stage, 'RESET', 1);
    await shippingOf(stage.shop.pool, order);
    await ended(stage, order);
    const before = await effects(stage, order);
    const runId = await resetToItsBegin(stage, order);
    const again = stage.client.workflow.getHandle(order.id, runId);
    await again.result();
    const { events } = await again.fetchHistory();
    const signals = events?.flatMap(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? [],
    );
    assert.deepEqual(signals, [PAYMENT_HEARD]);
    assert.deepEqual(await effects(stage, order), before);
  });

  it('goes on when the carrier was down for longer than a checkout waits', async () => {
    const order = await waiting(stage, 'DOWN', 1);
    await stage.breakParties({ carrier: { request: { fault: 'fail-before', times: 4 } } });
    await shippingOf(stage.shop.pool, order);
    await ended(stage, order);
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    await audit(stage.parties, order, 'completed');
  });
});

/** Cancels, at each moment that there is. */
function scenes(stage: () => Stage): void {
  it('is cancelled while it waits', async () => {
    const order = await waiting(stage(), 'CALLED', 1);
    await cancel(stage(), order);
    await ended(stage(), order);
    assert.equal((await stage().shop.row(order.id)).status, 'cancelled');
    await audit(stage().parties, order, 'cancelled');
  });

  it('calls its parcel back when it is cancelled before the first capture', async () => {
    const order = await waiting(stage(), 'BACK', 1);
    stage().beforeStep('capturePart', () => cancel(stage(), order));
    await shippingOf(stage().shop.pool, order);
    await ended(stage(), order);
    assert.equal((await stage().shop.row(order.id)).status, 'cancelled');
    await audit(stage().parties, order, 'cancelled');
    assert.ok((await done(stage(), order)).includes('shipped'));
  });

  it('is captured or cancelled, and never both, when the two race', async () => {
    const order = await waiting(stage(), 'RACE', 1);
    await shippingOf(stage().shop.pool, order);
    await Promise.all([
      stage().sagas.hearPayment(order.id),
      cancel(stage(), order),
      stage().client.workflow.getHandle(order.id).result(),
    ]);
    await stage().tidy();
    await audit(stage().parties, order, (await stage().shop.row(order.id)).status);
  });
}

/** As an operator does it in the Temporal UI; answers which run goes on. */
async function resetToItsBegin({ client }: Stage, { id }: OrderFacts): Promise<string> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: id },
    reason: 'a test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first?.eventId ?? null,
  });
  return runId;
}
