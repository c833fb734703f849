/** The watcher's questions to the books, about orders and refunds alike (migrations/0006 and 0008). */
import type { SilentSaga, WatchStore } from '../../../src/api/ports.ts';
import { isEnded } from '../../../src/domain/order.ts';
import { appendEvent, changeOrder, lockOrder, orderOfSaga } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { unflag } from './refund-rows.ts';
import type { OrderRow, RefundRow } from './rows.ts';
import { UNDER_WAY, waitsQuietly } from './shipment-rows.ts';
import { factsOf, refundFacts } from './snapshot.ts';
import type { Database } from './tables.ts';

export function createWatchStore(ledger: Ledger, { atomically }: Database): WatchStore {
  return {
    leaseSilent: (silenceSeconds, limit) =>
      atomically(() => leaseSilent(ledger, silenceSeconds * 1_000, limit)),
    flag: (id, silenceSeconds) => atomically(() => flag(ledger, id, silenceSeconds * 1_000)),
    unflag: (id) =>
      atomically(() => {
        const orderId = orderOfSaga(ledger, id);
        if (orderId !== undefined) unflag(ledger, orderId, id);
      }),
    countRestart: (id) =>
      atomically(() => {
        const row = ledger.refunds.get(id);
        if (row !== undefined) ledger.refunds.put(id, { ...row, restarts: row.restarts + 1 });
        const order = ledger.orders.get(id as OrderRow['id']);
        if (order !== undefined) changeOrder(ledger, order.id, { restarts: order.restarts + 1 });
      }),
  };
}

/** Longest unwatched first, orders and refunds in one line. */
function leaseSilent(
  ledger: Ledger,
  silenceMs: number,
  limit: number,
): { silent: SilentSaga[]; more: boolean } {
  const now = ledger.now();
  const isDue = ({ runStartedAt, watchedAt }: OrderRow | RefundRow) =>
    runStartedAt !== null && watchedAt !== null && watchedAt < now - silenceMs;
  const due = [...ledger.orders.values(), ...ledger.refunds.values()]
    .filter(isDue)
    .sort((a, b) => (a.watchedAt ?? 0) - (b.watchedAt ?? 0))
    .slice(0, limit);
  const silent = due.map((row) =>
    'gate' in row ? leaseOrder(ledger, row, now, silenceMs) : leaseRefund(ledger, row, now),
  );
  return {
    silent: silent.filter((saga) => saga !== undefined),
    more: due.length === limit,
  };
}

/** One that has moved since is only put off until it has been silent for that long. */
function leaseOrder(
  ledger: Ledger,
  order: OrderRow,
  now: number,
  silenceMs: number,
): SilentSaga | undefined {
  const { id, gate, reason, updatedAt, watchedAt } = order;
  const isSilent = updatedAt < now - silenceMs;
  const restarts = updatedAt > (watchedAt ?? 0) ? 0 : order.restarts;
  changeOrder(ledger, id, {
    watchedAt: isSilent ? lentUntil(ledger, order, now) : updatedAt,
    restarts,
  });
  if (!isSilent) return undefined;
  return {
    kind: 'order',
    facts: factsOf(order),
    isCancelled: gate === 'unwinding' && reason === 'cancelled',
    isBlocked: isBlockedBy(order, id),
    restarts,
    ...(ledger.shipments.of(id).some(({ state }) => UNDER_WAY.includes(state)) && {
      isAsked: true,
    }),
  };
}

function lentUntil(ledger: Ledger, order: OrderRow, now: number): number {
  return waitsQuietly(ledger, order, now) ? now + HOUR_MS : now;
}

const HOUR_MS = 3_600_000;

function leaseRefund(ledger: Ledger, row: RefundRow, now: number): SilentSaga {
  const order = lockOrder(ledger, row.orderId);
  ledger.refunds.put(row.id, { ...row, watchedAt: now });
  const { restarts } = row;
  const isBlocked = isBlockedBy(order, row.id);
  return { kind: 'refund', facts: refundFacts(row, order), isBlocked, restarts };
}

function isBlockedBy({ id, blockedSince, blockedRefund }: OrderRow, sagaId: string): boolean {
  return blockedSince !== null && (blockedRefund ?? id) === sagaId;
}

/** Only while the silence lasts: what was read of the run before may be old. */
function flag(ledger: Ledger, sagaId: string, silenceMs: number): boolean {
  const orderId = orderOfSaga(ledger, sagaId);
  if (orderId === undefined) throw new Error(`bug: there is no order ${sagaId}`);
  const order = lockOrder(ledger, orderId);
  const now = ledger.now();
  const isOver =
    orderId === sagaId
      ? isEnded(order.status) || order.updatedAt > now - silenceMs
      : ledger.refunds.get(sagaId)?.state !== 'requested';
  if (order.needsOperator || isOver) return false;
  changeOrder(ledger, orderId, {
    needsOperator: true,
    blockedSince: now,
    blockedRefund: orderId === sagaId ? null : sagaId,
  });
  appendEvent(ledger, orderId, 'order.needs_operator');
  return true;
}
