/**
 * Each step of the checkout refused, failed and unknown in turn, and a cancel before each, on a
 * real Temporal server; every order is judged from the books of the parties outside.
 */
import assert from 'node:assert/strict';
import { audit, auditEntries } from '../support/audit.ts';
import { createStage } from '../support/stage.ts';
import type { BookFault, PartyFaults, Stage } from '../support/stage.ts';
import type { Activities } from '../../src/activities/index.ts';
import type { OrderChange } from '../support/shop.ts';
import { VOUCHER_TROUBLES, VOUCHERS } from './voucher-troubles.ts';

interface Trouble {
  readonly when: string;
  readonly ends: 'completed' | 'rejected' | 'cancelled' | 'refunded';
  readonly reason?: string;
  readonly order?: OrderChange;
  readonly units?: number;
  readonly faults?: PartyFaults;
  readonly book?: BookFault;
  readonly cancelBefore?: keyof Activities;
  readonly slow?: keyof Activities;
}

const lost = (method: BookFault['method']) =>
  ({ method, fault: 'fail-after-effect', times: 1 }) as const;
const down = (method: BookFault['method'], times: number) =>
  ({ method, fault: 'fail-before', times }) as const;
const unavailable = { ends: 'rejected', reason: 'temporarily-unavailable' } as const;
const declined = { ends: 'rejected', reason: 'payment-declined' } as const;
const completed = { ends: 'completed' } as const;
const madeGood = {
  ends: 'refunded',
  reason: 'address-refused',
  order: { postalCode: '00000' },
} as const;

const troubles: readonly Trouble[] = [
  { when: 'nothing goes wrong', ...completed },

  { when: 'the goods are sold out', units: 1, ends: 'rejected', reason: 'out-of-stock' },
  { when: 'PostgreSQL is down for a reservation', book: down('reserveStock', 9), ...unavailable },
  { when: 'a reservation takes longer than it may', slow: 'reserveStock', ...unavailable },
  { when: "a reservation's answer is lost", book: lost('reserveStock'), ...completed },

  ...VOUCHER_TROUBLES,

  { when: 'the card is declined', order: { paymentMethod: 'pm_card_chargeDeclined' }, ...declined },
  {
    when: 'the gateway knows no such card',
    order: { paymentMethod: 'pm_unknown' },
    ...declined,
  },
  {
    when: 'no intent can be created',
    faults: { gateway: { create: { fault: 'fail-before' } } },
    ...unavailable,
  },
  {
    when: "a new intent's answer is lost",
    faults: { gateway: { create: { fault: 'fail-after-effect', times: 1 } } },
    ...completed,
  },
  {
    when: "the intent's ID is lost on its way to the book",
    book: lost('commitIntent'),
    ...completed,
  },
  {
    when: 'the gateway breaks off every confirmation',
    faults: { gateway: { confirm: { fault: 'fail-before' } } },
    ...unavailable,
  },
  {
    when: 'the gateway confirms and its answer is lost',
    faults: { gateway: { confirm: { fault: 'fail-after-effect', times: 1 } } },
    ...completed,
  },
  {
    when: 'every confirmation hangs',
    faults: { gateway: { confirm: { fault: 'hang' } } },
    ...unavailable,
  },
  {
    when: 'an authorization cannot be written down',
    book: down('recordAuthorization', 9),
    ...unavailable,
  },
  { when: 'an authorization takes longer than it may', slow: 'authorizePayment', ...unavailable },
  { when: "an authorization's record is lost", book: lost('recordAuthorization'), ...completed },

  {
    when: 'the authorization has lapsed before it is captured',
    faults: { gateway: { capture: { fault: 'decline' } } },
    ...declined,
  },
  {
    when: 'the gateway fails before it captures',
    faults: { gateway: { capture: { fault: 'fail-before', times: 3 } } },
    ...completed,
  },
  {
    when: 'the gateway captures and its answer is lost',
    faults: { gateway: { capture: { fault: 'fail-after-effect', times: 1 } } },
    ...completed,
  },
  {
    when: 'a capture hangs',
    faults: { gateway: { capture: { fault: 'hang', times: 1 } } },
    ...completed,
  },
  { when: "a capture's record is lost", book: lost('recordCapture'), ...completed },

  { when: 'the carrier refuses the address', ...madeGood },
  {
    when: 'the carrier fails',
    faults: { carrier: { request: { fault: 'fail-before', times: 3 } } },
    ...completed,
  },
  {
    when: 'the carrier ships and its answer is lost',
    faults: { carrier: { request: { fault: 'fail-after-effect', times: 1 } } },
    ...completed,
  },
  { when: "a shipment's record is lost", book: lost('recordShipment'), ...completed },

  {
    when: 'the mailbox is refused for a while',
    faults: { mail: { send: { fault: 'decline', times: 2 } } },
    ...completed,
  },
  {
    when: 'the mail server fails',
    faults: { mail: { send: { fault: 'fail-before', times: 3 } } },
    ...completed,
  },
  {
    when: 'the mail is sent and its answer is lost',
    faults: { mail: { send: { fault: 'fail-after-effect', times: 1 } } },
    ...completed,
  },

  {
    when: 'a void fails for a while',
    faults: {
      gateway: { confirm: { fault: 'hang' }, cancel: { fault: 'fail-before', times: 3 } },
    },
    ...unavailable,
  },
  {
    when: "a void's answer is lost",
    book: down('recordAuthorization', 9),
    faults: { gateway: { cancel: { fault: 'fail-after-effect', times: 1 } } },
    ...unavailable,
  },
  {
    when: "a release's answer is lost",
    units: 5,
    cancelBefore: 'authorizePayment',
    book: lost('releaseStock'),
    ends: 'cancelled',
    reason: 'cancelled',
  },
  {
    when: "a closing's answer is lost",
    order: { paymentMethod: 'pm_card_chargeDeclined' },
    book: lost('closeOrder'),
    ...declined,
  },

  {
    when: 'a refund fails while an order is made good',
    faults: { gateway: { refund: { fault: 'fail-before', times: 3 } } },
    ...madeGood,
  },
  {
    when: "a refund's answer is lost while an order is made good",
    faults: { gateway: { refund: { fault: 'fail-after-effect', times: 1 } } },
    ...madeGood,
  },
  {
    when: 'a shipment cannot be called back at once',
    faults: { carrier: { cancel: { fault: 'fail-after-effect', times: 2 } } },
    ...madeGood,
  },
  { when: "a restocking's answer is lost", book: lost('restock'), ...madeGood },

  ...(['reserveStock', 'authorizePayment', 'capturePayment'] as const).map((step) => ({
    when: `the customer cancels just before ${step}`,
    cancelBefore: step,
    ends: 'cancelled' as const,
    reason: 'cancelled',
  })),
  ...(['requestShipment', 'sendReceipt'] as const).map((step) => ({
    when: `the customer cancels too late, just before ${step}`,
    cancelBefore: step,
    ends: 'completed' as const,
  })),
];

describe('a checkout', () => {
  let stage: Stage;
  before(async () => {
    stage = await createStage();
    for (const [code, uses] of Object.entries(VOUCHERS)) await stage.shop.voucher(code, uses);
  });
  after(async () => {
    const taken = await Promise.all(Object.keys(VOUCHERS).map((code) => stage.shop.taken(code)));
    await stage.close();
    assert.deepEqual(taken, [0, 1, 0], 'had by those that completed');
  });

  for (const [index, trouble] of troubles.entries()) {
    const { when, ends, reason, order: change, units = 5 } = trouble;
    it(`ends ${ends} when ${when}`, async () => {
      const sku = `SKU-${index}`;
      await stage.shop.stock(sku, units);
      const order = await stage.shop.order([{ sku, quantity: 2 }], change);
      await arrange(stage, trouble);
      await stage.run(order);

      const row = await stage.shop.row(order.id);
      assert.deepEqual([row.status, row.reason], [ends, reason ?? null]);
      assert.equal(await stage.shop.shelf(sku), ends === 'completed' ? '3/0/2' : `${units}/0/0`);
      assert.equal((await stage.shop.events(order.id)).at(-1), `order.${ends}`);
      await audit(stage.parties, order, ends);
      await auditEntries(stage.parties, stage.shop.pool, order.id);
    });
  }
});

async function arrange(stage: Stage, { faults, book, cancelBefore, slow }: Trouble): Promise<void> {
  await stage.breakParties(faults ?? {});
  if (book !== undefined) stage.failBook(book);
  if (slow !== undefined) stage.slow(slow);
  if (cancelBefore !== undefined) {
    stage.beforeStep(cancelBefore, async (id) => {
      // As the API does: the gate first, and then the hint to the run.
      await stage.deps.book.beginUnwind(id, 'cancelled');
      await stage.sagas.cancelCheckout(id);
    });
  }
}
