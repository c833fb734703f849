/**
 * Every step of checkout and refund under every fault of every party, side by side on one stage,
 * whose gateway forgets its keys within seconds; each judged from the books of the parties outside.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries, readBook } from '../support/audit.ts';
import { CASES, endsOf } from '../support/every-fault.ts';
import type { Case } from '../support/every-fault.ts';
import { auditRefunds, complete, requested } from '../support/refunds.ts';
import { createStage } from '../support/stage.ts';
import type { PartyFault, PartyFaults, Stage } from '../support/stage.ts';
import { clearFaults, faultReport } from '../support/stand-ins.ts';

// Time for a hang and a look-up within one attempt, on a machine that has other things to do.
const ATTEMPT_MS = 4_000;
// Longer than a call waits for its answer, and shorter than the gateway remembers its key.
const DELAY_MS = 2_000;
const KEY_RETENTION_MS = 6_000;

const BUDGETS = {
  localTimeoutMs: ATTEMPT_MS,
  attemptTimeoutMs: ATTEMPT_MS,
  attempts: 2,
  hotAttempts: 2,
  firstRetryMs: 20,
  slowestRetryMs: 1_000,
};

interface Played {
  readonly order: OrderFacts;
  readonly sku: string;
  readonly refund?: RefundFacts;
  hits: number;
}

// As many as two busy cores run at once without a fault of their own making.
const AT_ONCE = 100;

for (let from = 0; from < CASES.length; from += AT_ONCE) {
  const wave = CASES.slice(from, from + AT_ONCE);
  describe(`under every fault (${from} …), an order that is to be`, function () {
    // Each test below only looks at what became of an order; the waiting is done before.
    this.timeout(120_000);
    playAll(wave);
  });
}

function playAll(cases: readonly Case[]): void {
  let stage: Stage;
  const played = new Map<Case, Played>();
  let read: typeof readBook;

  before(async () => {
    stage = await createStage(BUDGETS, { keyRetentionMs: KEY_RETENTION_MS });
    for (const [index, one] of cases.entries()) played.set(one, await place(stage, one, index));
    await stage.breakParties(plansFor(played));
    cancelOnTheWay(stage, played);
    for (const { order, refund } of played.values()) {
      await (refund ? stage.sagas.startRefund(refund) : stage.sagas.startCheckout(order));
    }
    const { pool } = stage.shop;
    // A machine that is too slow may park a step as well, which then goes on to meet its fault.
    await eventually(async () => {
      if ((await unsettled(pool, 'needs_operator')) > 0) return false;
      await countHits(stage, played);
      const missed = [...played.values()].filter(({ hits }) => hits === 0);
      return missed.length === 0 || (await unsettled(pool, 'false')) === 0;
    });
    await heal(stage);
    await eventually(async () => (await unsettled(pool, 'false')) === 0);
    await stage.tidy();
    read = memoized(readBook);
  });
  after(() => stage.close());

  for (const one of cases) {
    it(one.name, async () => {
      const { order, sku, refund, hits } = played.get(one) ?? assert.fail('not played');
      assert.ok(hits > 0, 'the fault has hit');
      const { status, reason, needsOperator } = await stage.shop.row(order.id);
      const end = `${status}: ${reason ?? 'null'}`;
      assert.ok(endsOf(one).includes(end), end);
      assert.equal(needsOperator, false);
      const isSold = status === 'completed' || one.way === 'refunded later';
      assert.equal(await stage.shop.shelf(sku), isSold ? '3/0/2' : '5/0/0');
      await auditEntries(stage.parties, stage.shop.pool, order.id, read);
      if (refund === undefined) await audit(stage.parties, order, status, read);
      else await auditRefunds(stage.parties.gatewayUrl, order.id, { [refund.id]: 2_000 }, read);
    });
  }
}

async function place(stage: Stage, { way }: Case, index: number): Promise<Played> {
  const { shop, deps } = stage;
  const sku = `SKU-${index}`;
  await shop.stock(sku, 5);
  const change = way === 'made good' ? { postalCode: '00000' } : {};
  const order = await shop.order([{ sku, quantity: 2 }], change);
  if (way !== 'refunded later') return { order, sku, hits: 0 };
  await complete(createActivities({ ...deps, timeLeftMs: () => ATTEMPT_MS }), order);
  const refund = await requested(createRefundStore(shop.pool), order);
  return { order, sku, refund, hits: 0 };
}

/** One plan for each party, in which each order has its own fault, and what leads to it. */
function plansFor(played: ReadonlyMap<Case, Played>): PartyFaults {
  const plans: Record<string, Record<string, PartyFault[]>> = {};
  for (const [{ party, operation, fault, lasts, leads = {} }, { order }] of played) {
    const own = { fault, delayMs: DELAY_MS, ...(lasts ? {} : { times: 1 }) };
    const plan = (plans[party] ??= {});
    for (const [name, planned] of [...Object.entries(leads), [operation, own] as const]) {
      (plan[name] ??= []).push({ ...planned, orderId: order.id });
    }
  }
  return plans;
}

/** As a customer cancels, just before the money is taken. */
function cancelOnTheWay(stage: Stage, played: ReadonlyMap<Case, Played>): void {
  const cancelled = new Set<string>();
  for (const [{ way }, { order }] of played) if (way === 'cancelled') cancelled.add(order.id);
  stage.beforeStep(
    'capturePayment',
    async (id) => {
      if (!cancelled.delete(id)) return;
      await stage.deps.book.beginUnwind(id, 'cancelled');
      await stage.sagas.cancelCheckout(id);
    },
    Infinity,
  );
}

async function unsettled(pool: Stage['shop']['pool'], isSettled: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::integer AS n FROM "order" o
     WHERE NOT ${isSettled}
       AND (NOT has_ended(status)
         OR EXISTS (SELECT FROM refund r WHERE r.order_id = o.id AND r.state = 'requested'))`,
  );
  return rows[0]?.n ?? 0;
}

async function countHits(stage: Stage, played: ReadonlyMap<Case, Played>): Promise<void> {
  const { gatewayUrl: gateway, carrierUrl: carrier, mailUrl: mail } = stage.parties;
  const reports = {
    gateway: await faultReport(gateway),
    carrier: await faultReport(carrier),
    mail: await faultReport(mail),
  };
  for (const [{ party, operation, fault }, one] of played) {
    const planned = reports[party].faults[operation] ?? [];
    const own = planned.find((each) => each.orderId === one.order.id && each.fault === fault);
    one.hits = own?.hits ?? 0;
  }
}

async function heal({ parties }: Stage): Promise<void> {
  for (const url of Object.values(parties) as string[]) {
    await clearFaults(url);
    await eventually(async () => (await faultReport(url)).underWay === 0);
  }
}

/** A book that is closed is read once. */
function memoized(read: typeof readBook): typeof readBook {
  const books = new Map<string, ReturnType<typeof readBook>>();
  return (url) => {
    const book = books.get(url) ?? read(url);
    books.set(url, book);
    return book;
  };
}
