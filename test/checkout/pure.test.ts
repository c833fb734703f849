/** The sagas are plain functions: they run on any runtime, here on one without Temporal. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { runSaga } from '../../src/saga/index.ts';
import { checkoutSaga } from '../../src/workflows/checkout.ts';
import { refundSaga } from '../../src/workflows/refund.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { complete, requested } from '../support/refunds.ts';
import { createWorld } from '../saga/world.ts';
import { createShop } from '../support/shop.ts';
import type { OrderChange, Shop } from '../support/shop.ts';

describe('the checkout saga without Temporal', () => {
  let shop: Shop;
  let outside: RunningParties;
  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
    await shop.stock('MUG', 5);
  });
  after(async () => {
    await outside.close();
    await shop.close();
  });

  const run = async (change?: OrderChange) => {
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }], change);
    const act = createActivities(outside.deps);
    const world = createWorld();
    const result = await runSaga(
      (saga) => checkoutSaga(saga, act, order),
      {
        beginUnwind: (reason) => act.beginUnwind(order, reason),
        close: () => act.closeOrder(order),
      },
      world,
    );
    return { result, steps: world.progress().map(({ step, state }) => `${step}: ${state}`) };
  };

  it('completes, and says so step by step', async () => {
    const { result, steps } = await run();
    assert.equal(result.status, 'completed');
    assert.deepEqual(steps, [
      'reserve stock: done',
      'authorize payment: done',
      'capture payment: done',
      'request shipment: done',
      'send receipt: done',
    ]);
  });

  it('is declined, and tells what was undone', async () => {
    const { result, steps } = await run({ paymentMethod: 'pm_card_chargeDeclined' });
    assert.deepEqual(result, { status: 'rejected', reason: 'payment-declined' });
    assert.deepEqual(steps, [
      'reserve stock: undone',
      'authorize payment: undone',
      'begin to unwind: done',
      'close: done',
    ]);
  });

  it('is made good', async () => {
    const { result, steps } = await run({ postalCode: '00000' });
    assert.deepEqual(result, { status: 'refunded', reason: 'address-refused' });
    assert.deepEqual(steps.slice(3), [
      'request shipment: refused',
      'cancel shipment: done',
      'refund payment: done',
      'restock: done',
      'close: done',
    ]);
  });

  it('pays a refund back although its run is cancelled before it has begun', async () => {
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    const act = createActivities(outside.deps);
    await complete(act, order);
    const refund = await requested(createRefundStore(shop.pool), order);
    const world = createWorld();
    world.cancel();
    const result = await runSaga(
      (saga) => refundSaga(saga, act, refund),
      {
        beginUnwind: () => act.refundGate(refund),
        close: () => Promise.resolve({ status: 'failed' as const }),
      },
      world,
    );
    assert.deepEqual(result, { status: 'succeeded' });
    assert.equal((await shop.row(order.id)).status, 'refunded');
  });
});
