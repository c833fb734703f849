/** What the books say of a payment that waits: when its time is up, and whose clock counts. */
import assert from 'node:assert/strict';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import type { Intent, OrderBook } from '../../src/activities/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

const MINUTE_MS = 60_000;

describe('A payment that waits for its customer', () => {
  let shop: Shop;
  let book: OrderBook;
  before(async () => {
    shop = await createShop();
    await shop.stock('CUP', 1_000);
    book = createOrderBook(shop.pool, () => undefined);
  });
  after(() => shop.close());

  const intentOf = (id: OrderId, more: Partial<Intent> = {}): Intent => ({
    id: `pi_${id}`,
    status: 'requires_action',
    amount: { amountMinor: 1_000n, currency: 'EUR' },
    capturableMinor: 0n,
    capturedMinor: 0n,
    actionUrl: 'https://bank.example/1',
    ...more,
  });
  const heldAt = (id: OrderId, moment: Date) =>
    intentOf(id, { status: 'requires_capture', capturableMinor: 1_000n, heldAt: moment });
  const confirmed = async (returnUrl = 'https://shop.example/thanks') => {
    const { id } = await shop.order([{ sku: 'CUP', quantity: 1 }], { returnUrl });
    await book.reserveStock(id);
    await book.beginAuthorization(id);
    await book.commitIntent(id, `pi_${id}`);
    return id;
  };
  /** As if it had been asked so long ago. */
  const ago = (id: OrderId, ms: number) =>
    shop.pool.query(
      `UPDATE payment SET waits_since = waits_since - $2::interval,
         waits_until = waits_until - $2::interval WHERE order_id = $1`,
      [id, `${ms} ms`],
    );
  const waiting = async (id: OrderId, intent = intentOf(id), actionMs = 15 * MINUTE_MS) => {
    const begun = await book.recordWaiting(id, intent, actionMs);
    assert.equal(begun.state, 'open');
    return begun.work;
  };
  const codeOf = (answer: { state: string; code?: string }) => answer.code ?? answer.state;

  it('waits until a moment that is fixed when it is first asked', async () => {
    const id = await confirmed();
    const { until, waitedMs, leftMs } = await waiting(id);
    assert.deepEqual([waitedMs, leftMs], [0, 15 * MINUTE_MS]);
    await ago(id, 5 * MINUTE_MS);
    const later = await waiting(id, intentOf(id), 99 * MINUTE_MS);
    assert.equal(later.until.getTime(), until.getTime() - 5 * MINUTE_MS);
    assert.ok(later.waitedMs >= 5 * MINUTE_MS && later.leftMs <= 10 * MINUTE_MS);
  });

  it('tells of a link once, and of a new one again', async () => {
    const id = await confirmed();
    for (const place of ['1', '1', '2']) {
      await waiting(id, intentOf(id, { actionUrl: `https://bank.example/${place}` }));
    }
    const { actionUrl, ...intent } = intentOf(id);
    assert.ok(actionUrl);
    await waiting(id, { ...intent, status: 'processing' });
    const told = (await shop.events(id)).filter((type) => type === 'order.action_required');
    assert.equal(told.length, 2);
  });

  it('is refused when the time is up, and stays so', async () => {
    const id = await confirmed();
    await waiting(id);
    await ago(id, 15 * MINUTE_MS);
    for (let time = 0; time < 2; time += 1) {
      const refused = await book.recordWaiting(id, intentOf(id), 15 * MINUTE_MS);
      assert.equal(codeOf(refused), 'payment-action-expired');
    }
    assert.equal(codeOf(await book.beginAuthorization(id)), 'payment-action-expired');
  });

  it('is kept when it was confirmed in time, however late that is found', async () => {
    const id = await confirmed();
    await waiting(id);
    await ago(id, 60 * MINUTE_MS);
    const inTime = new Date(Date.now() - 50 * MINUTE_MS);
    assert.equal(codeOf(await book.recordAuthorization(id, heldAt(id, inTime))), 'done');
    assert.equal((await shop.row(id)).status, 'authorized');
  });

  it('is not kept when it was confirmed too late, and its money is written down to be let go', async () => {
    const id = await confirmed();
    await waiting(id);
    await ago(id, 60 * MINUTE_MS);
    const tooLate = new Date(Date.now() - 40 * MINUTE_MS);
    const refused = await book.recordAuthorization(id, heldAt(id, tooLate));
    assert.equal(codeOf(refused), 'payment-action-expired');
    await book.beginUnwind(id, 'payment-action-expired');
    await book.beginVoid(id);
    await book.recordVoid(id);
    const { rows } = await shop.pool.query(
      'SELECT authorized::int, voided::int FROM payment WHERE order_id = $1',
      [id],
    );
    assert.deepEqual(rows, [{ authorized: 1_000, voided: 1_000 }]);
  });

  it('is begun with where the customer comes back to', async () => {
    const id = await confirmed('https://shop.example/back');
    const begun = await book.beginAuthorization(id);
    assert.ok(begun.state === 'open');
    assert.equal(begun.work.returnUrl, 'https://shop.example/back');
    assert.equal(begun.work.waits, undefined);
    await waiting(id);
    const again = await book.beginAuthorization(id);
    assert.equal(again.state === 'open' && again.work.waits, true);
  });

  it('is under way for the reconciler for as long as it waits', async () => {
    const id = await confirmed();
    const { until } = await waiting(id, intentOf(id), 60 * MINUTE_MS);
    const text = `SELECT our_payment($1, NULL) -> 'asked' -> 'confirm' AS confirm`;
    const { rows } = await shop.pool.query<{ confirm: object }>(text, [`pi_${id}`]);
    assert.deepEqual(rows[0]?.confirm, { at: until.toISOString(), isAnswered: false });
  });

  it('goes forward when it has been captured, whenever it was confirmed', async () => {
    const id = await confirmed();
    await waiting(id);
    await ago(id, 60 * MINUTE_MS);
    await shop.pool.query('SELECT commit_captured($1)', [[id]]);
    assert.equal(codeOf(await book.recordAuthorization(id, heldAt(id, new Date()))), 'done');
  });

  it('is shown to nobody any more once the order is cancelled', async () => {
    const id = await confirmed();
    await waiting(id);
    const action = async () => {
      const text = `SELECT order_snapshot($1) -> 'payment' -> 'action' AS action`;
      return (await shop.pool.query<{ action: object | null }>(text, [id])).rows[0]?.action;
    };
    assert.ok(await action());
    await book.beginUnwind(id, 'cancelled');
    assert.equal(await action(), null);
  });
});
