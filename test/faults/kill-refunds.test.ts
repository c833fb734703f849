/** Refunds over HTTP to real processes, while the worker is killed for real: each is paid once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import { createActivities } from '../../src/activities/index.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { auditRefunds, complete, paidBack } from '../support/refunds.ts';

const ORDERS = 10;

describe('refunds while the worker is killed', function () {
  // A workflow task that died with its worker is tried again after Temporal's ten seconds.
  this.timeout(120_000);
  let stack: ProcessStack;
  let api: Running & { readonly url: string };
  let worker: Running;
  before(async () => {
    stack = await createProcessStack();
    [api, worker] = await Promise.all([stack.startApi(), stack.startWorker()]);
  });
  after(() => stack.close());

  const headers = () => ({
    Authorization: `Bearer ${stack.apiKey}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': randomUUID(),
  });
  /** An order of 20.00 EUR, completed; half of them at a bank that takes its time with refunds. */
  const sold = async (n: number): Promise<OrderFacts> => {
    const paymentMethod = n % 2 === 0 ? 'pm_card_visa' : 'pm_card_pendingRefund';
    const order = await stack.shop.order([{ sku: 'MUG', quantity: 2 }], { paymentMethod });
    const act = createActivities({
      book: createOrderBook(stack.shop.pool, () => undefined),
      gateway: createStripeGateway({
        secretKey: 'sk_test_standin',
        apiBase: stack.parties.gatewayUrl,
      }),
      carrier: {
        requestShipment: () => Promise.resolve({ trackingNumber: 'MG1' }),
        cancelShipment: () => Promise.resolve(),
      },
      mailer: { send: () => Promise.resolve() },
      timeLeftMs: () => 5_000,
    });
    await complete(act, order);
    return order;
  };
  const refund = async ({ id }: OrderFacts, body: object): Promise<string> => {
    const answer = await fetch(`${api.url}/v1/orders/${id}/refunds`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 202, await answer.clone().text());
    return ((await answer.json()) as { id: string }).id;
  };
  const settled = async ({ id }: OrderFacts, refundId: string): Promise<string> => {
    for (;;) {
      const url = `${api.url}/v1/orders/${id}/refunds/${refundId}`;
      const { status } = (await (await fetch(url, { headers: headers() })).json()) as {
        status: string;
      };
      if (status !== 'requested') return status;
      await delay(50);
    }
  };

  it('are each paid once, and end their orders', async () => {
    await stack.shop.stock('MUG', 100);
    const orders = await Promise.all(Array.from({ length: ORDERS }, (_, n) => sold(n)));
    const asking = Promise.all(
      orders.map(async (order) => [
        await refund(order, { amount: { value: '700', currency: 'EUR' } }),
        await refund(order, { lines: [{ sku: 'MUG', quantity: 1 }], restock: true }),
        await refund(order, {}),
      ]),
    );
    while ((await requests(stack)) < ORDERS) await delay(2);
    process.kill(-worker.pid, 'SIGKILL');
    const asked = await asking;
    const { rows } = await stack.shop.pool.query(`SELECT FROM refund WHERE state = 'requested'`);
    assert.ok(rows.length > 0, 'refunds were under way');
    worker = await stack.startWorker();

    for (const [n, order] of orders.entries()) {
      const ids = asked[n] ?? [];
      const statuses = await Promise.all(ids.map((id) => settled(order, id)));
      assert.deepEqual(statuses, ['succeeded', 'succeeded', 'succeeded']);
      const [part = '', line = '', rest = ''] = ids;
      const expected = { [part]: 700, [line]: 1000, [rest]: 300 };
      await auditRefunds(stack.parties.gatewayUrl, order.id, expected);
      assert.equal(await paidBack(stack.parties.gatewayUrl, order.id), 2000);
      assert.equal((await stack.shop.row(order.id)).status, 'refunded');
    }
    assert.equal(await stack.shop.shelf('MUG'), `${100 - ORDERS}/0/${ORDERS}`);
  });
});

/** How many refunds the gateway is about to be asked for, or has been. */
async function requests({ shop }: ProcessStack): Promise<number> {
  const { rows } = await shop.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM payment_entry WHERE operation = 'refund' AND kind = 'requested'`,
  );
  return rows[0]?.n ?? 0;
}
