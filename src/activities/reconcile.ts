/**
 * One run of the reconciler, in pieces that may each run twice or die: what there is to look at, and then
 * a look at so many of those payments. Nothing is decided on an event or on an old read.
 */
import { isEnded } from '../domain/order.ts';
import { judge, lostRefund } from '../domain/reconcile.ts';
import type { Finding } from '../domain/reconcile.ts';
import { kept, standing } from '../domain/two-books.ts';
import type { OurPayment, SeenPayment } from '../domain/two-books.ts';
import { readEvents } from './reconcile-events.ts';
import type { Check, ReconcileDeps, RestedCheck, ToldFinding } from './reconcile-ports.ts';

/** Who a run is in the log; the first argument of each activity. */
export interface ReconcileRef {
  readonly id: string;
  readonly tenantId: string;
  readonly requestId: string;
}

export function reconciling(deps: ReconcileDeps) {
  const { book, limits } = deps;
  return {
    readGatewayEvents: async (_: ReconcileRef): Promise<{ events: number }> => ({
      events: await readEvents(deps),
    }),

    async readOwnEntries(_: ReconcileRef): Promise<void> {
      const page = { limit: ENTRIES, toleranceMs: limits.toleranceMs, overlapMs: OVERLAP_MS };
      let after: string | undefined;
      for (let n = 0; n < limits.entryPages; n += 1) {
        const { next, more, news } = await book.noteEntries(after, page);
        news.forEach(deps.onFound);
        if (!more) break;
        after = next;
      }
      (await book.sweepBooks(ORDERS)).forEach(deps.onFound);
    },

    async checkPayments(_: ReconcileRef): Promise<{ checked: number }> {
      let checked = 0;
      for (let n = 0; n < limits.checkBatches; n += 1) {
        const checks = await book.leaseChecks(CHECKS, LEASE_MS);
        const rest = await inLanes(checks, LANES, (check) => look(deps, check));
        await book.restChecks(rest.filter((one) => one !== undefined));
        checked += checks.length;
        if (checks.length === 0) break;
      }
      return { checked };
    },

    listSettling: (_: ReconcileRef): Promise<readonly string[]> => book.settling(SETTLING),
  };
}

/** Enough for 10,000 events, 50,000 entries and 500 looks; a longer backlog takes several runs. */
export const RUN_LIMITS = { eventPages: 100, entryPages: 10, checkBatches: 10 } as const;

// A few hundred milliseconds of PostgreSQL's time.
const ENTRIES = 5_000;
const ORDERS = 2_000;

// Longer than any transaction of ours may take: pool.ts ends them after five seconds.
const OVERLAP_MS = 30_000;

const CHECKS = 50;
// As many questions at a time as a gateway answers without a thought.
const LANES = 8;
// Longer than a batch takes when each question takes all its time.
const LEASE_MS = 120_000;
const LOOK_MS = 5_000;
// So many a minute go on by themselves; the rest in the minutes after it.
const SETTLING = 20;

// By then every order has ended, or is in the operators' queue (docs/guarantees.md).
const UNDER_WAY_MS = 900_000;

// What goes on is asked about again: it may lapse, or be moved by hand without an event.
const AGAIN_MS = 600_000;

/** Asks the gateway; answers what is at rest, and records what is not. */
async function look(deps: ReconcileDeps, check: Check): Promise<RestedCheck | undefined> {
  try {
    const theirs = await deps.ledger.look(check.intentId, { timeoutMs: LOOK_MS });
    return await compare(deps, named(check, theirs), theirs);
  } catch (error) {
    deps.onFailed(check.intentId, error);
    return undefined;
  }
}

/** Where the gateway names an order that we did not know of, our book has not been asked about it yet. */
function named(check: Check, theirs: SeenPayment | undefined): Check {
  if (check.ours.isOwn || theirs?.orderId === undefined) return check;
  return { ...check, orderId: theirs.orderId };
}

async function compare(
  { book, limits, onFound }: ReconcileDeps,
  check: Check,
  theirs: SeenPayment | undefined,
): Promise<RestedCheck | undefined> {
  const { intentId, lentUntil, ours, hasDifference } = check;
  const { toleranceMs, lapseMs } = limits;
  const patience = { now: new Date(), toleranceMs, lapseMs, underWayMs: UNDER_WAY_MS };
  const findings = judge(intentId, ours, theirs, patience);
  if (findings === undefined) {
    return { intentId, lentUntil, standing: null, againMs: toleranceMs };
  }
  const again = {
    standing: standingOf(ours),
    againMs: isOver(ours, theirs) ? undefined : AGAIN_MS,
  };
  if (findings.length === 0 && !hasDifference) return { intentId, lentUntil, ...again };
  const told = findings.map((finding) => tell(finding, ours, theirs));
  const later = findings.length > 0 ? { standing: null, againMs: laterMs(ours, limits) } : again;
  const { news = [] } = await book.recordCheck(check, told, later);
  for (const one of news) onFound(one);
  return undefined;
}

/** An order that goes on may end soon, and then the book can settle what it could not before. */
function laterMs({ order }: OurPayment, { toleranceMs }: ReconcileDeps['limits']): number {
  return order === null || isEnded(order.status) ? AGAIN_MS : toleranceMs;
}

function standingOf(ours: OurPayment): string | null {
  if (!ours.isOwn) return null;
  const us = standing(ours);
  return `${us.held}/${us.kept}`;
}

/** What a bank is still at may be held in the end, although its order was ended without it. */
function isOver(ours: OurPayment, theirs: SeenPayment | undefined): boolean {
  if (theirs?.status === 'processing') return false;
  if (!ours.isOwn || ours.order === null) return true;
  const isRefunding = ours.refunds.some(({ state }) => state === 'requested');
  return isEnded(ours.order.status) && !isRefunding && standing(ours).held === 0n;
}

function tell(
  { refund, ...finding }: Finding,
  ours: OurPayment,
  theirs: SeenPayment | undefined,
): ToldFinding {
  const lost = refund && lostRefund(refund);
  const besides = refund && {
    refund: refund.amountMinor.toString(),
    refundId: refund.id,
    ...(lost !== undefined && { lostRefundId: lost }),
  };
  return {
    ...finding,
    namedOrder: ours.isOwn ? ours.order?.id : theirs?.orderId,
    ours: ourSide(ours),
    gateway: theirs === undefined ? null : { ...theirSide(theirs), ...besides },
  };
}

function ourSide(ours: OurPayment) {
  if (!ours.isOwn || ours.order === null || ours.payment === null) return null;
  const us = standing(ours);
  return {
    status: ours.payment.state,
    currency: ours.order.currency,
    held: us.held.toString(),
    kept: us.kept.toString(),
  };
}

function theirSide(theirs: SeenPayment) {
  const { status, currency, heldMinor } = theirs;
  return { status, currency, held: heldMinor.toString(), kept: kept(theirs).toString() };
}

/** So many at a time, in order. */
async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
