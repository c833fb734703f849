/**
 * The reconciler as it runs: a real worker with its schedule, the sagas that settle, and captures that are
 * halted while orders go on. Judged from the gateway's own book.
 */
import assert from 'node:assert/strict';
import { createDifferencesDesk } from '../../src/adapters/postgres/differences-desk.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { reconcilerScheduleId } from '../../src/client/schedule.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import type { SagaClient } from '../../src/client/ports.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { eventually } from '../api/harness.ts';
import { audit, readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { installationOf } from '../support/reconcile-scene.ts';
import { service } from '../support/services.ts';
import { SHORT_BUDGETS } from '../support/stage.ts';

describe('a worker with a reconciler', function () {
  this.timeout(120_000);
  let stack: ProcessStack;
  let sagas: SagaClient;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 100);
    const { address } = await service('temporal');
    const { taskQueue } = stack;
    const budgets = SHORT_BUDGETS;
    sagas = connectSagaClient({ address, namespace: 'default', taskQueue, budgets });
    await stack.startWorker({ RECONCILE_SECONDS: '1', RECONCILE_TOLERANCE_SECONDS: '0.2' });
  });
  after(async () => {
    const id = reconcilerScheduleId(stack.taskQueue);
    await stack.client.schedule.getHandle(id).delete();
    await sagas.close();
    await stack.close();
  });

  const byHand = async (path: string, fields: Record<string, string> = {}) => {
    const response = await fetch(`${stack.parties.gatewayUrl}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_dashboard' },
      body: new URLSearchParams(fields),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const desk = () => createDifferencesDesk(stack.shop.pool);
  const place = async (): Promise<OrderFacts> => {
    const order = await stack.shop.order([{ sku: 'MUG', quantity: 1 }]);
    await sagas.startCheckout(order);
    return order;
  };
  const status = async ({ id }: OrderFacts) => (await stack.shop.row(id)).status;

  it('gives back what a vanished order has paid, under a key of the difference', async () => {
    const lost = `ord_${'0'.repeat(26)}`;
    const intent = await byHand('payment_intents', {
      amount: '1000',
      currency: 'eur',
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      'metadata[order_id]': lost,
      'metadata[installation_id]': await installationOf(stack.shop),
    });
    await byHand(`payment_intents/${intent}/confirm`);
    await byHand(`payment_intents/${intent}/capture`);
    const settled = async () => (await desk().differences({ state: 'settled', limit: 9 }))[0];
    await eventually(async () => (await settled()) !== undefined);
    const difference = (await settled()) ?? assert.fail('it is gone');
    assert.equal(difference.paymentId, intent);
    const refunds = (await readBook(stack.parties.gatewayUrl)).filter(
      ({ kind, effect }) => kind === 'effect' && effect === 'refunded',
    );
    assert.deepEqual(
      refunds.map(({ key, amount }) => [key, amount]),
      [[`${difference.id}:refund:1`, 1000]],
    );
    const handle = stack.client.workflow.getHandle(difference.id);
    assert.deepEqual(await handle.result(), { status: 'settled' });
  });

  it('lets orders wait while captures are halted, be cancelled, and go on by themselves', async () => {
    await desk().haltCaptures({ operator: 'ann', why: 'a test' });
    const [kept, given] = [await place(), await place()];
    const waits = async () => [await status(kept), await status(given)].join();
    await eventually(async () => (await waits()) === 'authorized,authorized');
    await createOrderBook(stack.shop.pool, () => undefined).beginUnwind(given.id, 'cancelled');
    await sagas.cancelCheckout(given.id);
    await eventually(async () => (await status(given)) === 'cancelled');
    assert.equal(await status(kept), 'authorized');
    await desk().resumeCaptures({ operator: 'ann', why: 'the test is over' });
    await eventually(async () => (await status(kept)) === 'completed');
    for (const [order, end] of [
      [kept, 'completed'],
      [given, 'cancelled'],
    ] as const) {
      await stack.client.workflow.getHandle(order.id).result();
      await eventually(() =>
        audit(stack.parties, order, end).then(
          () => true,
          () => false,
        ),
      );
      await audit(stack.parties, order, end);
    }
    assert.deepEqual(await desk().differences({ state: 'open', limit: 9 }), []);
  });
});
