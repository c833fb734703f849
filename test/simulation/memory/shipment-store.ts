/** Asking for shipments (migrations/0033). */
import type { Claim } from '../../../src/api/ports.ts';
import type {
  NewShipment,
  ShipmentAnswer,
  ShipmentStore,
} from '../../../src/api/shipment-ports.ts';
import type { OrderId, OrderLine } from '../../../src/domain/order.ts';
import { appendEvent, lockOrder } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { answerClaim, claimKey, mergeLines } from './order-store.ts';
import { paidFor } from './refund-store.ts';
import type { OrderRow, ShipmentRow } from './rows.ts';
import { unshipped } from './shipment-rows.ts';
import { acceptedShipment } from './snapshot.ts';
import type { Database } from './tables.ts';

export function createShipmentStore(ledger: Ledger, { atomically }: Database): ShipmentStore {
  return {
    request: (claim, orderId, wanted) => atomically(() => ask(ledger, claim, orderId, wanted)),
  };
}

function ask(ledger: Ledger, claim: Claim, id: OrderId, wanted: NewShipment): ShipmentAnswer {
  const known = answerClaim(ledger, claim, ({ orderId, shipmentId }): ShipmentAnswer => {
    const row = ledger.shipments.of(orderId).find((one) => one.id === shipmentId);
    if (row === undefined) throw new Error(`bug: a claim without its shipment`);
    const state = row.id === wanted.id ? 'requested' : 'replayed';
    return { state, shipment: acceptedShipment(row, lockOrder(ledger, orderId)) };
  });
  if (known !== undefined) return known;
  const order = ledger.orders.get(id);
  if (order?.tenantId !== claim.tenantId) return { state: 'unknown' };
  const priced = price(ledger, order, wanted);
  if ('state' in priced) return priced;
  const number = ledger.shipments.of(id).length + 1;
  const row: ShipmentRow = {
    ...{ id: wanted.id, number, ...priced, state: 'requested', trackingNumber: null },
    requestedAt: ledger.now(),
  };
  ledger.shipments.append(id, row);
  appendEvent(ledger, id, 'shipment.requested');
  const { fingerprint } = claim;
  const made = { fingerprint, orderId: id, refundId: null, shipmentId: wanted.id };
  ledger.claims.put(claimKey(claim), made);
  return { state: 'requested', shipment: acceptedShipment(row, order) };
}

// As gateways have it.
const MOST = 50;

/** Each line comes to what is paid for its units with those before, less what those came to. */
function price(
  ledger: Ledger,
  order: OrderRow,
  wanted: NewShipment,
): Pick<ShipmentRow, 'amountMinor' | 'lines'> | ShipmentAnswer {
  const requests = ledger.shipments.of(order.id).length;
  if (!isShippable(ledger, order) || requests === MOST) return { state: 'not-shippable' };
  const left = unshipped(ledger, order);
  const all = left.filter(({ quantity }) => quantity > 0);
  const lines = mergeLines(wanted.lines ?? all.map(({ sku, quantity }) => ({ sku, quantity })));
  const wrong = wrongWith(lines, left);
  if (wrong !== undefined) return wrong;
  const priced = lines.map((line) => ({ ...line, amountMinor: shareOf(order, line, left) }));
  const amountMinor = priced.reduce((sum, line) => sum + line.amountMinor, 0n);
  const rest = order.amountMinor - left.reduce((sum, { taken }) => sum + taken, 0n);
  const isPart = count(lines) < count(left);
  // Nobody can take less than a minor unit, nor leave less for the rest.
  const most = isPart ? rest - 1n : rest;
  if (amountMinor <= 0n || amountMinor > most) return { state: 'exceeds-lines', skus: [] };
  const isAllowed = !isPart || mayBePart(ledger, order, requests);
  return isAllowed ? { amountMinor, lines: priced } : { state: 'only-whole' };
}

function mayBePart(ledger: Ledger, { id }: OrderRow, requests: number): boolean {
  return requests < MOST - 1 && ledger.payments.get(id)?.inParts !== false;
}

function shareOf(order: OrderRow, { sku, quantity }: OrderLine, left: Left): bigint {
  const { asked = 0, taken = 0n } = left.find((line) => line.sku === sku) ?? {};
  return paidFor(order, sku, asked + quantity) - taken;
}

type Left = ReturnType<typeof unshipped>;

function wrongWith(lines: readonly OrderLine[], left: Left): ShipmentAnswer | undefined {
  const of = (sku: string) => left.find((line) => line.sku === sku);
  const unknown = lines.filter(({ sku }) => of(sku) === undefined);
  if (unknown.length > 0) return { state: 'unknown-sku', skus: unknown.map(({ sku }) => sku) };
  const exceeding = lines.filter(({ sku, quantity }) => (of(sku)?.quantity ?? 0) < quantity);
  if (exceeding.length === 0 && lines.length > 0) return undefined;
  return { state: 'exceeds-lines', skus: exceeding.map(({ sku }) => sku) };
}

function count(of: readonly { readonly quantity: number }[]): number {
  return of.reduce((sum, { quantity }) => sum + quantity, 0);
}

function isShippable(ledger: Ledger, { id, gate, status, capturePolicy }: OrderRow): boolean {
  const payment = ledger.payments.get(id);
  if (payment === undefined || capturePolicy === 'now' || gate === 'unwinding') return false;
  const isWaiting = status === 'authorized' || status === 'paid';
  return isWaiting && payment.authorized !== payment.captured + payment.voided;
}
