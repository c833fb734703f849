/** "Not yet" proves nothing: neither that the money was taken, nor that it never will be. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { Intent, PaymentGateway } from '../../src/activities/ports.ts';
import { classify } from '../../src/saga/index.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

describe('a gateway that says not yet', () => {
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

  /** Does what it is asked for, and says that it is still at it. */
  const slow = (operation: 'confirmIntent' | 'captureIntent'): PaymentGateway => ({
    ...outside.deps.gateway,
    [operation]: async (...args: Parameters<PaymentGateway['confirmIntent']>): Promise<Intent> => ({
      ...(await outside.deps.gateway[operation](...args)),
      status: 'processing',
    }),
  });
  const isFailure = (error: unknown) => classify(error).kind === 'failure';

  it('to a capture is asked again, and the order is paid once it says so', async () => {
    const act = createActivities({ ...outside.deps, gateway: slow('captureIntent') });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await assert.rejects(act.capturePayment(order), isFailure);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['committing', 'authorized']);
    await act.capturePayment(order);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['committed', 'paid']);
  });

  it('to a confirmation is asked again, and the order is not declined', async () => {
    const act = createActivities({ ...outside.deps, gateway: slow('confirmIntent') });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await assert.rejects(act.authorizePayment(order), isFailure);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['forward', 'reserved']);
    await act.authorizePayment(order);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['forward', 'authorized']);
  });
});

function gateAndStatus({ gate, status }: Awaited<ReturnType<Shop['row']>>): unknown[] {
  return [gate, status];
}
