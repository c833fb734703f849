/** The order book's rules, in PostgreSQL itself: gate, barrier, status table, races. */
import assert from 'node:assert/strict';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { isEnded, LEGAL_MOVES, ORDER_STATUSES } from '../../src/domain/order.ts';
import type { OrderBook } from '../../src/activities/ports.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

describe('the order book', () => {
  let shop: Shop;
  let book: OrderBook;
  before(async () => {
    shop = await createShop();
    book = createOrderBook(shop.pool, () => undefined);
  });
  after(() => shop.close());

  const intent = {
    id: 'pi_1',
    status: 'requires_capture',
    amount: { amountMinor: 2_000n, currency: 'EUR' },
    capturableMinor: 2_000n,
    capturedMinor: 2_000n,
  } as const;
  const authorized = async (sku: string) => {
    await shop.stock(sku, 5);
    const order = await shop.order([{ sku, quantity: 2 }]);
    await book.reserveStock(order.id);
    await book.beginAuthorization(order.id);
    await book.commitIntent(order.id, `pi_${sku}`);
    await book.recordAuthorization(order.id, intent);
    return order;
  };

  it('holds the same table of legal moves as the domain', async () => {
    const { rows } = await shop.pool.query<{ from_status: string; to: string[] }>(
      `SELECT from_status, array_agg(to_status::text ORDER BY to_status) AS to
       FROM order_status_move GROUP BY from_status ORDER BY from_status`,
    );
    const domain = Object.entries(LEGAL_MOVES).filter(([, to]) => to.length > 0);
    assert.deepEqual(
      rows.map((row) => [row.from_status, row.to]),
      domain,
    );
  });

  it('takes the same statuses for an end as the domain', async () => {
    const { rows } = await shop.pool.query<{ status: string }>(
      `SELECT status FROM unnest(enum_range(NULL::order_status)) AS status WHERE has_ended(status)`,
    );
    assert.deepEqual(
      rows.map(({ status }) => status),
      ORDER_STATUSES.filter(isEnded),
    );
  });

  it('opens no work for an order that there is not, also where it only reads', async () => {
    await assert.rejects(book.beginShipment('ord_nobody'), /there is no order ord_nobody/);
    await assert.rejects(book.beginReceipt('ord_nobody'), /there is no order ord_nobody/);
  });

  it('takes a step only once, and answers the same again', async () => {
    const order = await authorized('TWICE');
    const again = await Promise.all([
      book.reserveStock(order.id),
      book.recordAuthorization(order.id, intent),
    ]);
    assert.deepEqual(
      again.map(({ state }) => state),
      ['done', 'done'],
    );
    assert.equal(await shop.shelf('TWICE'), '3/2/0');
    assert.deepEqual(await shop.events(order.id), [
      'order.accepted',
      'order.reserved',
      'order.authorized',
    ]);
  });

  it('reserves all lines or none, and names what is missing', async () => {
    await shop.stock('PLENTY', 10);
    await shop.stock('SCARCE', 1);
    const order = await shop.order([
      { sku: 'PLENTY', quantity: 2 },
      { sku: 'SCARCE', quantity: 2 },
    ]);
    const refused = await book.reserveStock(order.id);
    assert.deepEqual(refused, {
      state: 'refused',
      code: 'out-of-stock',
      detail: 'Not enough left of: SCARCE',
    });
    await shop.pool.query(`UPDATE stock SET available = 10 WHERE sku = 'SCARCE'`);
    assert.deepEqual(await book.reserveStock(order.id), refused, 'a refusal is recorded too');
    assert.equal(await shop.shelf('PLENTY'), '10/0/0');
  });

  it('refuses a reservation that comes after its release', async () => {
    await shop.stock('LATE', 5);
    const order = await shop.order([{ sku: 'LATE', quantity: 2 }]);
    await book.beginUnwind(order.id, 'cancelled');
    await book.releaseStock(order.id);
    const late = await book.reserveStock(order.id);
    assert.equal(late.state === 'refused' && late.code, 'unwinding');
    assert.equal(await shop.shelf('LATE'), '5/0/0');
  });

  it('never undoes while the gate is forward', async () => {
    const order = await authorized('FORWARD');
    await assert.rejects(book.releaseStock(order.id), /has gate forward, expected {unwinding}/);
    await assert.rejects(book.beginVoid(order.id), /has gate forward, expected {unwinding}/);
  });

  it('lets a cancel and a capture race in one place: either wins, never both', async () => {
    for (let round = 0; round < 20; round += 1) {
      const order = await authorized(`RACE-${round}`);
      const [capture, unwind] = await Promise.all([
        book.beginCapture(order.id),
        book.beginUnwind(order.id, 'cancelled'),
      ]);
      const captureWon = capture.state === 'open';
      assert.equal(unwind.gate, captureWon ? 'committing' : 'unwinding');
      assert.equal((await shop.row(order.id)).gate, unwind.gate);
    }
  });

  it('leaks no stock when a release meets a running reservation', async () => {
    for (let round = 0; round < 20; round += 1) {
      const sku = `LEAK-${round}`;
      await shop.stock(sku, 5);
      const order = await shop.order([{ sku, quantity: 2 }]);
      await Promise.all([
        book.reserveStock(order.id),
        book.beginUnwind(order.id, 'cancelled').then(() => book.releaseStock(order.id)),
      ]);
      await book.releaseStock(order.id);
      assert.equal(await shop.shelf(sku), '5/0/0');
    }
  });

  it('never oversells, however many orders want the last units at once', async () => {
    await shop.stock('HOT', 5);
    const orders = await Promise.all(
      Array.from({ length: 20 }, () => shop.order([{ sku: 'HOT', quantity: 1 }])),
    );
    const answers = await Promise.all(orders.map(({ id }) => book.reserveStock(id)));
    assert.equal(answers.filter(({ state }) => state === 'done').length, 5);
    assert.equal(await shop.shelf('HOT'), '0/5/0');
  });

  it('books money that a zombie authorized after the order began to unwind, so that it is voided', async () => {
    await shop.stock('ZOMBIE', 5);
    const order = await shop.order([{ sku: 'ZOMBIE', quantity: 2 }]);
    await book.reserveStock(order.id);
    await book.beginAuthorization(order.id);
    await book.commitIntent(order.id, 'pi_zombie');
    await book.beginUnwind(order.id, 'cancelled');
    const late = await book.recordAuthorization(order.id, intent);
    assert.equal(late.state === 'refused' && late.code, 'unwinding');
    assert.equal((await book.beginVoid(order.id)).state, 'open', 'there is an intent to cancel');
    await book.recordHeld(order.id, intent);
    await book.recordVoid(order.id);
    await book.releaseStock(order.id);
    assert.deepEqual(await book.closeOrder(order.id), { status: 'cancelled', reason: 'cancelled' });
    const { rows } = await shop.pool.query(
      `SELECT sum(authorized) AS authorized, sum(voided) AS voided FROM payment_entry
       WHERE order_id = $1`,
      [order.id],
    );
    assert.deepEqual(rows, [{ authorized: '2000', voided: '2000' }]);
  });

  it('refuses an intent that becomes known after the void', async () => {
    await shop.stock('UNKNOWN', 5);
    const order = await shop.order([{ sku: 'UNKNOWN', quantity: 2 }]);
    await book.reserveStock(order.id);
    await book.beginAuthorization(order.id);
    await book.beginUnwind(order.id, 'temporarily-unavailable');
    assert.equal((await book.beginVoid(order.id)).state, 'done', 'nothing is known to cancel');
    const late = await book.commitIntent(order.id, 'pi_late');
    assert.equal(late.state === 'refused' && late.code, 'unwinding');
    const { rows } = await shop.pool.query(
      `SELECT direction FROM barrier WHERE saga_id = $1 AND step = 'authorize payment' ORDER BY 1`,
      [order.id],
    );
    assert.deepEqual(rows, [{ direction: 'do' }, { direction: 'undo' }], 'a tombstone is left');
  });

  it('lets an order end only when nothing is held any more', async () => {
    const order = await authorized('HELD');
    await book.beginUnwind(order.id, 'cancelled');
    await assert.rejects(book.closeOrder(order.id), /would end with goods still taken/);
    await book.releaseStock(order.id);
    await assert.rejects(book.closeOrder(order.id), /would end with money still taken/);
    assert.equal((await shop.row(order.id)).status, 'authorized');
  });

  it('does not let an order end whose known intent was never voided', async () => {
    await shop.stock('LOST', 5);
    const order = await shop.order([{ sku: 'LOST', quantity: 2 }]);
    await book.beginAuthorization(order.id);
    await book.commitIntent(order.id, 'pi_lost');
    await book.beginUnwind(order.id, 'temporarily-unavailable');
    // The gateway may hold money that nobody lived to write down.
    await assert.rejects(book.closeOrder(order.id), /would end with money still taken/);
  });

  it('captures only what began to be captured', async () => {
    const order = await authorized('EARLY');
    await assert.rejects(book.recordCapture(order.id, intent), /has gate forward/);
    await assert.rejects(book.recordCaptureRefused(order.id), /has gate forward/);
    await assert.rejects(book.recordHeld(order.id, intent), /has gate forward/);
  });

  it('gives money back unasked only after the shipment was refused', async () => {
    const order = await authorized('PAID');
    await book.beginCapture(order.id);
    await book.recordCapture(order.id, intent);
    await assert.rejects(book.beginRefund(order.id), /although its shipment was not refused/);
    await assert.rejects(book.restock(order.id), /although its shipment was not refused/);
    assert.equal(await shop.shelf('PAID'), '3/0/2');
  });

  it('keeps its payment entries for ever', () =>
    assert.rejects(shop.pool.query('UPDATE payment_entry SET captured = 0'), /append-only/));
});
