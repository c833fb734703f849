/** The API's side of refunds (migrations/0005 and 0011). */
import type { Claim, NewRefund, RefundAnswer, RefundStore } from '../../../src/api/ports.ts';
import { isEnded } from '../../../src/domain/order.ts';
import type { OrderId, OrderLine } from '../../../src/domain/order.ts';
import { appendEvent, lockOrder, requireGate } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { answerClaim, claimKey, leaseUnstarted, mergeLines } from './order-store.ts';
import { insertRefund, readRefund } from './refund-rows.ts';
import type { OrderRow, RefundLineRow, RefundRow } from './rows.ts';
import { unshipped } from './shipment-rows.ts';
import { acceptedRefund, money, refundFacts, refundSnapshot } from './snapshot.ts';
import type { Database } from './tables.ts';

export function createRefundStore(ledger: Ledger, { atomically }: Database): RefundStore {
  return {
    request: (claim, orderId, refund) =>
      atomically(() => requestRefund(ledger, claim, orderId, refund)),
    find: (tenantId, orderId, id) =>
      atomically(() => {
        const order = ledger.orders.get(orderId);
        const refund = ledger.refunds.get(id);
        const isOurs = order?.tenantId === tenantId && refund?.orderId === orderId;
        return isOurs && refund.requestId !== null ? refundSnapshot(refund, order) : undefined;
      }),
    leaseUnstarted: (graceSeconds, limit) =>
      atomically(() => {
        const asked = [...ledger.refunds.values()].filter(({ requestId }) => requestId !== null);
        const now = ledger.now();
        const due = leaseUnstarted(asked, now, graceSeconds, limit);
        for (const row of due) ledger.refunds.put(row.id, { ...row, startTriedAt: now });
        return due.map((row) => refundFacts(row, lockOrder(ledger, row.orderId)));
      }),
    stampStarted: (ids) =>
      atomically(() => {
        for (const id of ids) {
          const row = ledger.refunds.get(id);
          if (row?.runStartedAt !== null) continue;
          ledger.refunds.put(id, { ...row, runStartedAt: ledger.now() });
        }
      }),
  };
}

function requestRefund(
  ledger: Ledger,
  claim: Claim,
  orderId: OrderId,
  refund: NewRefund,
): RefundAnswer {
  const known = answerClaim(ledger, claim, ({ refundId }): RefundAnswer => {
    const row = readRefund(ledger, refundId ?? '');
    const accepted = acceptedRefund(row, lockOrder(ledger, row.orderId));
    const started = row.runStartedAt !== null;
    // What comes back under our own ID is no replay: the answer to our commit had been lost.
    return row.id === refund.id
      ? { state: 'requested', refund: accepted }
      : { state: 'replayed', refund: accepted, started };
  });
  if (known !== undefined) return known;
  const order = ledger.orders.get(orderId);
  if (order?.tenantId !== claim.tenantId) return { state: 'unknown' };
  const priced = priceRefund(ledger, order, refund);
  if (priced.state !== 'priced') return priced;
  requireGate(order, 'committed');
  const { id, requestId, restock = false } = refund;
  const { amountMinor, lines } = priced;
  const row = insertRefund(ledger, { id, orderId, amountMinor, requestId, restock, lines });
  appendEvent(ledger, orderId, 'refund.requested', id);
  const { fingerprint } = claim;
  ledger.claims.put(claimKey(claim), { fingerprint, orderId, refundId: id });
  return { state: 'requested', refund: acceptedRefund(row, order) };
}

interface Priced {
  readonly state: 'priced';
  readonly amountMinor: bigint;
  readonly lines: readonly RefundLineRow[];
}

/** Says what a refund comes to, or why there is none. Without amount and lines it is all the rest. */
function priceRefund(ledger: Ledger, order: OrderRow, refund: NewRefund): Priced | RefundAnswer {
  const taken = ledger.refundIds
    .of(order.id)
    .map((id) => ledger.refunds.get(id))
    .filter((row): row is RefundRow => row !== undefined && row.state !== 'failed');
  const captured = ledger.payments.get(order.id)?.captured ?? 0n;
  const rest = taken.reduce((left, { amountMinor }) => left - amountMinor, captured);
  const lines = mergeLines(refund.lines ?? []).map((line) => ({
    ...line,
    ...availableOf(order, taken, line, unsentOf(ledger, order, line)),
  }));
  const wanted = wantedOf(refund, lines, rest);
  const refusal = whyNot(order, refund, lines, wanted > rest || rest === 0n || wanted <= 0n);
  if (refusal === 'exceeds-captured') {
    return { state: refusal, refundable: money(rest, order.currency) };
  }
  if (refusal !== undefined) return refusal;
  const kept = lines.map(({ sku, quantity, amountMinor }) => ({ sku, quantity, amountMinor }));
  return { state: 'priced', amountMinor: wanted, lines: kept };
}

function whyNot(
  { status, currency }: OrderRow,
  { amount }: NewRefund,
  lines: readonly PricedLine[],
  exceeds: boolean,
): 'exceeds-captured' | RefundAnswer | undefined {
  const skusWhere = (is: (line: PricedLine) => boolean) => lines.filter(is).map(({ sku }) => sku);
  if (!isEnded(status)) return { state: 'in-progress' };
  const unknown = skusWhere(({ available }) => available === undefined);
  if (unknown.length > 0) return { state: 'unknown-sku', skus: unknown };
  if (amount !== undefined && amount.currency !== currency) return { state: 'wrong-currency' };
  if (exceeds) return 'exceeds-captured';
  const exceeding = skusWhere(({ available = 0, quantity }) => available < quantity);
  return exceeding.length > 0 ? { state: 'exceeds-lines', skus: exceeding } : undefined;
}

interface PricedLine extends OrderLine {
  /** What no other refund has taken yet; undefined where the order has no such line. */
  readonly available: number | undefined;
  /** What it comes to. */
  readonly amountMinor: bigint;
}

function wantedOf(refund: NewRefund, lines: readonly PricedLine[], rest: bigint): bigint {
  if (refund.lines === undefined) return refund.amount ? BigInt(refund.amount.value) : rest;
  return lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

function availableOf(
  order: OrderRow,
  taken: readonly RefundRow[],
  { sku, quantity }: OrderLine,
  unsent: number,
): Omit<PricedLine, keyof OrderLine> {
  const bought = order.lines.find((one) => one.sku === sku)?.quantity;
  if (bought === undefined) return { available: undefined, amountMinor: 0n };
  const gone = taken.flatMap((refund) => refund.lines).filter((one) => one.sku === sku);
  const units = gone.reduce((sum, one) => sum + one.quantity, 0);
  const paidBack = gone.reduce((sum, one) => sum + one.amountMinor, 0n);
  const amountMinor = paidFor(order, sku, units + quantity) - paidBack;
  return { available: bought - units - unsent, amountMinor };
}

/** What was never shipped cannot come back. */
function unsentOf(ledger: Ledger, order: OrderRow, { sku: wanted }: OrderLine): number {
  if (order.capturePolicy === 'now') return 0;
  return unshipped(ledger, order).find(({ sku }) => sku === wanted)?.quantity ?? 0;
}

/** What so many units of a line were paid with: each sum of parts is rounded down. */
export function paidFor({ lines, amountMinor }: OrderRow, sku: string, units: number): bigint {
  const priceOf = (some: OrderRow['lines']) =>
    some.reduce((sum, one) => sum + BigInt(one.quantity) * one.unitPriceMinor, 0n);
  const at = lines.findIndex((one) => one.sku === sku);
  const upTo = (end: number) => (amountMinor * priceOf(lines.slice(0, end))) / priceOf(lines);
  const paid = upTo(at + 1) - upTo(at);
  return (paid * BigInt(units)) / BigInt(lines[at]?.quantity ?? 1);
}
