/** The API's side of the order book (migrations/0004 and 0011): placing, cancelling, starting. */
import type {
  CancelAnswer,
  Claim,
  NewOrder,
  OrderStore,
  PlaceAnswer,
} from '../../../src/api/ports.ts';
import type { MoneyJson } from '../../../src/domain/money.ts';
import type { OrderLine } from '../../../src/domain/order.ts';
import { appendEvent, changeOrder, lockOrder, stockKey, voucherKey } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { ClaimRow, LineRow, OrderRow } from './rows.ts';
import { acceptedOrder, factsOf, money, snapshotOf } from './snapshot.ts';
import type { Database } from './tables.ts';

export type MemoryOrderStore = Omit<OrderStore, 'list'>;

export function createOrderStore(ledger: Ledger, { atomically }: Database): MemoryOrderStore {
  return {
    place: (claim, order, hasRoom = true) =>
      atomically(() => placeOrder(ledger, claim, order, hasRoom)),
    cancel: (claim, id) => atomically(() => cancelOrder(ledger, claim, id)),
    find: (tenantId, id) =>
      atomically(() => {
        const order = ledger.orders.get(id);
        if (order?.tenantId !== tenantId) return undefined;
        const payment = ledger.payments.get(id);
        const shipments = ledger.shipments.of(id);
        const trackingNumber = ledger.trackingNumbers.get(id);
        return snapshotOf({ order, payment, trackingNumber, shipments });
      }),
    leaseUnstarted: (graceSeconds, limit) =>
      atomically(() => {
        const due = leaseUnstarted([...ledger.orders.values()], ledger.now(), graceSeconds, limit);
        for (const { id } of due) changeOrder(ledger, id, { startTriedAt: ledger.now() });
        return due.map(factsOf);
      }),
    stampStarted: (ids) =>
      atomically(() => {
        for (const id of ids) {
          if (ledger.orders.get(id)?.runStartedAt !== null) continue;
          changeOrder(ledger, id, { runStartedAt: ledger.now() });
        }
      }),
  };
}

// --- claims --------------------------------------------------------------------------------------

export function claimKey({ tenantId, route, keyHash }: Claim): string {
  return `${tenantId} ${route} ${keyHash.toString('latin1')}`;
}

/** A mismatch never tells what the first body was. Undefined while nobody holds the key. */
export function answerClaim<Answer>(
  ledger: Ledger,
  claim: Claim,
  replay: (row: ClaimRow) => Answer,
): Answer | { state: 'mismatched' } | undefined {
  const row = ledger.claims.get(claimKey(claim));
  if (row === undefined) return undefined;
  return row.fingerprint.equals(claim.fingerprint) ? replay(row) : { state: 'mismatched' };
}

// --- place ---------------------------------------------------------------------------------------

function placeOrder(ledger: Ledger, claim: Claim, order: NewOrder, hasRoom: boolean): PlaceAnswer {
  const known = answerClaim(ledger, claim, ({ orderId }): PlaceAnswer => {
    const row = lockOrder(ledger, orderId);
    const started = row.runStartedAt !== null;
    const placed = acceptedOrder(row);
    // What comes back under our own ID is no replay: the answer to our commit had been lost.
    return row.id === order.id
      ? { state: 'placed', order: placed }
      : { state: 'replayed', order: placed, started };
  });
  if (known !== undefined) return known;
  const priced = priceOrder(ledger, claim.tenantId, order);
  if (priced.state !== 'priced') return priced;
  if (!hasRoom) return { state: 'no-room' };
  const { fingerprint } = claim;
  ledger.claims.put(claimKey(claim), { fingerprint, orderId: order.id, refundId: null });
  insertOrder(ledger, claim.tenantId, order, priced);
  return { state: 'placed', order: acceptedOrder(lockOrder(ledger, order.id)) };
}

interface Priced {
  readonly state: 'priced';
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly lines: readonly LineRow[];
  readonly voucher: OrderRow['voucher'];
}

function priceOrder(ledger: Ledger, tenantId: string, order: NewOrder): Priced | PlaceAnswer {
  const wanted = mergeLines(order.lines).map((line) => ({
    ...line,
    stock: ledger.stock.get(stockKey(tenantId, line.sku)),
  }));
  const unknown = wanted.filter(({ stock }) => stock === undefined).map(({ sku }) => sku);
  if (unknown.length > 0) return { state: 'unknown-sku', skus: unknown };
  if (new Set(wanted.map(({ stock }) => stock?.currency)).size > 1) {
    return { state: 'mixed-currencies' };
  }
  const lines = wanted.map(({ sku, quantity, stock }) => ({
    sku,
    quantity,
    unitPriceMinor: stock?.unitPriceMinor ?? 0n,
  }));
  const total = lines.reduce(
    (sum, { quantity, unitPriceMinor }) => sum + BigInt(quantity) * unitPriceMinor,
    0n,
  );
  const currency = wanted[0]?.stock?.currency ?? '';
  const granted = priceVoucher(ledger, tenantId, order, total);
  if (granted.state !== 'granted') return granted;
  const { amountMinor, voucher, isExhausted } = granted;
  const soldOut = wanted.filter(({ quantity, stock }) => (stock?.available ?? 0) < quantity);
  const skus = soldOut.map(({ sku }) => sku);
  const objection = objectionTo(order, money(amountMinor, currency), isExhausted, skus);
  return objection ?? { state: 'priced', amountMinor, currency, lines, voucher };
}

function objectionTo(
  { expectedAmount }: NewOrder,
  amount: MoneyJson,
  isExhausted: boolean,
  soldOut: readonly string[],
): PlaceAnswer | undefined {
  const { value, currency } = expectedAmount ?? amount;
  if (value !== amount.value || currency !== amount.currency) {
    return { state: 'price-changed', amount };
  }
  if (isExhausted) return { state: 'voucher-exhausted' };
  return soldOut.length > 0 ? { state: 'sold-out', skus: soldOut } : undefined;
}

interface Granted {
  readonly state: 'granted';
  /** What is left to pay. */
  readonly amountMinor: bigint;
  readonly voucher: OrderRow['voucher'];
  readonly isExhausted: boolean;
}

function priceVoucher(
  ledger: Ledger,
  tenantId: string,
  { voucherCode }: NewOrder,
  total: bigint,
): Granted | PlaceAnswer {
  if (voucherCode === undefined) {
    return { state: 'granted', amountMinor: total, voucher: null, isExhausted: false };
  }
  const row = ledger.vouchers.get(voucherKey(tenantId, voucherCode.toUpperCase()));
  if (row === undefined) return { state: 'unknown-voucher' };
  const { code, amountOff, taken, uses } = row;
  if (amountOff >= total) return { state: 'voucher-not-applicable', why: 'nothing-to-pay' };
  return {
    state: 'granted',
    amountMinor: total - amountOff,
    voucher: { code, discountMinor: amountOff },
    isExhausted: taken >= uses,
  };
}

/** The same SKU twice is one line; in SKU order. */
export function mergeLines(lines: readonly OrderLine[]): OrderLine[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  }
  return [...quantities]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((a, b) => (a.sku < b.sku ? -1 : 1));
}

function insertOrder(ledger: Ledger, tenantId: string, order: NewOrder, priced: Priced): void {
  const { id, requestId, paymentMethod, customer, shippingAddress, metadata = {} } = order;
  const { returnUrl = null } = order;
  const { amountMinor, currency, lines, voucher } = priced;
  if (ledger.orders.get(id) !== undefined) throw new Error(`bug: order ${id} is placed twice`);
  const now = ledger.now();
  ledger.orders.put(id, {
    id,
    tenantId,
    status: 'accepted',
    gate: 'forward',
    reason: null,
    needsOperator: false,
    amountMinor,
    currency,
    voucher,
    paymentMethod,
    returnUrl,
    customer,
    address: shippingAddress,
    metadata,
    requestId,
    capturePolicy: ledger.policies.get(tenantId) ?? 'now',
    lines,
    lastSequence: 0,
    createdAt: now,
    updatedAt: now,
    runStartedAt: null,
    startTriedAt: null,
    watchedAt: now,
    blockedSince: null,
    blockedRefund: null,
    restarts: 0,
  });
  appendEvent(ledger, id, 'order.accepted');
}

// --- cancel --------------------------------------------------------------------------------------

function cancelOrder(ledger: Ledger, claim: Claim, id: OrderRow['id']): CancelAnswer {
  const known = answerClaim(ledger, claim, (): CancelAnswer => ({ state: 'replayed' }));
  if (known !== undefined) return known;
  const order = ledger.orders.get(id);
  if (order?.tenantId !== claim.tenantId) return { state: 'unknown' };
  if (order.gate === 'committing' || order.gate === 'committed') return { state: 'too-late' };
  if (order.gate === 'forward') {
    changeOrder(ledger, id, { gate: 'unwinding', reason: 'cancelled' });
  }
  const { fingerprint } = claim;
  ledger.claims.put(claimKey(claim), { fingerprint, orderId: id, refundId: null });
  return { state: 'cancelled' };
}

// --- the starter ---------------------------------------------------------------------------------

interface Startable {
  readonly runStartedAt: number | null;
  readonly startTriedAt: number | null;
}

/** Least recently tried first, so that one that is bad holds up no other. */
export function leaseUnstarted<Row extends Startable>(
  rows: readonly (Row & ({ readonly createdAt: number } | { readonly requestedAt: number }))[],
  now: number,
  graceSeconds: number,
  limit: number,
): Row[] {
  const before = now - graceSeconds * 1_000;
  return rows
    .filter(
      (row) =>
        row.runStartedAt === null &&
        ('createdAt' in row ? row.createdAt : row.requestedAt) < before &&
        (row.startTriedAt ?? -Infinity) < before,
    )
    .sort((a, b) => (a.startTriedAt ?? -Infinity) - (b.startTriedAt ?? -Infinity) || 0)
    .slice(0, limit);
}
