/**
 * The refund saga on a real Temporal server: the gateway, PostgreSQL and the run itself in trouble in
 * turn; every refund is judged from the gateway's own book.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import type { RefundStore } from '../../src/api/ports.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { audit } from '../support/audit.ts';
import { auditRefunds, complete, euros, paidBack, requested } from '../support/refunds.ts';
import type { OrderChange } from '../support/shop.ts';
import { createStage } from '../support/stage.ts';
import type { BookFault, Stage } from '../support/stage.ts';
import { setFaults } from '../support/stand-ins.ts';
import { TENANT } from '../support/shop.ts';

interface Trouble {
  readonly when: string;
  readonly order?: OrderChange;
  readonly faults?: Readonly<Record<string, { readonly fault: string; readonly times?: number }>>;
  readonly book?: BookFault;
  /** An operator cancels the run; the refund was asked for all the same. */
  readonly cancelled?: true;
  readonly fails?: true;
}

const lost = (method: BookFault['method']) =>
  ({ method, fault: 'fail-after-effect', times: 1 }) as const;
const down = (method: BookFault['method']) => ({ method, fault: 'fail-before', times: 3 }) as const;

const troubles: readonly Trouble[] = [
  { when: 'nothing goes wrong' },
  { when: 'the gateway fails', faults: { refund: { fault: 'fail-before', times: 3 } } },
  {
    when: "the gateway's answer is lost",
    faults: { refund: { fault: 'fail-after-effect', times: 1 } },
  },
  { when: 'the gateway hangs', faults: { refund: { fault: 'hang', times: 1 } } },
  {
    when: "the gateway's answer is lost, and so is the answer to what became of it",
    faults: {
      refund: { fault: 'fail-after-effect', times: 1 },
      'find-refund': { fault: 'fail-before', times: 2 },
    },
  },
  { when: 'PostgreSQL is down before it', book: down('openRefund') },
  { when: 'what is to be done is lost on its way', book: lost('openRefund') },
  { when: 'it cannot be written down', book: down('recordRefundSucceeded') },
  { when: 'its record is lost', book: lost('recordRefundSucceeded') },
  { when: 'an operator cancels the run', cancelled: true },
  { when: 'it is pending at first', order: { paymentMethod: 'pm_card_pendingRefund' } },
  { when: 'it is pending at first', order: { paymentMethod: 'pm_card_refundFail' }, fails: true },
  { when: 'the bank says no', faults: { refund: { fault: 'decline', times: 1 } }, fails: true },
  {
    when: 'the bank says no and that record is lost',
    faults: { refund: { fault: 'decline', times: 1 } },
    book: lost('recordRefundFailed'),
    fails: true,
  },
];

describe('a refund', () => {
  let stage: Stage;
  let store: RefundStore;
  before(async () => {
    stage = await createStage();
    store = createRefundStore(stage.shop.pool);
  });
  after(() => stage.close());

  const sold = async (sku: string, change?: OrderChange) => {
    await stage.shop.stock(sku, 5);
    const order = await stage.shop.order([{ sku, quantity: 2 }], change);
    await complete(createActivities({ ...stage.deps, timeLeftMs: () => 5_000 }), order);
    return order;
  };

  for (const [index, trouble] of troubles.entries()) {
    const { when, order: change, fails } = trouble;
    it(`${fails ? 'fails' : 'succeeds'} when ${when}`, async () => {
      const sku = `SKU-${index}`;
      const order = await sold(sku, change);
      const refund = await requested(store, order, {
        lines: [{ sku, quantity: 2 }],
        restock: true,
      });
      const url = stage.parties.gatewayUrl;
      await arrange(stage, trouble, refund);
      await stage.runRefund(refund);

      const result: unknown = await stage.client.workflow.getHandle(refund.id).result();
      assert.deepEqual(result, { status: fails ? 'failed' : 'succeeded' });
      const shown = await store.find(TENANT, order.id, refund.id);
      assert.equal(shown?.status, fails ? 'failed' : 'succeeded');
      assert.equal((await stage.shop.row(order.id)).status, fails ? 'completed' : 'refunded');
      assert.equal(await stage.shop.shelf(sku), fails ? '3/0/2' : '5/0/0');
      await auditRefunds(url, order.id, { [refund.id]: 2000 });
      assert.equal(await paidBack(url, order.id), fails ? 0 : 2000);
      const last = fails ? ['refund.failed'] : ['refund.succeeded', 'order.refunded'];
      assert.deepEqual((await stage.shop.events(order.id)).slice(-last.length), last);
    });
  }

  it('runs once, however often it is started', async () => {
    const order = await sold('SKU-often');
    const refund = await requested(store, order, { amount: euros('5') });
    await Promise.all([1, 2, 3].map(() => stage.sagas.startRefund(refund)));
    await stage.runRefund(refund);
    await stage.sagas.startRefund(refund);
    await auditRefunds(stage.parties.gatewayUrl, order.id, { [refund.id]: 5 });
  });

  it('of an order that the checkout itself has completed goes back in parts', async () => {
    await stage.shop.stock('SKU-parts', 5);
    const order = await stage.shop.order([{ sku: 'SKU-parts', quantity: 2 }]);
    await stage.run(order);
    const first = await requested(store, order, { amount: euros('1500') });
    const rest = await requested(store, order);
    await stage.runRefund(first);
    assert.equal((await stage.shop.row(order.id)).status, 'completed');
    await stage.runRefund(rest);
    assert.equal((await stage.shop.row(order.id)).status, 'refunded');
    const expected = { [first.id]: 1500, [rest.id]: 500 };
    await auditRefunds(stage.parties.gatewayUrl, order.id, expected);
    const mails = await fetch(`${stage.parties.mailUrl}/mails?orderId=${order.id}`);
    const letters = (await mails.json()) as { messageId: string }[];
    assert.deepEqual(
      letters.map(({ messageId }) => messageId),
      [`<${order.id}.completed@makegood>`, `<${order.id}.refunded@makegood>`],
    );
  });

  it('that nobody asked for waits for the bank too, while an order is made good', async () => {
    await stage.shop.stock('SKU-slow', 5);
    const change = { postalCode: '00000', paymentMethod: 'pm_card_pendingRefund' };
    const order = await stage.shop.order([{ sku: 'SKU-slow', quantity: 2 }], change);
    await stage.run(order);
    assert.equal((await stage.shop.row(order.id)).status, 'refunded');
    assert.equal(await stage.shop.shelf('SKU-slow'), '5/0/0');
    await audit(stage.parties, order, 'refunded');
  });
});

async function arrange(
  stage: Stage,
  { faults, book, cancelled }: Trouble,
  { id }: RefundFacts,
): Promise<void> {
  if (faults !== undefined) {
    assert.equal((await setFaults(stage.parties.gatewayUrl, faults)).status, 200);
  }
  if (book !== undefined) stage.failBook(book);
  if (cancelled) {
    stage.beforeStep('sendRefund', async () => {
      await stage.client.workflow.getHandle(id).cancel();
    });
  }
}
