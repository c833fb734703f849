/** A shop whose orders are sold and refunded at the real parties outside, without Temporal. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { sendDueMails } from '../../src/activities/notifications.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { classify } from '../../src/saga/index.ts';
import { startParties } from './parties.ts';
import { complete } from './refunds.ts';
import { createShop, TENANT } from './shop.ts';
import type { OrderChange } from './shop.ts';

export type RefundScene = Awaited<ReturnType<typeof createRefundScene>>;

export async function createRefundScene() {
  const shop = await createShop();
  const outside = await startParties(shop);
  const act = createActivities(outside.deps);
  const store = createRefundStore(shop.pool);
  let orders = 0;
  return {
    shop,
    outside,
    act,
    store,
    gatewayUrl: outside.parties.gatewayUrl,
    /** Two units at 10.00 EUR of a SKU that has five. */
    async sold(change?: OrderChange): Promise<OrderFacts & { readonly sku: string }> {
      const sku = `SKU-${(orders += 1)}`;
      await shop.stock(sku, 5);
      const order = await shop.order([{ sku, quantity: 2 }], change);
      await complete(act, order);
      return { ...order, sku };
    },
    /** Sends it, and retries as the engine would. */
    insist: async (refund: RefundFacts): Promise<string> => {
      for (;;) {
        try {
          await act.sendRefund(refund);
          return 'succeeded';
        } catch (error) {
          const wrong = classify(error);
          if (wrong.kind === 'refusal') return wrong.code;
          if (wrong.kind !== 'failure' && wrong.kind !== 'pending') throw error;
        }
      }
    },
    shown: async ({ id, orderId }: RefundFacts) => (await store.find(TENANT, orderId, id))?.status,
    /** What our own book says went back, and how many refunds the gateway was asked for. */
    async booked({ id }: OrderFacts) {
      const { rows } = await shop.pool.query<{ payment: bigint; entries: string; asked: bigint }>(
        `SELECT p.refunded AS payment, sum(e.refunded) AS entries,
           count(*) FILTER (WHERE e.operation = 'refund' AND e.kind = 'requested') AS asked
         FROM payment p JOIN payment_entry e USING (order_id)
         WHERE p.order_id = $1 GROUP BY p.refunded`,
        [id],
      );
      const [row] = rows;
      assert.equal(row?.entries, row?.payment.toString(), 'the entries add up to the payment');
      return { refunded: Number(row?.payment), asked: Number(row?.asked) };
    },
    async mailsOf({ id }: OrderFacts) {
      await sendDueMails(createOutbox(shop.pool), outside.deps.mailer, (_, error) => {
        throw error;
      });
      const answer = await fetch(`${outside.parties.mailUrl}/mails?orderId=${id}`);
      return (await answer.json()) as { messageId: string; text: string }[];
    },
    async close() {
      await outside.close();
      await shop.close();
    },
  };
}
