/**
 * Compares what two books say of one payment. Pure: what is read, how, and when is somebody else's. The
 * first rule is to invent nothing: what an attempt that is under way explains is no difference yet. The
 * second is that money of an order that may still need it, or has used it, is never touched.
 */
import type { DifferenceKind } from './difference.ts';
import { isEnded } from './order.ts';
import type { OrderStatus } from './order.ts';
import { kept, standing } from './two-books.ts';
import type { OurPayment, SeenPayment, SeenRefund } from './two-books.ts';

export interface Patience {
  readonly now: Date;
  /** What has moved more recently is looked at later. */
  readonly toleranceMs: number;
  /** How long an order may wait for an answer of the gateway before that is a difference. */
  readonly underWayMs: number;
  /** How old a hold is when somebody should know. */
  readonly lapseMs: number;
}

export interface Finding {
  /** What it is about: the same in each run. */
  readonly subject: string;
  readonly kind: DifferenceKind;
  readonly detail: string;
  readonly remedy: 'void' | 'refund' | 'book' | null;
  /** Of a refund that is to be booked. */
  readonly refund?: SeenRefund;
}

/** Undefined: too young to be judged. */
export function judge(
  intentId: string,
  ours: OurPayment,
  theirs: SeenPayment | undefined,
  patience: Patience,
): readonly Finding[] | undefined {
  if (isYoung(ours, theirs, patience)) return undefined;
  if (!ours.isOwn) return theirs === undefined ? [] : strangers(ours, theirs);
  if (theirs === undefined) return unknownToThem(intentId, ours);
  return [...own(ours, theirs, patience), ...lapsing(ours, theirs, patience)];
}

function isYoung(
  { isOwn, order, lastEntryAt }: OurPayment,
  theirs: SeenPayment | undefined,
  { now, toleranceMs }: Patience,
): boolean {
  const moves = [lastEntryAt, order?.updatedAt ?? null].flatMap((at) =>
    at === null ? [] : [Date.parse(at)],
  );
  if (!isOwn && theirs !== undefined) moves.push(theirs.createdAt.getTime());
  return Math.max(...moves, -Infinity) > now.getTime() - toleranceMs;
}

// As we make them.
const ORDER_ID = /^ord_[0-9a-z]{26}$/;

/**
 * Nobody's payment here: only what was made in our name, for an order of ours that has ended otherwise, is
 * given back. What is another installation's is for its own reconciler to tell.
 */
function strangers({ order, installation }: OurPayment, theirs: SeenPayment): readonly Finding[] {
  const { id, orderId = '' } = theirs;
  if (theirs.heldMinor === 0n && kept(theirs) === 0n) return [];
  if (isAnothers(theirs, installation)) return [];
  const stranger = { subject: `stranger ${id}`, kind: 'payment-without-order' } as const;
  const missing = unnamed(theirs);
  if (missing !== undefined) return [{ ...stranger, detail: missing, remedy: null }];
  if (order === null) {
    const detail = `it names ${orderId}, which does not exist`;
    return [{ ...stranger, detail, remedy: giveBack(theirs) }];
  }
  if (order.status === 'completed' && kept(theirs) > 0n) {
    const detail = `${orderId} was paid twice: once more by ${id}`;
    return [{ subject: `twice ${id}`, kind: 'invariant-broken', detail, remedy: null }];
  }
  const detail = `it names ${orderId}, which is ${order.status} without it`;
  const remedy = isMadeGood(order.status) ? giveBack(theirs) : null;
  return [{ ...stranger, detail, remedy }];
}

function isAnothers({ installation }: SeenPayment, own: string): boolean {
  return installation !== undefined && installation !== own;
}

/** What is missing to know for certain that it was made by us, and for what. */
function unnamed({ installation, orderId = '' }: SeenPayment): string | undefined {
  if (installation === undefined) return 'it names no installation';
  return ORDER_ID.test(orderId) ? undefined : 'it names no order of ours';
}

function isMadeGood(status: OrderStatus): boolean {
  return isEnded(status) && status !== 'completed';
}

function giveBack({ heldMinor }: SeenPayment): 'void' | 'refund' {
  return heldMinor > 0n ? 'void' : 'refund';
}

function unknownToThem(intentId: string, ours: OurPayment): readonly Finding[] {
  const { held, kept } = standing(ours);
  if (held === 0n && kept === 0n) return [];
  const detail = 'the gateway does not know the payment';
  return [{ subject: `own ${intentId}`, kind: 'order-without-payment', detail, remedy: null }];
}

function own(ours: OurPayment, theirs: SeenPayment, patience: Patience): readonly Finding[] {
  const byHand = theirs.refunds.filter((refund) => !isKnown(ours, refund));
  const returned = byHand.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  const findings = byHand.map((refund) => refundedByHand(ours, theirs, refund));
  if (theirs.isDisputed) {
    const detail = 'the customer’s bank disputes it';
    findings.push({ subject: `dispute ${theirs.id}`, kind: 'moved-by-hand', detail, remedy: null });
  }
  const us = standing(ours);
  const isSame =
    us.held === theirs.heldMinor &&
    us.kept === kept(theirs) + returned &&
    (us.held + us.kept === 0n || theirs.currency === ours.order?.currency);
  if (isSame || isUnderWay(ours, theirs, patience)) return findings;
  return [...findings, other(ours, theirs)];
}

// What a saga has given back that settles a difference.
const SETTLED = /^dif_[0-9a-f]{32}:refund:1$/;

/** Its ID here, by the key it was made with: a book that was restored to an earlier moment has lost it. */
export function lostRefund({ key = '' }: SeenRefund): string | undefined {
  return /^(rfd_[0-9a-z]{26}):refund:1$/.exec(key)?.[1];
}

function isKnown({ refunds }: OurPayment, { id, key }: SeenRefund): boolean {
  if (key !== undefined && SETTLED.test(key)) return true;
  return refunds.some((refund) => refund.gatewayId === id || refund.key === key);
}

function refundedByHand(
  { order }: OurPayment,
  { id, currency }: SeenPayment,
  refund: SeenRefund,
): Finding {
  const lost = lostRefund(refund);
  const why =
    lost === undefined ? 'that nobody here has asked for' : `for ${lost}, which is lost here`;
  return {
    subject: `refund ${refund.id} of ${id}`,
    kind: 'moved-by-hand',
    detail: `refunded ${refund.amountMinor} ${currency} ${why}: ${refund.id}`,
    remedy: order?.status === 'completed' ? 'book' : null,
    refund,
  };
}

/** What an unanswered request of an order that goes on may have done, or a refund that is asked for. */
function isUnderWay(
  { order, asked, refunds }: OurPayment,
  { status, refunds: made }: SeenPayment,
  { now, underWayMs }: Patience,
): boolean {
  const waits = (operation: string) => {
    const request = asked[operation];
    const since = request?.isAnswered === false ? Date.parse(request.at) : -Infinity;
    return since > now.getTime() - underWayMs;
  };
  const isRefunding = made.some(({ key }) =>
    refunds.some((refund) => refund.key === key && refund.state === 'requested'),
  );
  if (isRefunding) return true;
  if (order === null || isEnded(order.status)) return false;
  return (MAKES[status] ?? []).some(waits);
}

/** Which of our requests lead to which status at the gateway. */
const MAKES: Readonly<Record<string, readonly string[]>> = {
  requires_capture: ['confirm', 'capture'],
  processing: ['confirm', 'capture', 'cancel'],
  succeeded: ['capture'],
  canceled: ['capture', 'cancel'],
};

/** The first that fits says what it is. */
function other(ours: OurPayment, theirs: SeenPayment): Finding {
  const subject = `own ${theirs.id}`;
  const found = WHAT.map((what) => what(ours, theirs)).find((one) => one !== undefined);
  const detail = amounts(standing(ours), theirs);
  return { subject, remedy: null, ...(found ?? { kind: 'amounts-differ', detail }) };
}

type What = Pick<Finding, 'kind' | 'detail'> & Partial<Pick<Finding, 'remedy'>>;

const WHAT: readonly ((ours: OurPayment, theirs: SeenPayment) => What | undefined)[] = [
  takenTooMuch,
  capturedByHand,
  canceledByHand,
  leftThere,
  goneThere,
];

function takenTooMuch({ order }: OurPayment, { capturedMinor }: SeenPayment): What | undefined {
  if (order === null || capturedMinor <= BigInt(order.amount)) return undefined;
  return { kind: 'invariant-broken', detail: `${order.id} was captured for more than it comes to` };
}

function capturedByHand(ours: OurPayment, { capturedMinor }: SeenPayment): What | undefined {
  if (capturedMinor === 0n || ours.asked['capture'] !== undefined) return undefined;
  const remedy = isOrphan(ours) ? 'refund' : null;
  return { kind: 'moved-by-hand', detail: 'captured by nobody here', remedy };
}

function canceledByHand(ours: OurPayment, theirs: SeenPayment): What | undefined {
  const isTheirs = theirs.status === 'canceled' && !theirs.hasLapsed;
  if (!isTheirs || standing(ours).held === 0n || ours.asked['cancel']) return undefined;
  return { kind: 'moved-by-hand', detail: 'canceled by nobody here' };
}

function leftThere(ours: OurPayment, theirs: SeenPayment): What | undefined {
  if (!isOrphan(ours)) return undefined;
  const { id, status } = ours.order;
  const detail = `${id} is ${status}, and its money is still at the gateway`;
  return { kind: 'payment-without-order', detail, remedy: giveBack(theirs) };
}

function goneThere(_: OurPayment, theirs: SeenPayment): What | undefined {
  if (theirs.heldMinor > 0n || theirs.capturedMinor > 0n) return undefined;
  const detail = theirs.hasLapsed ? 'the hold has lapsed' : `there the payment is ${theirs.status}`;
  return { kind: 'order-without-payment', detail };
}

/** By our book its order has ended without it, and no operator has said that it is settled elsewhere. */
function isOrphan(
  ours: OurPayment,
): ours is OurPayment & { readonly order: NonNullable<OurPayment['order']> } {
  const { order, isDecidedByHand } = ours;
  const { held, kept: taken } = standing(ours);
  return order !== null && isMadeGood(order.status) && !isDecidedByHand && held + taken === 0n;
}

function amounts(us: { held: bigint; kept: bigint }, theirs: SeenPayment): string {
  const there = `${theirs.heldMinor} held, ${kept(theirs)} kept, in ${theirs.currency}`;
  return `${us.held} held and ${us.kept} kept here; at the gateway ${there}`;
}

function lapsing(
  ours: OurPayment,
  { id, heldMinor, createdAt }: SeenPayment,
  { now, lapseMs }: Patience,
): readonly Finding[] {
  if (heldMinor === 0n || standing(ours).held === 0n) return [];
  if (ours.order?.isCapturedLater) return [];
  if (now.getTime() - createdAt.getTime() < lapseMs) return [];
  const detail = `held since ${createdAt.toISOString()}`;
  return [{ subject: `lapse ${id}`, kind: 'authorization-lapsing', detail, remedy: null }];
}
