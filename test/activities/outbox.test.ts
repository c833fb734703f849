/** The mails of orders that did not complete. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
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

  const received = async (): Promise<number> =>
    ((await (await fetch(`${outside.parties.mailUrl}/mails`)).json()) as unknown[]).length;
  const refuse = (times: number) =>
    fetch(`${outside.parties.mailUrl}/control/faults`, {
      method: 'PUT',
      body: JSON.stringify({ send: { fault: 'decline', times } }),
    });

  it('tells everybody else when one mail is refused, and that one long before its lease would end', async () => {
    await shop.stock('MUG', 1_000);
    for (let n = 0; n < 2 * LEASE; n += 1) await cancelled();
    await refuse(1);
    const failed: OrderId[] = [];
    const outbox = createOutbox(shop.pool);
    const send = () =>
      sendDueMails(outbox, outside.deps.mailer, ({ orderId }) => failed.push(orderId));
    await send();
    await send();
    assert.equal(failed.length, 1);
    assert.equal(await received(), 2 * LEASE - 1);
    assert.ok(Number(await pauseOf(failed[0])) <= 1, 'it is young, so its pause is short');
    while ((await send()) === 0) await sleep(50);
    assert.equal(await received(), 2 * LEASE);
    assert.equal(failed.length, 1);
  });

  it('tries again after as long again as a mail has waited, and at least once a minute', async () => {
    const outbox = createOutbox(shop.pool);
    const id = await cancelled();
    const [mail] = await outbox.lease(1, 3_600_000);
    assert.equal(mail?.orderId, id);
    for (const [ageSeconds, pauseSeconds] of [
      [0, 1],
      [20, 20],
      [3_600, 60],
    ] as const) {
      await shop.pool.query(
        `UPDATE mail_outbox SET created_at = now() - make_interval(secs => $2) WHERE order_id = $1`,
        [id, ageSeconds],
      );
      await outbox.postpone(mail.id);
      const pause = Number(await pauseOf(id));
      assert.ok(Math.abs(pause - pauseSeconds) < 1, `${pause} s for ${pauseSeconds}`);
    }
    await outbox.sent(mail.id);
  });

  /** Seconds until it is due. */
  const pauseOf = async (id: OrderId | undefined): Promise<string | undefined> => {
    const { rows } = await shop.pool.query<{ pause: string }>(
      `SELECT extract(epoch FROM next_at - now())::text AS pause FROM mail_outbox WHERE order_id = $1`,
      [id],
    );
    return rows[0]?.pause;
  };

  const cancelled = async (): Promise<OrderId> => {
    const { book } = outside.deps;
    const { id } = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await book.beginUnwind(id, 'cancelled');
    await book.closeOrder(id);
    return id;
  };
});
