/** Goods on the shelf (migrations/0002 and 0003): reserved all or none, released, sold, restocked. */
import type { Recorded } from '../../../src/activities/ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import {
  changeStock,
  DONE,
  leaveTombstone,
  lockOrder,
  moveOrder,
  record,
  recorded,
  recordedOrUnwinding,
  recordUndone,
  refused,
  requireGate,
  stockKey,
} from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { ReservationRow } from './rows.ts';

const STEP = 'reserve stock';

export function reserveStock(ledger: Ledger, id: OrderId): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recordedOrUnwinding(ledger, order, STEP);
  if (answer !== undefined) return answer;
  const { tenantId, lines } = order;
  const left = (sku: string) => ledger.stock.get(stockKey(tenantId, sku))?.available ?? 0;
  const missing = lines.filter(({ sku, quantity }) => left(sku) < quantity);
  if (missing.length > 0) {
    const skus = missing.map(({ sku }) => sku).join(', ');
    return record(ledger, id, STEP, refused('out-of-stock', `Not enough left of: ${skus}`));
  }
  for (const { sku, quantity } of lines) {
    changeStock(ledger, tenantId, sku, { available: -quantity, reserved: quantity });
  }
  ledger.reservations.put(
    id,
    lines.map(({ sku, quantity }) => ({ sku, quantity, state: 'held', restocked: 0 })),
  );
  moveOrder(ledger, id, 'reserved');
  return record(ledger, id, STEP, DONE);
}

export function releaseStock(ledger: Ledger, id: OrderId): Recorded {
  const order = lockOrder(ledger, id);
  const answer = recorded(ledger, id, STEP, 'undo');
  if (answer !== undefined) return answer;
  requireGate(order, 'unwinding');
  leaveTombstone(ledger, id, STEP);
  moveReservation(ledger, id, 'held', 'released');
  return recordUndone(ledger, id, STEP);
}

type State = ReservationRow['state'];

/** Moves an order's reservation on, and the stock behind it with it. */
export function moveReservation(ledger: Ledger, id: OrderId, from: State, to: State): void {
  const { tenantId } = lockOrder(ledger, id);
  const rows = ledger.reservations.of(id);
  for (const { sku, quantity, state } of rows) {
    if (state !== from) continue;
    const sold = from === 'sold' ? -quantity : 0;
    changeStock(ledger, tenantId, sku, {
      reserved: from === 'held' ? -quantity : 0,
      sold: to === 'sold' ? quantity : sold,
      available: to === 'released' || to === 'restocked' ? quantity : 0,
    });
  }
  ledger.reservations.put(
    id,
    rows.map((row) => (row.state === from ? { ...row, state: to } : row)),
  );
}
