/** Orders captured at shipment whose authorization ends before they are shipped, on a real Temporal server. */
import assert from 'node:assert/strict';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { eventually } from '../api/harness.ts';
import { auditEntries } from '../support/audit.ts';
import { cancel, done, ended, money, parked, waiting } from '../support/later-stage.ts';
import { shippingOf } from '../support/shipments.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

// Long enough for a busy machine to ship in, short enough to wait for.
const HELD_MS = 8_000;
const MARGIN_MS = 4_000;

describe('an order whose authorization ends before it is shipped', () => {
  let stage: Stage;
  const orders = new Map<string, OrderFacts>();
  const orderOf = (sku: string) => orders.get(sku) ?? assert.fail();
  // They wait side by side.
  before(async () => {
    stage = await createStage(undefined, { authorizationMs: HELD_MS, marginMs: MARGIN_MS });
    const wanted = [['PART', 2] as const, ['AGAIN', 1] as const, ['TWICE', 1] as const];
    const place = async ([sku, quantity]: readonly [string, number]) => {
      orders.set(sku, await waiting(stage, sku, quantity));
    };
    await Promise.all(wanted.map(place));
    const order = orderOf('PART');
    await shippingOf(stage.shop.pool, order, [{ sku: 'PART', quantity: 1 }]);
    await stage.sagas.hearPayment(order.id);
  });
  after(() => stage.close());

  it('is held once more, never twice at once, and shipped', async () => {
    const order = orderOf('AGAIN');
    await eventually(async () => (await money(stage, order)).authorized === 2_000);
    await shippingOf(stage.shop.pool, order);
    await ended(stage, order);
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    assert.deepEqual(await done(stage, order), [
      ...['created', 'authorized', 'canceled', 'created', 'authorized', 'captured', 'shipped'],
    ]);
    await auditEntries(stage.parties, stage.shop.pool, order.id);
  });

  it('waits for an operator when that ends too, and can be cancelled', async () => {
    const order = orderOf('TWICE');
    await parked(stage, order, 'await shipment 1');
    await cancel(stage, order);
    await ended(stage, order);
    assert.equal((await stage.shop.row(order.id)).status, 'cancelled');
    assert.equal(await stage.shop.shelf('TWICE'), '10/0/0');
    const { authorized, captured, canceled } = await money(stage, order);
    assert.deepEqual([authorized - canceled, captured], [0, 0]);
  });

  it('partly shipped is not held once more: an operator ends it with what was shipped', async () => {
    const order = orderOf('PART');
    await parked(stage, order, 'await shipment 2');
    const why = { operator: 'Grace', why: 'the rest is out of print' };
    const decision = {
      sagaId: order.id,
      step: 'await shipment 2',
      action: 'refuse',
      ...why,
    } as const;
    assert.equal((await createOperatorsDesk(stage.shop.pool).resolve(decision)).state, 'resolved');
    await ended(stage, order);
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    const { authorized, captured, canceled } = await money(stage, order);
    assert.deepEqual([authorized, captured, canceled], [2_000, 1_000, 1_000]);
    assert.equal(await stage.shop.shelf('PART'), '9/0/1');
  });
});
