/**
 * A gateway that moves another amount than it was asked for is never believed; and "not yet" proves
 * nothing: neither that the money was taken, nor that it never will be.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { Intent, PaymentGateway } from '../../src/activities/ports.ts';
import { classify } from '../../src/saga/index.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

describe('a gateway', () => {
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

  /** The same gateway, which does what it is asked for, and says something else. */
  const answering = (
    operation: 'confirmIntent' | 'captureIntent',
    told: (intent: Intent) => Intent,
  ): PaymentGateway => ({
    ...outside.deps.gateway,
    [operation]: async (...args: Parameters<PaymentGateway['confirmIntent']>): Promise<Intent> =>
      told(await outside.deps.gateway[operation](...args)),
  });
  const short = (intent: Intent): Intent => ({
    ...intent,
    capturableMinor: intent.capturableMinor - 1n,
    capturedMinor: intent.capturedMinor - 1n,
  });
  const notYet = (intent: Intent): Intent => ({ ...intent, status: 'processing' });
  const isFailure = (error: unknown) => classify(error).kind === 'failure';
  const isPending = (error: unknown) => classify(error).kind === 'pending';
  const kindOf = (error: unknown) => classify(error).kind === 'bug';

  it('is a bug when it holds another amount, and the order stays where it was', async () => {
    const gateway = answering('confirmIntent', short);
    const act = createActivities({ ...outside.deps, gateway });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await assert.rejects(act.authorizePayment(order), kindOf);
    assert.equal((await shop.row(order.id)).status, 'reserved');
  });

  it('is a bug when it takes another amount, and the order is not paid', async () => {
    const act = createActivities({ ...outside.deps, gateway: answering('captureIntent', short) });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await assert.rejects(act.capturePayment(order), kindOf);
    const { status, gate } = await shop.row(order.id);
    assert.deepEqual([status, gate], ['authorized', 'committing']);
  });

  it('is a bug when it gives back another amount, and the refund is not written down', async () => {
    const { deps } = outside;
    const gateway: PaymentGateway = {
      ...deps.gateway,
      async refundIntent(refund, call) {
        const made = await deps.gateway.refundIntent(refund, call);
        const { amountMinor } = made.amount;
        return { ...made, amount: { ...made.amount, amountMinor: amountMinor - 1n } };
      },
    };
    const act = createActivities({ ...deps, gateway });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await act.capturePayment(order);
    await deps.book.recordShipmentRefused(order.id, 'nowhere');
    await assert.rejects(act.refundPayment(order), kindOf);
    const { rows } = await shop.pool.query('SELECT state FROM refund WHERE order_id = $1', [
      order.id,
    ]);
    assert.deepEqual(rows, [{ state: 'requested' }]);
  });

  it('that says not yet to a capture is asked again, and the order is paid once it says so', async () => {
    const act = createActivities({ ...outside.deps, gateway: answering('captureIntent', notYet) });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await assert.rejects(act.capturePayment(order), isFailure);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['committing', 'authorized']);
    await act.capturePayment(order);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['committed', 'paid']);
  });

  it('that says not yet to a confirmation is waited for, and the order is not declined', async () => {
    const act = createActivities({ ...outside.deps, gateway: answering('confirmIntent', notYet) });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await assert.rejects(act.authorizePayment(order), isPending);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['forward', 'reserved']);
    await act.authorizePayment(order);
    assert.deepEqual(gateAndStatus(await shop.row(order.id)), ['forward', 'authorized']);
  });
});

function gateAndStatus({ gate, status }: Awaited<ReturnType<Shop['row']>>): unknown[] {
  return [gate, status];
}
