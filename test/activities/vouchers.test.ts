/** Uses of a voucher in the books: one of many gets the last, and who loses the order loses nothing else. */
import assert from 'node:assert/strict';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import type { OrderBook } from '../../src/activities/ports.ts';
import type { RefundStore } from '../../src/api/ports.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { bookCompleted, bookPaid, request, requested } from '../support/refunds.ts';
import { createShop, TENANT } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

const BUYERS = 200;

describe('a voucher', () => {
  let shop: Shop;
  let book: OrderBook;
  let refunds: RefundStore;
  before(async () => {
    shop = await createShop();
    book = createOrderBook(shop.pool, () => undefined);
    refunds = createRefundStore(shop.pool);
    await shop.stock('MUG', 10_000);
    await shop.stock('CUP', 10_000);
  });
  after(() => shop.close());

  let codes = 0;
  const placed = async (uses = 1, quantity = 1): Promise<OrderFacts & { code: string }> => {
    const code = `CODE-${(codes += 1)}`;
    await shop.voucher(code, uses);
    return { code, ...(await shop.order([{ sku: 'MUG', quantity }], { voucherCode: code })) };
  };
  const another = (code: string) =>
    shop.order([{ sku: 'MUG', quantity: 1 }], { voucherCode: code });

  it('with one use is had by one of 200 orders that want it at the same moment', async () => {
    const { code, ...first } = await placed();
    const others = Array.from({ length: BUYERS - 1 }, () => another(code));
    const orders = [first, ...(await Promise.all(others))];
    const answers = await Promise.all(orders.map(({ id }) => book.redeemVoucher(id)));
    assert.equal(answers.filter(({ state }) => state === 'done').length, 1);
    const [refusal] = answers.filter(({ state }) => state === 'refused');
    assert.equal(refusal?.state === 'refused' && refusal.code, 'voucher-exhausted');
    assert.equal(await shop.taken(code), 1);
  });

  it('is there for another once the order that had it is unwound, and not for who came too late', async () => {
    const { code, ...order } = await placed();
    const [early, late] = [await another(code), await another(code)];
    await book.redeemVoucher(order.id);
    assert.equal((await book.redeemVoucher(early.id)).state, 'refused');
    await book.beginUnwind(order.id, 'cancelled');
    await book.giveVoucherBack(order.id);
    assert.equal((await book.redeemVoucher(late.id)).state, 'done');
    assert.equal(
      (await book.redeemVoucher(early.id)).state,
      'refused',
      'a refusal is recorded too',
    );
    assert.equal(await shop.taken(code), 1);
  });

  it('that was given back before it was taken is not taken any more', async () => {
    const { code, id } = await placed();
    await book.beginUnwind(id, 'cancelled');
    await book.giveVoucherBack(id);
    const zombie = await book.redeemVoucher(id);
    assert.equal(zombie.state === 'refused' && zombie.code, 'unwinding');
    assert.equal(await shop.taken(code), 0);
  });

  it('is not given back by an order that goes on', async () => {
    const { code, id } = await placed();
    await book.redeemVoucher(id);
    await assert.rejects(book.giveVoucherBack(id), /has gate forward, expected {unwinding}/);
    await assert.rejects(book.returnVoucher(id), /has gate forward, expected {committed}/);
    assert.equal(await shop.taken(code), 1);
  });

  it('is taken and given back at the same moment and leaves nothing behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { code, id } = await placed();
      await Promise.all([
        book.redeemVoucher(id),
        book.beginUnwind(id, 'cancelled').then(() => book.giveVoucherBack(id)),
      ]);
      assert.equal(await shop.taken(code), 0);
    }
  });

  it('that is still taken keeps an unhappy order from its end, unless an operator has skipped it', async () => {
    const { code, id, tenantId, requestId } = await placed();
    await book.redeemVoucher(id);
    await book.beginUnwind(id, 'cancelled');
    await assert.rejects(book.closeOrder(id), /would end with its voucher still taken/);
    const step = { step: 'redeem voucher', undo: true, detail: 'no answer' };
    await book.parkStep({ id, tenantId, requestId }, step);
    const skip = `SELECT resolve_step($1, 'redeem voucher', 'skip', '{}', 'ann', 'she knows')`;
    await shop.pool.query(skip, [id]);
    assert.equal((await book.closeOrder(id)).status, 'cancelled');
    assert.equal(await shop.taken(code), 1);
  });

  it('stays used when all of the money goes back, and is as new when the order is made good', async () => {
    const refunded = await placed();
    await book.redeemVoucher(refunded.id);
    await bookCompleted(book, refunded.id, 700n);
    const refund = await requested(refunds, refunded);
    await book.openRefund(refund.id);
    const paidBack = {
      status: 'succeeded',
      amount: { amountMinor: 700n, currency: 'EUR' },
    } as const;
    await book.recordRefundSucceeded(refund, { id: `re_${refund.id}`, ...paidBack });
    assert.equal((await shop.row(refunded.id)).status, 'refunded');
    assert.equal(await shop.taken(refunded.code), 1);

    const { code, id } = await placed();
    await book.redeemVoucher(id);
    await bookPaid(book, id, 700n);
    await book.recordShipmentRefused(id, 'Nobody lives there.');
    await book.recordShipmentCancel(id);
    await book.beginRefund(id);
    await book.recordRefund(id, { id: `re_${id}`, ...paidBack });
    await book.restock(id);
    await assert.rejects(book.closeOrder(id), /would end with its voucher still taken/);
    await book.returnVoucher(id);
    assert.equal((await book.closeOrder(id)).status, 'refunded');
    assert.equal(await shop.taken(code), 0);
  });

  it('cannot be cut to fewer uses than are taken', async () => {
    const { code, id } = await placed(5);
    await book.redeemVoucher(id);
    const cut = (uses: number) =>
      shop.pool.query('UPDATE voucher SET uses = $2 WHERE code = $1', [code, uses]);
    await assert.rejects(cut(0), /voucher_is_not_overused/);
    await cut(1);
    assert.equal((await book.redeemVoucher((await another(code)).id)).state, 'refused');
  });

  it('is had by an order that the gateway has captured before a restore', async () => {
    const [mine, other] = [await placed(), await placed()];
    await book.redeemVoucher((await another(other.code)).id);
    const text = 'SELECT commit_captured($1) AS committed';
    const { rows } = await shop.pool.query<{ committed: string[] }>(text, [[mine.id, other.id]]);
    assert.deepEqual(rows[0]?.committed, [mine.id], 'no use is left for the other');
    assert.equal(await shop.taken(mine.code), 1);
  });

  it('is spread over the lines, so that refunds of all units are the amount, in any order', async () => {
    const code = `CODE-${(codes += 1)}`;
    await shop.voucher(code, 1);
    const order = await shop.order(
      [
        { sku: 'CUP', quantity: 3 },
        { sku: 'MUG', quantity: 4 },
      ],
      { voucherCode: code },
    );
    assert.equal(order.amountMinor, '6700');
    await bookCompleted(book, order.id, 6_700n);
    const amounts: Record<string, number[]> = { CUP: [], MUG: [] };
    const failsNext = new Set([1, 3]);
    const units = ['MUG', 'CUP', 'MUG', 'MUG', 'CUP', 'MUG', 'CUP', 'CUP', 'MUG'];
    for (const [turn, sku] of units.entries()) {
      const refund = await requested(refunds, order, { lines: [{ sku, quantity: 1 }] });
      if (failsNext.has(turn)) {
        const amount = { amountMinor: BigInt(refund.amountMinor), currency: 'EUR' };
        await book.openRefund(refund.id);
        await book.recordRefundFailed(refund, { id: `re_${refund.id}`, status: 'failed', amount });
      } else amounts[sku]?.push(Number(refund.amountMinor));
    }
    const sum = (of: readonly number[] = []) => of.reduce((all, one) => all + one, 0);
    // 6700 × 3000 / 7000, rounded down, and the rest.
    assert.deepEqual([sum(amounts['CUP']), sum(amounts['MUG'])], [2871, 3829]);
    const rest = await request(refunds, order, { lines: [{ sku: 'CUP', quantity: 1 }] });
    assert.equal(rest.state, 'exceeds-captured');
  });

  it('is another tenant’s own, also under the same code', async () => {
    const { code, id } = await placed();
    await shop.pool.query(`INSERT INTO tenant (id, name) VALUES ('ten_other', 'other')`);
    await shop.pool.query(
      `INSERT INTO voucher (tenant_id, code, currency, amount_off, uses)
       VALUES ('ten_other', $1, 'EUR', 1, 1)`,
      [code],
    );
    await book.redeemVoucher(id);
    const text = 'SELECT taken FROM voucher WHERE code = $1 AND tenant_id <> $2';
    const { rows } = await shop.pool.query<{ taken: number }>(text, [code, TENANT]);
    assert.deepEqual(rows, [{ taken: 0 }]);
  });
});
