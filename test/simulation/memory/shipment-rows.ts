/** Shipments that were asked for: what they are, and what is left to ship (migrations/0033). */
import type { Recorded } from '../../../src/activities/ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { appendEvent, changeOrder, changeStock, lockOrder, moveOrder } from './ledger.ts';
import { recorded, recordedIfCommitted, recordedOrUnwinding } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { OrderRow, PaymentRow, ShipmentRow } from './rows.ts';

/** What of each line no shipment is asked for yet, and what the parcels asked for take of its price. */
export function unshipped(ledger: Pick<Ledger, 'shipments'>, { id, lines }: OrderRow) {
  const asked = ledger.shipments.of(id).filter(({ state }) => state !== 'refused');
  return lines.map(({ sku, quantity }) => {
    const parts = asked.flatMap((row) => row.lines.filter((line) => line.sku === sku));
    const units = parts.reduce((sum, part) => sum + part.quantity, 0);
    const taken = parts.reduce((sum, part) => sum + part.amountMinor, 0n);
    return { sku, quantity: quantity - units, asked: units, taken };
  });
}

/** The first shipment comes before the pivot, all others after it. Undefined means: go on. */
export function recordedPart(
  ledger: Ledger,
  order: OrderRow,
  step: string,
  number: number,
): Recorded | undefined {
  const answer = number === 1 ? recordedOrUnwinding : recordedIfCommitted;
  return answer(ledger, order, `${step} ${number}`);
}

export function shipmentOf(ledger: Ledger, id: OrderId, number: number): ShipmentRow | undefined {
  return ledger.shipments.of(id)[number - 1];
}

export function changeShipment(
  ledger: Ledger,
  id: OrderId,
  number: number,
  change: Partial<ShipmentRow>,
): void {
  const rows = ledger.shipments.of(id);
  ledger.shipments.put(
    id,
    rows.map((row) => (row.number === number ? { ...row, ...change } : row)),
  );
  changeOrder(ledger, id, { updatedAt: ledger.now() });
}

export function refusePart(ledger: Ledger, id: OrderId, number: number): void {
  changeShipment(ledger, id, number, { state: 'refused' });
  appendEvent(ledger, id, 'shipment.refused');
}

export function shipWhole(ledger: Ledger, id: OrderId): void {
  const shipped = ledger.shipments.of(id).filter(({ state }) => state === 'shipped');
  const last = shipped.at(-1);
  if (last !== undefined) ledger.trackingNumbers.put(id, last.trackingNumber ?? '');
  moveOrder(ledger, id, 'shipped');
}

/** Of an order that ends with what was shipped of it, the rest goes back on the shelf. */
export function restockRest(ledger: Ledger, id: OrderId): void {
  const order = lockOrder(ledger, id);
  for (const { number, state } of ledger.shipments.of(id)) {
    if (state === 'requested') refusePart(ledger, id, number);
  }
  const rest = new Map(unshipped(ledger, order).map(({ sku, quantity }) => [sku, quantity]));
  const left = (sku: string) => rest.get(sku) ?? 0;
  const rows = ledger.reservations.of(id);
  for (const { sku } of rows) {
    changeStock(ledger, order.tenantId, sku, { sold: -left(sku), available: left(sku) });
  }
  ledger.reservations.put(
    id,
    rows.map((row) => ({
      ...row,
      restocked: left(row.sku),
      state: left(row.sku) === row.quantity ? 'restocked' : row.state,
    })),
  );
}

export function paymentOf(ledger: Ledger, id: OrderId): PaymentRow {
  const payment = ledger.payments.get(id);
  if (payment === undefined) throw new Error(`bug: order ${id} has no payment`);
  return payment;
}

export function restOf({ authorized, captured, voided }: PaymentRow): bigint {
  return authorized - captured - voided;
}

const HOUR_MS = 3_600_000;

/** It awaits a shipment that nobody has asked for, and its hold does not end soon. */
export function waitsQuietly(ledger: Ledger, { id, ...order }: OrderRow, now: number): boolean {
  const { capturePolicy, needsOperator, status, gate } = order;
  const at = `${status} ${gate}`;
  if (capturePolicy === 'now' || needsOperator || !QUIET.includes(at)) return false;
  const { captureBefore } = paymentOf(ledger, id);
  const asked = ledger.shipments.of(id);
  return (
    (captureBefore ?? 0) > now + 2 * HOUR_MS &&
    !asked.some(({ state }) => UNDER_WAY.includes(state)) &&
    recorded(ledger, id, `await shipment ${asked.length + 1}`) === undefined
  );
}

const QUIET = ['authorized forward', 'paid committed'];

export const UNDER_WAY: readonly ShipmentRow['state'][] = ['requested', 'handed-over'];
