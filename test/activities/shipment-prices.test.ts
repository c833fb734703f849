/** What shipments come to: together the order's amount to the minor unit, however it is split. */
import assert from 'node:assert/strict';
import { createBusinessNumbers } from '../../src/adapters/postgres/business-numbers.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { askToShip, bookHeld, shippingOf } from '../support/shipments.ts';
import { createShop } from '../support/shop.ts';
import type { OrderChange, Shop } from '../support/shop.ts';

describe('What a shipment comes to', () => {
  let shop: Shop;
  before(async () => {
    shop = await createShop();
    await shop.voucher('LESS', 10);
    for (const sku of ['CUP', 'POT']) await shop.stock(sku, 100);
  });
  after(() => shop.close());

  const held = async (lines: OrderFacts['lines'], change?: OrderChange) => {
    const order = await shop.order(lines, change);
    const book = createOrderBook(shop.pool, () => undefined);
    await bookHeld(shop.pool, book, order.id, BigInt(order.amountMinor));
    return { order, book };
  };
  const one = (sku: string) => [{ sku, quantity: 1 }];
  /** Of those that were not refused. */
  const taken = async ({ id }: OrderFacts) => {
    const text = `SELECT coalesce(sum(amount), 0)::text AS taken FROM shipment_request
      WHERE order_id = $1 AND state <> 'refused'`;
    const { rows } = await shop.pool.query<{ taken: string }>(text, [id]);
    return rows[0]?.taken;
  };

  it('is its share of what a voucher has left of the price', async () => {
    const lines = [
      { sku: 'CUP', quantity: 7 },
      { sku: 'POT', quantity: 4 },
    ];
    const { order, book } = await held(lines, { voucherCode: 'LESS' });
    const amounts: number[] = [];
    const units = ['CUP', 'POT', 'CUP', 'CUP', 'POT', 'CUP', 'POT', 'CUP', 'CUP', 'POT'];
    for (const sku of units) {
      const { amount } = await shippingOf(shop.pool, order, one(sku));
      amounts.push(Number(amount.value));
    }
    const share = Number(order.amountMinor) / (units.length + 1);
    for (const amount of amounts) assert.ok(Math.abs(amount - share) < 2, `${amount} of ${share}`);

    // What comes back may be asked for again, for no more than it came to.
    await book.recordPartRefused(order.id, 1, 'address-refused', 'Nobody lives there.');
    assert.equal((await shippingOf(shop.pool, order, one('CUP'))).lines[0]?.quantity, 1);
    await shippingOf(shop.pool, order);
    assert.equal(await taken(order), order.amountMinor);
    assert.equal((await askToShip(shop.pool, order)).state, 'exceeds-lines');
  });

  it('is never nothing, nor leaves nothing for the rest', async () => {
    const { order } = await held([{ sku: 'CUP', quantity: 3 }]);
    await shop.pool.query('UPDATE "order" SET amount = 2 WHERE id = $1', [order.id]);
    // Of two minor units the first of three cups comes to none, and two to one.
    assert.equal((await askToShip(shop.pool, order, one('CUP'))).state, 'exceeds-lines');
    const two = await shippingOf(shop.pool, order, [{ sku: 'CUP', quantity: 2 }]);
    assert.equal(two.amount.value, '1');
    assert.equal((await shippingOf(shop.pool, order)).amount.value, '1');
    const { order: dear } = await held([
      { sku: 'CUP', quantity: 1 },
      { sku: 'POT', quantity: 1 },
    ]);
    await shop.pool.query('UPDATE "order" SET amount = 1 WHERE id = $1', [dear.id]);
    for (const sku of ['CUP', 'POT']) {
      assert.equal((await askToShip(shop.pool, dear, one(sku))).state, 'exceeds-lines');
    }
    assert.equal((await shippingOf(shop.pool, dear)).amount.value, '1');
  });

  it('is the whole where the payment is captured only as a whole', async () => {
    const { order, book } = await held([{ sku: 'CUP', quantity: 2 }]);
    const before = new Date(Date.now() + 86_400_000);
    await book.noteTerms(order.id, `pi_${order.id}`, { before, inParts: false });
    assert.equal((await askToShip(shop.pool, order, one('CUP'))).state, 'only-whole');
    assert.equal((await shippingOf(shop.pool, order)).amount.value, order.amountMinor);
  });
});

describe('An order that waits for its shipment', () => {
  let shop: Shop;
  before(async () => (shop = await createShop()));
  after(() => shop.close());

  it('is not late until it is asked for, and its run is told again until it is captured', async () => {
    const { pool } = shop;
    await shop.stock('JAR', 9);
    const book = createOrderBook(pool, () => undefined);
    const order = await shop.order([{ sku: 'JAR', quantity: 2 }]);
    await bookHeld(pool, book, order.id, 2_000n);
    const age = async () => {
      await pool.query(`UPDATE "order" SET created_at = created_at - interval '1 day',
        updated_at = updated_at - interval '1 day', run_started_at = created_at,
        watched_at = created_at - interval '1 day'`);
      const { unfinished } = await createBusinessNumbers(pool)();
      const { silent } = await createWatchStore(pool).leaseSilent(60, 1);
      return {
        isLate: unfinished.some(({ oldestSeconds }) => oldestSeconds > 0),
        isAsked: silent.some((saga) => saga.kind === 'order' && saga.isAsked),
      };
    };
    assert.deepEqual(await age(), { isLate: false, isAsked: false });
    await shippingOf(pool, order, [{ sku: 'JAR', quantity: 1 }]);
    assert.deepEqual(await age(), { isLate: true, isAsked: true });
    await book.nextShipment(order.id, 1, 0);
    await book.recordPart(order.id, 1, 'MG1');
    assert.deepEqual(await age(), { isLate: true, isAsked: true });
    await book.beginPartCapture(order.id, 1);
    const amount = { amountMinor: 2_000n, currency: 'EUR' };
    const status = 'requires_capture' as const;
    const taken = { status, amount, capturableMinor: 1_000n, capturedMinor: 1_000n };
    await book.recordPartCapture(order.id, 1, { id: `pi_${order.id}`, ...taken });
    assert.deepEqual(await age(), { isLate: false, isAsked: false });
  });

  it('is looked at by the hour, but soon when there is news of it, or its hold ends soon', async () => {
    const { pool } = shop;
    await shop.stock('JUG', 9);
    const book = createOrderBook(pool, () => undefined);
    const quiet = async (holdsHours: number) => {
      const { id } = await shop.order([{ sku: 'JUG', quantity: 1 }]);
      await bookHeld(pool, book, id, 1_000n);
      const before = new Date(Date.now() + holdsHours * 3_600_000);
      await book.noteTerms(id, `pi_${id}`, { before, inParts: true });
      await pool.query(
        `UPDATE "order" SET run_started_at = now(), updated_at = now() - interval '1 day',
          watched_at = now() - interval '1 day' WHERE id = $1`,
        [id],
      );
      const { silent } = await createWatchStore(pool).leaseSilent(60, 1);
      assert.deepEqual(
        silent.map(({ facts }) => facts.id),
        [id],
      );
      return id;
    };
    const minutesOff = async (id: string) => {
      const text = `SELECT round(extract(epoch FROM watched_at - now()) / 60)::integer AS minutes
        FROM "order" WHERE id = $1`;
      return (await pool.query<{ minutes: number }>(text, [id])).rows[0]?.minutes;
    };
    assert.equal(await minutesOff(await quiet(1)), 0);
    const [asked, cancelled] = [await quiet(48), await quiet(48)];
    assert.deepEqual([await minutesOff(asked), await minutesOff(cancelled)], [60, 60]);
    await shippingOf(pool, { id: asked });
    await book.beginUnwind(cancelled, 'cancelled');
    assert.deepEqual([await minutesOff(asked), await minutesOff(cancelled)], [0, 0]);
  });
});
