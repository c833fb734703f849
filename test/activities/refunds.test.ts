/** Refunds that were asked for, in PostgreSQL and at the gateway, without Temporal. */
import assert from 'node:assert/strict';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { createRefundScene } from '../support/refund-scene.ts';
import type { RefundScene } from '../support/refund-scene.ts';
import { auditRefunds, euros, paidBack, request, requested } from '../support/refunds.ts';
import { setFaults } from '../support/stand-ins.ts';

describe('a refund that was asked for', () => {
  let scene: RefundScene;
  before(async () => (scene = await createRefundScene()));
  afterEach(() => scene.outside.clearFaults());
  after(() => scene.close());

  for (const [manner, times] of [
    [
      'twice',
      (refund: RefundFacts) =>
        scene.insist(refund).then(async (a) => [a, await scene.insist(refund)]),
    ],
    [
      'twice at once',
      (refund: RefundFacts) => Promise.all([scene.insist(refund), scene.insist(refund)]),
    ],
  ] as const) {
    it(`may be sent ${manner}: the money goes back once, and a part leaves the order completed`, async () => {
      const order = await scene.sold();
      const refund = await requested(scene.store, order, { amount: euros('700') });
      assert.deepEqual(await times(refund), ['succeeded', 'succeeded']);
      assert.equal((await scene.shop.row(order.id)).status, 'completed');
      assert.deepEqual(await scene.booked(order), { refunded: 700, asked: 1 });
      assert.deepEqual((await scene.shop.events(order.id)).slice(-3), [
        'order.completed',
        'refund.requested',
        'refund.succeeded',
      ]);
      await auditRefunds(scene.gatewayUrl, order.id, { [refund.id]: 700 });
      assert.equal((await scene.mailsOf(order)).length, 1, 'only the receipt');
    });

    it(`may be refused by the bank ${manner}, and gives its amount back to be refunded again`, async () => {
      const order = await scene.sold({ paymentMethod: 'pm_card_refundFail' });
      const refund = await requested(scene.store, order);
      assert.equal(
        (await request(scene.store, order, { amount: euros('1') })).state,
        'exceeds-captured',
      );
      assert.deepEqual(await times(refund), ['refund-failed', 'refund-failed']);
      assert.equal(await scene.shown(refund), 'failed');
      assert.deepEqual(await scene.booked(order), { refunded: 0, asked: 1 });
      assert.equal((await scene.shop.events(order.id)).at(-1), 'refund.failed');
      assert.equal((await scene.shop.row(order.id)).status, 'completed');
      assert.equal(await paidBack(scene.gatewayUrl, order.id), 0);
      const second = await requested(scene.store, order);
      assert.equal(second.amountMinor, '2000');
      assert.equal((await scene.act.refundGate(refund)).gate, 'unwinding');
      assert.equal((await scene.act.refundGate(second)).gate, 'committing');
    });
  }

  it('is pending at the bank, holds its amount, and then succeeds', async () => {
    const order = await scene.sold({ paymentMethod: 'pm_card_pendingRefund' });
    const refund = await requested(scene.store, order, { amount: euros('1500') });
    await assert.rejects(scene.act.sendRefund(refund), /is pending/);
    assert.equal(await scene.shown(refund), 'requested');
    assert.equal(await paidBack(scene.gatewayUrl, order.id), 0);
    const more = await request(scene.store, order, { amount: euros('501') });
    assert.deepEqual(more, { state: 'exceeds-captured', refundable: euros('500') });
    assert.equal(await scene.insist(refund), 'succeeded');
    assert.equal(await scene.shown(refund), 'succeeded');
    await auditRefunds(scene.gatewayUrl, order.id, { [refund.id]: 1500 });
    assert.equal(await paidBack(scene.gatewayUrl, order.id), 1500);
  });

  it('of everything, in parts, ends the order as refunded with one mail that says so', async () => {
    const order = await scene.sold();
    const first = await requested(scene.store, order, { amount: euros('1999') });
    const rest = await requested(scene.store, order);
    assert.equal(rest.amountMinor, '1');
    assert.equal(await scene.insist(rest), 'succeeded');
    assert.equal(
      (await scene.shop.row(order.id)).status,
      'completed',
      'the larger part is under way',
    );
    assert.equal(await scene.insist(first), 'succeeded');
    assert.deepEqual(await scene.shop.row(order.id), {
      status: 'refunded',
      gate: 'committed',
      reason: null,
      needsOperator: false,
    });
    assert.deepEqual((await scene.shop.events(order.id)).slice(-2), [
      'refund.succeeded',
      'order.refunded',
    ]);
    assert.equal(
      await scene.shop.shelf(order.sku),
      '3/0/2',
      'goods that nobody sent back stay sold',
    );
    const mails = await scene.mailsOf(order);
    assert.deepEqual(
      mails.map(({ messageId }) => messageId),
      [`<${order.id}.completed@makegood>`, `<${order.id}.refunded@makegood>`],
    );
    assert.match(mails[1]?.text ?? '', /\n\nWe have refunded 20\.00 EUR\./);
    await auditRefunds(scene.gatewayUrl, order.id, { [first.id]: 1999, [rest.id]: 1 });
    assert.equal((await request(scene.store, order)).state, 'exceeds-captured');
  });

  for (const fault of ['fail-before', 'fail-after-effect', 'hang'] as const) {
    it(`is made once although the gateway's first two answers ${fault}`, async () => {
      const order = await scene.sold();
      const refund = await requested(scene.store, order, { amount: euros('300') });
      await setFaults(scene.gatewayUrl, { refund: { fault, times: 2 } });
      assert.equal(await scene.insist(refund), 'succeeded');
      await auditRefunds(scene.gatewayUrl, order.id, { [refund.id]: 300 });
      assert.deepEqual(await scene.booked(order), { refunded: 300, asked: 1 });
    }).timeout(20_000);
  }

  it('is looked up, and not sent, once the gateway may have forgotten its key', async () => {
    const order = await scene.sold();
    const refund = await requested(scene.store, order, { amount: euros('300') });
    await scene.shop.pool.query(
      `INSERT INTO payment_entry (order_id, refund_id, operation, n, kind, occurred_at)
       VALUES ($1, $2, 'refund', 1, 'requested', now() - interval '20 hours')`,
      [order.id, refund.id],
    );
    await assert.rejects(scene.act.sendRefund(refund), /too old to be sent again/);
    await auditRefunds(scene.gatewayUrl, order.id, {});
    const begun = await scene.outside.deps.book.openRefund(refund.id);
    assert.ok(begun.state === 'open');
    const { intentId, amount } = begun.work;
    const key = `${refund.id}:refund:1`;
    await scene.outside.deps.gateway.refundIntent(
      { intentId, orderId: order.id, amount },
      { key, timeoutMs: 5_000 },
    );
    assert.equal(await scene.insist(refund), 'succeeded');
    await auditRefunds(scene.gatewayUrl, order.id, { [refund.id]: 300 });
  });

  it('that waited for days to be started is sent all the same', async () => {
    const order = await scene.sold();
    const refund = await requested(scene.store, order);
    await scene.shop.pool.query(
      `UPDATE refund SET requested_at = now() - interval '3 days' WHERE id = $1`,
      [refund.id],
    );
    assert.equal(await scene.insist(refund), 'succeeded');
  });
});
