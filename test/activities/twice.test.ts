/**
 * Every activity may run twice, also at the same moment, and every undo may come first: against
 * PostgreSQL and the parties outside, without Temporal. Each story ends on a clean slate.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { sendDueMails } from '../../src/activities/notifications.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { classify } from '../../src/saga/index.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { OrderChange, Shop } from '../support/shop.ts';

type Step = keyof Activities;

const FORWARD = [
  'redeemVoucher',
  'reserveStock',
  'authorizePayment',
  'capturePayment',
  'requestShipment',
  'sendReceipt',
] as const satisfies readonly Step[];
const UNDO = [
  'voidAuthorization',
  'releaseStock',
  'giveVoucherBack',
  'closeOrder',
] as const satisfies readonly Step[];
const MAKE_GOOD = [
  'cancelShipment',
  'refundPayment',
  'restock',
  'returnVoucher',
  'closeOrder',
] as const satisfies readonly Step[];

describe('every activity', () => {
  let shop: Shop;
  let outside: RunningParties;
  let act: Activities;
  let orders = 0;

  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
    act = createActivities(outside.deps);
  });
  after(async () => {
    await outside.close();
    await shop.close();
  });

  const judge = async (order: OrderFacts, status: string) => {
    await sendDueMails(createOutbox(shop.pool), outside.deps.mailer, fail);
    assert.equal((await shop.row(order.id)).status, status);
    const [line] = order.lines;
    const sku = line?.sku ?? '';
    assert.equal(await shop.shelf(sku), status === 'completed' ? '3/0/2' : '5/0/0');
    assert.equal(await shop.taken(sku), status === 'completed' ? 1 : 0);
    await audit(outside.parties, order, status);
    await auditEntries(outside.parties, shop.pool, order.id);
  };
  const fail = (_: unknown, error: unknown) => assert.ifError(error);
  const newOrder = async (change?: OrderChange) => {
    const sku = `SKU-${(orders += 1)}`;
    await shop.stock(sku, 5);
    // Called as what is bought with it, and good for it alone.
    await shop.voucher(sku, 1);
    return await shop.order([{ sku, quantity: 2 }], { ...change, voucherCode: sku });
  };
  const call = (step: Step, order: OrderFacts) =>
    (act[step] as (order: OrderFacts) => Promise<unknown>)(order);
  /** Retried as the engine would: two at the same moment may tell each other "not now". */
  const insist = async (step: Step, order: OrderFacts): Promise<string> => {
    for (;;) {
      try {
        return JSON.stringify((await call(step, order)) ?? null);
      } catch (error) {
        const wrong = classify(error);
        if (wrong.kind === 'refusal') return wrong.code;
        if (wrong.kind !== 'failure') throw error;
      }
    }
  };
  const twice = async (step: Step, order: OrderFacts) => {
    const first = await insist(step, order);
    assert.equal(await insist(step, order), first, `${step} answers the same again`);
  };
  const atOnce = async (step: Step, order: OrderFacts) => {
    const answers = await Promise.all([insist(step, order), insist(step, order)]);
    assert.equal(answers[0], answers[1], `${step} answers both the same`);
  };
  const unwinding = (order: OrderFacts) => act.beginUnwind(order, 'cancelled');

  for (const [manner, play] of [
    ['twice', twice],
    ['twice at the same moment', atOnce],
  ] as const) {
    it(`may run ${manner} on the way to a completed order`, async () => {
      const order = await newOrder();
      for (const step of FORWARD) await play(step, order);
      await judge(order, 'completed');
    });

    it(`may run ${manner} while an order is made good`, async () => {
      const order = await newOrder({ postalCode: '00000' });
      for (const step of FORWARD.slice(0, 5)) await play(step, order);
      for (const step of MAKE_GOOD) await play(step, order);
      await judge(order, 'refunded');
    });

    it(`may be declined ${manner}`, async () => {
      const order = await newOrder({ paymentMethod: 'pm_card_chargeDeclined' });
      for (const step of FORWARD.slice(0, 3)) await play(step, order);
      await act.beginUnwind(order, 'payment-declined');
      for (const step of UNDO) await play(step, order);
      await judge(order, 'rejected');
    });

    for (const done of [0, 1, 2, 3]) {
      it(`may be undone ${manner} after ${done} steps`, async () => {
        const order = await newOrder();
        for (const step of FORWARD.slice(0, done)) await insist(step, order);
        await unwinding(order);
        for (const step of UNDO) await play(step, order);
        await judge(order, 'cancelled');
      });
    }
  }

  it('is refused when its undo came first', async () => {
    const order = await newOrder();
    await unwinding(order);
    for (const step of UNDO.slice(0, 3)) await insist(step, order);
    for (const step of FORWARD.slice(0, 4)) assert.equal(await insist(step, order), 'unwinding');
    await insist('closeOrder', order);
    await judge(order, 'cancelled');
  });

  it('meets its own undo at the same moment and leaves nothing behind', async () => {
    for (let round = 0; round < 10; round += 1) {
      const order = await newOrder();
      for (const step of FORWARD.slice(0, 2)) await insist(step, order);
      await Promise.all([
        insist('authorizePayment', order),
        unwinding(order).then(() => insist('voidAuthorization', order)),
      ]);
      for (const step of UNDO) await insist(step, order);
      await judge(order, 'cancelled');
    }
  });

  it('answers an order that is already paid with what it has recorded, also after a reset', async () => {
    const order = await newOrder();
    for (const step of FORWARD) await insist(step, order);
    assert.equal((await unwinding(order)).gate, 'committed');
    for (const step of FORWARD) await insist(step, order);
    await judge(order, 'completed');
  });
});
