/** A refund's row: how it comes to be, and how it ends (migrations/0005 and 0008). */
import type { OrderId } from '../../../src/domain/order.ts';
import type { RefundId } from '../../../src/domain/refund.ts';
import { changeOrder, lockOrder, unpark } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { RefundRow } from './rows.ts';

type NewRow = Pick<RefundRow, 'id' | 'orderId' | 'amountMinor'> & Partial<RefundRow>;

export function insertRefund(ledger: Ledger, refund: NewRow): RefundRow {
  if (refund.amountMinor <= 0n) throw new Error(`bug: the refund ${refund.id} is of nothing`);
  if (ledger.refunds.get(refund.id) !== undefined) {
    throw new Error(`bug: the refund ${refund.id} is asked for twice`);
  }
  const now = ledger.now();
  const row: RefundRow = {
    state: 'requested',
    gatewayId: null,
    requestId: null,
    restock: false,
    lines: [],
    requestedAt: now,
    settledAt: null,
    runStartedAt: null,
    startTriedAt: null,
    watchedAt: now,
    restarts: 0,
    ...refund,
  };
  ledger.refunds.put(row.id, row);
  ledger.refundIds.append(row.orderId, row.id);
  return row;
}

export function readRefund(ledger: Ledger, id: string): RefundRow & { readonly id: RefundId } {
  const row = ledger.refunds.get(id);
  if (row?.requestId == null) throw new Error(`bug: nobody asked for a refund ${id}`);
  return row as RefundRow & { readonly id: RefundId };
}

/** The only news of a refund is its end: it is neither blocked nor parked nor watched any more. */
export function settleRefund(ledger: Ledger, id: string, change: Partial<RefundRow>): void {
  const row = ledger.refunds.get(id);
  if (row === undefined) throw new Error(`bug: there is no refund ${id}`);
  unflag(ledger, row.orderId, id);
  unpark(ledger, id, 'send refund', 'do');
  ledger.refunds.put(id, { ...row, ...change, watchedAt: null });
}

/** Takes back the watcher's flag that was set because of this saga, and nothing else. */
export function unflag(ledger: Ledger, orderId: OrderId, sagaId: string): void {
  const { blockedSince, blockedRefund } = lockOrder(ledger, orderId);
  if (blockedSince === null || (blockedRefund ?? orderId) !== sagaId) return;
  changeOrder(ledger, orderId, { needsOperator: false, blockedSince: null, blockedRefund: null });
}
