/** What may be refunded: lines, and never more than was captured, whoever asks at once. */
import assert from 'node:assert/strict';
import { readBook } from '../support/audit.ts';
import { createRefundScene } from '../support/refund-scene.ts';
import type { RefundScene } from '../support/refund-scene.ts';
import { auditRefunds, complete, euros, paidBack, request, requested } from '../support/refunds.ts';
import { setFaults } from '../support/stand-ins.ts';

describe('a refund that was asked for', () => {
  let scene: RefundScene;
  before(async () => (scene = await createRefundScene()));
  afterEach(() => scene.outside.clearFaults());
  after(() => scene.close());

  it('of lines is priced as they were sold, and puts them back on the shelf only if asked to', async () => {
    const order = await scene.sold();
    const sku = order.sku;
    await scene.shop.pool.query('UPDATE product SET unit_price = 1 WHERE sku = $1', [sku]);
    const one = { lines: [{ sku, quantity: 1 }] };
    const kept = await requested(scene.store, order, one);
    assert.equal(kept.amountMinor, '1000');
    assert.equal(await scene.insist(kept), 'succeeded');
    assert.equal(await scene.shop.shelf(sku), '3/0/2');
    const back = await requested(scene.store, order, { ...one, restock: true });
    assert.equal(await scene.shop.shelf(sku), '3/0/2', 'not before the money is back');
    await Promise.all([scene.insist(back), scene.insist(back)]);
    assert.equal(await scene.shop.shelf(sku), '4/0/1');
    assert.equal((await scene.shop.row(order.id)).status, 'refunded');
  });

  it('of lines that failed restocks nothing, and the lines may be refunded again', async () => {
    const order = await scene.sold();
    const sku = order.sku;
    const all = { lines: [{ sku, quantity: 2 }], restock: true };
    await setFaults(scene.gatewayUrl, { refund: { fault: 'decline', times: 1 } });
    assert.equal(await scene.insist(await requested(scene.store, order, all)), 'refund-failed');
    assert.equal(await scene.shop.shelf(sku), '3/0/2');
    assert.equal(await scene.insist(await requested(scene.store, order, all)), 'succeeded');
    assert.equal(await scene.shop.shelf(sku), '5/0/0');
  });

  it('takes no line twice, also while money is left', async () => {
    const [cheap, dear] = ['SKU-cheap', 'SKU-dear'];
    await scene.shop.stock(cheap, 5);
    await scene.shop.stock(dear, 5);
    const order = await scene.shop.order([
      { sku: cheap, quantity: 1 },
      { sku: dear, quantity: 3 },
    ]);
    await complete(scene.act, order);
    const lines = [{ sku: cheap, quantity: 1 }];
    await requested(scene.store, order, { lines });
    assert.deepEqual(await request(scene.store, order, { lines }), {
      state: 'exceeds-lines',
      skus: [cheap],
    });
    const twice = [lines[0], lines[0]].filter((line) => line !== undefined);
    assert.equal((await request(scene.store, order, { lines: twice })).state, 'exceeds-lines');
  });

  it('never finds more than was captured, however many are asked for and sent at once', async () => {
    const order = await scene.sold();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => request(scene.store, order, { amount: euros('150') })),
    );
    const granted = answers.flatMap((answer) =>
      answer.state === 'requested' ? [answer.refund.facts] : [],
    );
    assert.equal(granted.length, 13);
    const outcomes = await Promise.all(granted.map(scene.insist));
    assert.deepEqual(new Set(outcomes), new Set(['succeeded']));
    assert.deepEqual(await scene.booked(order), { refunded: 1950, asked: 13 });
    const expected = Object.fromEntries(granted.map(({ id }) => [id, 150]));
    await auditRefunds(scene.gatewayUrl, order.id, expected);
    const sequence = `SELECT max(sequence) = count(*) AS "noGap" FROM order_event WHERE order_id = $1`;
    const { rows } = await scene.shop.pool.query(sequence, [order.id]);
    assert.deepEqual(rows, [{ noGap: true }]);
  }).timeout(20_000);

  it('counts what an order was made good with', async () => {
    const sku = 'SKU-good';
    await scene.shop.stock(sku, 5);
    const order = await scene.shop.order([{ sku, quantity: 2 }], { postalCode: '00000' });
    await assert.rejects(complete(scene.act, order), /does not deliver/);
    assert.equal((await request(scene.store, order)).state, 'in-progress');
    await scene.act.cancelShipment(order);
    await scene.act.refundPayment(order);
    assert.equal((await request(scene.store, order)).state, 'in-progress');
    await scene.act.restock(order);
    await scene.act.closeOrder(order);
    assert.deepEqual(await request(scene.store, order), {
      state: 'exceeds-captured',
      refundable: euros('0'),
    });
    assert.equal(await paidBack(scene.gatewayUrl, order.id), 2000);
    const keys = (await readBook(scene.gatewayUrl))
      .filter((line) => line.orderId === order.id && line.effect === 'refunded')
      .map(({ key }) => key);
    assert.deepEqual(keys, [`${order.id}:refund:1`]);
  });
});
