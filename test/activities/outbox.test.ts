/** The mails of orders that did not complete. */
import assert from 'node:assert/strict';
import { sendDueMails } from '../../src/activities/notifications.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

const LEASE = 10;

describe('the outbox', () => {
  let shop: Shop;
  let outside: RunningParties;
  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
  });
  after(async () => {
    await outside.close();
    await shop.close();
  });

  it('tells everybody else when one mail is refused', async () => {
    await shop.stock('MUG', 1_000);
    for (let n = 0; n < 2 * LEASE; n += 1) await cancelled();
    await fetch(`${outside.parties.mailUrl}/control/faults`, {
      method: 'PUT',
      body: JSON.stringify({ send: { fault: 'decline', times: 1 } }),
    });
    const failed: OrderId[] = [];
    const outbox = createOutbox(shop.pool);
    const send = () =>
      sendDueMails(outbox, outside.deps.mailer, ({ orderId }) => failed.push(orderId));
    while ((await send()) > 0);

    assert.equal(failed.length, 1);
    const mails = (await (await fetch(`${outside.parties.mailUrl}/mails`)).json()) as unknown[];
    assert.equal(mails.length, 2 * LEASE - 1);
  });

  const cancelled = async (): Promise<void> => {
    const { book } = outside.deps;
    const { id } = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await book.beginUnwind(id, 'cancelled');
    await book.closeOrder(id);
  };
});
