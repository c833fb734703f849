/** The operators' queue and their word, in the books alone: parties outside, without Temporal. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { sendDueMails } from '../../src/activities/notifications.ts';
import type { GatewayCall, PaymentGateway } from '../../src/activities/ports.ts';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { Decision, OperatorsDesk } from '../../src/operator/ports.ts';
import { queueInWords } from '../../src/operator/words.ts';
import { auditEntries } from '../support/audit.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { complete, paidBack, requested } from '../support/refunds.ts';
import { createShop } from '../support/shop.ts';
import type { OrderChange, Shop } from '../support/shop.ts';

describe("the operators' queue", () => {
  let shop: Shop;
  let outside: RunningParties;
  let act: Activities;
  let desk: OperatorsDesk;
  let orders = 0;

  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
    act = createActivities(outside.deps);
    desk = createOperatorsDesk(shop.pool);
  });
  after(async () => {
    await outside.close();
    await shop.close();
  });

  const newOrder = async (change?: OrderChange): Promise<OrderFacts> => {
    const sku = `SKU-${(orders += 1)}`;
    await shop.stock(sku, 5);
    return await shop.order([{ sku, quantity: 2 }], change);
  };
  const park = (order: Parameters<Activities['callOperator']>[0], step: string, undo = false) =>
    act.callOperator(order, { step, undo, detail: 'it does not work' });
  const decide = (sagaId: Decision['sagaId'], step: string, action: Decision['action']) =>
    desk.resolve({ sagaId, step, action, operator: 'bob', why: 'a test' });
  const queueOf = async ({ id }: OrderFacts) =>
    (await desk.queue(100)).flatMap((entry) =>
      entry.orderId === id && 'step' in entry ? [`${entry.step}/${entry.direction}`] : [],
    );
  const letters = async ({ id }: OrderFacts) => {
    await sendDueMails(createOutbox(shop.pool), outside.deps.mailer, (_, error) => {
      throw error;
    });
    const mails = await fetch(`${outside.parties.mailUrl}/mails?orderId=${id}`);
    return ((await mails.json()) as { messageId: string }[]).map(({ messageId }) => messageId);
  };
  /** Paid, and refused by the carrier. */
  const refusedByCarrier = async () => {
    const order = await newOrder({ postalCode: '00000' });
    await assert.rejects(complete(act, order), /does not deliver/);
    await act.cancelShipment(order);
    return order;
  };

  it('has the undo of a step and not the step any more, which nobody waits for', async () => {
    const order = await newOrder();
    await park(order, 'reserve stock');
    await act.beginUnwind(order, 'cancelled');
    await park(order, 'reserve stock', true);
    assert.deepEqual(await queueOf(order), ['reserve stock/undo']);
    assert.equal((await decide(order.id, 'reserve stock', 'skip')).state, 'resolved');
    assert.equal((await shop.row(order.id)).needsOperator, false);
  });

  it('has the undo of a step alone also when the call for the step itself comes late', async () => {
    const order = await newOrder();
    await act.beginUnwind(order, 'cancelled');
    await park(order, 'reserve stock', true);
    await park(order, 'reserve stock');
    assert.deepEqual(await queueOf(order), ['reserve stock/undo']);
    // Found by chance, it was the step that an operator's word was about.
    assert.equal((await decide(order.id, 'reserve stock', 'skip')).state, 'resolved');
    assert.equal((await shop.row(order.id)).needsOperator, false);
  });

  it('lets go of an order in the event that tells its refund is paid', async () => {
    const order = await newOrder();
    await complete(act, order);
    const part = { amount: { value: '500', currency: 'EUR' } };
    const refund = await requested(createRefundStore(shop.pool), order, part);
    await park(refund, 'send refund');
    await act.sendRefund(refund);
    const { rows } = await shop.pool.query<{ type: string; flag: boolean }>(
      `SELECT type, (data -> 'needsOperator')::boolean AS flag FROM order_event
       WHERE order_id = $1 ORDER BY sequence DESC LIMIT 1`,
      [order.id],
    );
    assert.deepEqual(rows, [{ type: 'refund.succeeded', flag: false }]);
    assert.deepEqual(await queueOf(order), []);
  });

  it('names the run that is blocked, also where that is a refund', async () => {
    const order = await newOrder();
    await complete(act, order);
    const refund = await requested(createRefundStore(shop.pool), order);
    assert.equal(await createWatchStore(shop.pool).flag(refund.id, 60), true);
    const entries = (await desk.queue(100)).filter(({ orderId }) => orderId === order.id);
    assert.deepEqual(
      entries.map(({ sagaId }) => sagaId),
      [refund.id],
    );
    assert.match(queueInWords(entries), new RegExp(`look at the run of ${refund.id} in`));
  });

  it('writes to no customer that the money is on its way when an operator has skipped that', async () => {
    const order = await refusedByCarrier();
    await outside.deps.book.beginRefund(order.id);
    await park(order, 'refund payment');
    assert.equal((await decide(order.id, 'refund payment', 'skip')).state, 'resolved');
    await act.refundPayment(order);
    await act.restock(order);
    await act.closeOrder(order);
    assert.equal(await paidBack(outside.parties.gatewayUrl, order.id), 0);
    assert.deepEqual(await letters(order), []);
  });

  /** An operator decides while the gateway is at it; then the call succeeds. */
  const decidedMeanwhile = (
    order: OrderFacts,
    step: string,
    action: Decision['action'],
    undo = false,
  ): Activities => {
    const late =
      <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        const answer = await call(...args);
        await park(order, step, undo);
        assert.equal((await decide(order.id, step, action)).state, 'resolved');
        return answer;
      };
    const { gateway } = outside.deps;
    const cancelIntent = late((id: string, call: GatewayCall) => gateway.cancelIntent(id, call));
    const refundIntent = late((...args: Parameters<PaymentGateway['refundIntent']>) =>
      gateway.refundIntent(...args),
    );
    return createActivities({
      ...outside.deps,
      gateway: { ...gateway, cancelIntent, refundIntent },
    });
  };
  const paymentOf = async ({ id }: OrderFacts) =>
    (
      await shop.pool.query<Record<string, string>>(
        `SELECT state, voided::text, refunded::text FROM payment WHERE order_id = $1`,
        [id],
      )
    ).rows[0];

  it('leaves a void in the books that succeeds after an operator has skipped it', async () => {
    const order = await newOrder();
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await act.beginUnwind(order, 'cancelled');
    await decidedMeanwhile(order, 'authorize payment', 'skip', true).voidAuthorization(order);
    await act.releaseStock(order);
    await act.closeOrder(order);
    assert.deepEqual(await paymentOf(order), { state: 'voided', voided: '2000', refunded: '0' });
    await auditEntries(outside.parties, shop.pool, order.id);
  });

  it('leaves a refund in the books that succeeds after an operator has skipped it', async () => {
    const order = await refusedByCarrier();
    await decidedMeanwhile(order, 'refund payment', 'skip').refundPayment(order);
    await act.refundPayment(order);
    await act.restock(order);
    await act.closeOrder(order);
    assert.deepEqual(await paymentOf(order), { state: 'captured', voided: '0', refunded: '2000' });
    await auditEntries(outside.parties, shop.pool, order.id);
    assert.deepEqual(await letters(order), [`<${order.id}.refunded@makegood>`]);
  });

  it('takes no call for what is decided: it may come late', async () => {
    const order = await newOrder();
    await act.reserveStock(order);
    await park(order, 'reserve stock');
    await act.beginUnwind(order, 'cancelled');
    await park(order, 'begin to unwind');
    await act.releaseStock(order);
    await act.closeOrder(order);
    await park(order, 'close');
    assert.deepEqual(await queueOf(order), []);
    assert.ok(!(await shop.events(order.id)).includes('order.needs_operator'));
  });

  it('calls once for an order, and lets go of it with the last step that waits', async () => {
    const order = await newOrder();
    await complete(act, order);
    const store = createRefundStore(shop.pool);
    const refund = () => requested(store, order, { amount: { value: '500', currency: 'EUR' } });
    const [first, second] = [await refund(), await refund()];
    assert.equal(await createWatchStore(shop.pool).flag(first.id, 60), true);
    await park(first, 'send refund');
    await park(second, 'send refund');
    assert.equal((await desk.queue(100)).filter(({ orderId }) => orderId === order.id).length, 2);
    await act.sendRefund(first);
    assert.equal((await shop.row(order.id)).needsOperator, true);
    await act.sendRefund(second);
    assert.equal((await shop.row(order.id)).needsOperator, false);
    const called = (await shop.events(order.id)).filter((type) => type === 'order.needs_operator');
    assert.equal(called.length, 1);
  });

  it('lets an order end without what was skipped, and without nothing else', async () => {
    const money = await refusedByCarrier();
    await park(money, 'restock');
    assert.equal((await decide(money.id, 'restock', 'skip')).state, 'resolved');
    await assert.rejects(act.closeOrder(money), /with money still taken/);
    const goods = await refusedByCarrier();
    await park(goods, 'refund payment');
    assert.equal((await decide(goods.id, 'refund payment', 'retry')).state, 'resolved');
    await act.refundPayment(goods);
    await assert.rejects(act.closeOrder(goods), /with goods still taken/);
  });

  it('takes nothing for done by hand while an attempt at it may still succeed', async () => {
    const order = await newOrder();
    await act.reserveStock(order);
    await act.authorizePayment(order);
    await act.capturePayment(order);
    await park(order, 'request shipment');
    const byHand = async () => {
      const words = { operator: 'bob', why: 'a test', trackingNumber: 'BY-HAND' };
      const step = { sagaId: order.id, step: 'request shipment', action: 'mark-done' } as const;
      return (await desk.resolve({ ...step, ...words })).state;
    };
    const passSeconds = (seconds: number) =>
      shop.pool.query('UPDATE parked_step SET tried_at = tried_at - make_interval(secs => $1)', [
        seconds,
      ]);
    const { book } = outside.deps;

    assert.equal(await byHand(), 'under-way', 'an attempt has just ended');
    await passSeconds(16);
    assert.equal((await book.beginShipment(order.id)).state, 'open');
    assert.equal(await byHand(), 'under-way', 'an attempt has just begun');
    await passSeconds(16);
    assert.equal(await byHand(), 'resolved');
    const { trackingNumber } = await act.requestShipment(order);
    assert.equal(trackingNumber, 'BY-HAND', 'and none begins any more');
  });
});
