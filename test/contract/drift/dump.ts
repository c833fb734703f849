/** All that is in the books about some orders, without times and generated IDs: equal, or drifted. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import type { OrderId } from '../../../src/domain/order.ts';
import type { BarrierRow, OrderRow, RefundRow } from '../../simulation/memory/rows.ts';
import { snapshotOf } from '../../simulation/memory/snapshot.ts';
import type { Tables } from '../../simulation/memory/tables.ts';
import { comparable } from './comparable.ts';

type Dump = Readonly<Record<string, readonly unknown[]>>;

export async function dumpPostgres(pool: pg.Pool, ids: readonly OrderId[]): Promise<unknown> {
  const { rows } = await pool.query<{ dump: Dump }>(DUMP, [ids]);
  return sorted(rows[0]?.dump ?? {});
}

/** What was written in an order stays in it; of the rest no order is known. */
function sorted(dump: Dump): unknown {
  const tables = Object.entries(dump).map(([name, rows]) => {
    const texts = rows.map((row) => JSON.stringify(comparable(row)));
    return [name, ['entries', 'actions'].includes(name) ? texts : texts.sort()];
  });
  return Object.fromEntries(tables);
}

const row = (fields: string) => `coalesce(jsonb_agg(jsonb_build_object(${fields})`;

// Column by column, so that what is left out is left out on purpose: times, IDs, personal data.
const DUMP = `SELECT jsonb_build_object(
  'orders', (SELECT ${row(`'id', id, 'status', status, 'gate', gate, 'reason', reason,
      'needsOperator', needs_operator, 'amount', amount::text, 'lastSequence', last_sequence,
      'isStarted', run_started_at IS NOT NULL, 'isTried', start_tried_at IS NOT NULL,
      'isWatched', watched_at IS NOT NULL, 'isBlocked', blocked_since IS NOT NULL,
      'blockedRefund', blocked_refund, 'restarts', restarts, 'voucher', voucher_code,
      'discount', discount::text`)}), '[]')
    FROM "order" WHERE id = ANY ($1)),
  'stock', (SELECT ${row(`'sku', sku, 'available', available, 'reserved', reserved, 'sold', sold`)}),
      '[]')
    FROM stock WHERE sku IN (SELECT sku FROM order_line WHERE order_id = ANY ($1))),
  'vouchers', (SELECT ${row(`'code', code, 'taken', taken`)}), '[]')
    FROM voucher WHERE code IN (SELECT voucher_code FROM "order" WHERE id = ANY ($1))),
  'uses', (SELECT ${row(`'orderId', order_id, 'code', code, 'state', state`)}), '[]')
    FROM voucher_use WHERE order_id = ANY ($1)),
  'reservations', (SELECT ${row(`'orderId', order_id, 'sku', sku, 'quantity', quantity,
      'state', state, 'restocked', restocked`)}), '[]')
    FROM reservation WHERE order_id = ANY ($1)),
  'barriers', (SELECT ${row(`'sagaId', saga_id, 'step', step, 'direction', direction,
      'result', result, 'isByHand', operator_action_id IS NOT NULL`)}), '[]')
    FROM barrier WHERE saga_id = ANY ($1)
      OR saga_id IN (SELECT id FROM refund WHERE order_id = ANY ($1))),
  'payments', (SELECT ${row(`'orderId', order_id, 'intentId', intent_id, 'n', n, 'state', state,
      'isRenewed', is_renewed, 'inParts', in_parts, 'ends', capture_before IS NOT NULL,
      'authorized', authorized::text, 'captured', captured::text, 'voided', voided::text,
      'refunded', refunded::text, 'actionUrl', action_url, 'waits', waits_since IS NOT NULL`)}), '[]')
    FROM payment WHERE order_id = ANY ($1)),
  'entries', (SELECT ${row(`'orderId', order_id, 'refundId', refund_id, 'operation', operation,
      'n', n, 'kind', kind, 'gatewayId', gateway_id, 'outcome', outcome,
      'authorized', authorized::text, 'captured', captured::text, 'voided', voided::text,
      'refunded', refunded::text`)} ORDER BY order_id, id), '[]')
    FROM payment_entry WHERE order_id = ANY ($1)),
  'shipments', (SELECT ${row(`'orderId', order_id, 'trackingNumber', tracking_number`)}), '[]')
    FROM shipment WHERE order_id = ANY ($1)),
  'requests', (SELECT ${row(`'orderId', s.order_id, 'number', s.number, 'state', s.state,
      'amount', s.amount::text, 'trackingNumber', s.tracking_number,
      'lines', (SELECT ${row(`'sku', l.sku, 'quantity', l.quantity, 'amountMinor', l.amount::text`)}
          ORDER BY l.sku), '[]')
        FROM shipment_request_line l WHERE (l.order_id, l.number) = (s.order_id, s.number))`)}), '[]')
    FROM shipment_request s WHERE s.order_id = ANY ($1)),
  'events', (SELECT ${row(`'orderId', order_id, 'sequence', sequence, 'type', type,
      'refundId', refund_id, 'data', data`)}), '[]')
    FROM order_event WHERE order_id = ANY ($1)),
  'refunds', (SELECT ${row(`'id', r.id, 'orderId', r.order_id, 'amount', r.amount::text,
      'state', r.state, 'gatewayId', r.gateway_id, 'requestId', r.request_id,
      'restock', r.restock, 'isSettled', r.settled_at IS NOT NULL,
      'isStarted', r.run_started_at IS NOT NULL, 'isTried', r.start_tried_at IS NOT NULL,
      'isWatched', r.watched_at IS NOT NULL, 'restarts', r.restarts,
      'lines', (SELECT ${row(`'sku', l.sku, 'quantity', l.quantity, 'amountMinor', l.amount::text`)}
          ORDER BY l.sku), '[]')
        FROM refund_line l WHERE l.refund_id = r.id)`)}), '[]')
    FROM refund r WHERE r.order_id = ANY ($1)),
  'parked', (SELECT ${row(`'sagaId', saga_id, 'step', step, 'direction', direction,
      'detail', detail`)}), '[]')
    FROM parked_step WHERE order_id = ANY ($1)),
  'actions', (SELECT ${row(`'sagaId', saga_id, 'step', step, 'direction', direction,
      'action', action, 'operator', operator, 'why', why, 'before', before - 'parked',
      'after', after`)} ORDER BY order_id, id), '[]')
    FROM operator_action WHERE order_id = ANY ($1)),
  'mails', (SELECT ${row(`'id', message_id, 'kind', kind, 'isSent', sent_at IS NOT NULL`)}), '[]')
    FROM mail_outbox WHERE order_id = ANY ($1)),
  'claims', (SELECT ${row(`'orderId', order_id, 'refundId', refund_id`)}), '[]')
    FROM idempotency_claim WHERE order_id = ANY ($1))
) AS dump`;

export function dumpMemory(tables: Tables, ids: readonly OrderId[]): unknown {
  const each = <T>(pick: (id: OrderId) => readonly T[]): T[] => ids.toSorted().flatMap(pick);
  const orders = [...tables.orders.values()].filter(({ id }) => ids.includes(id));
  const refunds = each((id) => tables.refundIds.of(id)).map((id) => tables.refunds.get(id));
  const sagas = [...ids, ...refunds.map((refund) => refund?.id ?? '')];
  const skus = new Set(orders.flatMap(({ lines }) => lines).map(({ sku }) => sku));
  return sorted({
    orders: orders.map(orderOf),
    stock: [...tables.stock.values()]
      .filter(({ sku }) => skus.has(sku))
      .map(({ sku, available, reserved, sold }) => ({ sku, available, reserved, sold })),
    vouchers: [...tables.vouchers.values()]
      .filter(({ code }) => orders.some(({ voucher }) => voucher?.code === code))
      .map(({ code, taken }) => ({ code, taken })),
    uses: each((orderId) => {
      const use = tables.voucherUses.get(orderId);
      return use === undefined ? [] : [{ orderId, code: use.code, state: use.state }];
    }),
    reservations: each((orderId) =>
      tables.reservations.of(orderId).map((held) => ({ orderId, ...held })),
    ),
    barriers: sagas.flatMap((id) => tables.barriers.of(id)).map(barrierOf),
    payments: each((orderId) => {
      const payment = tables.payments.get(orderId);
      if (payment === undefined) return [];
      const { waitsSince, waitsUntil, captureBefore, ...rest } = payment;
      assert.equal(waitsSince === null, waitsUntil === null);
      return [{ orderId, ...rest, waits: waitsSince !== null, ends: captureBefore !== null }];
    }),
    entries: each((id) => tables.entries.of(id)).map(({ id: _, ...entry }) => entry),
    shipments: each((orderId) => {
      const trackingNumber = tables.trackingNumbers.get(orderId);
      return trackingNumber === undefined ? [] : [{ orderId, trackingNumber }];
    }),
    requests: each((orderId) =>
      tables.shipments.of(orderId).map(({ number, amountMinor: amount, ...row }) => {
        const { state, trackingNumber, lines } = row;
        return { orderId, number, amount, state, trackingNumber, lines };
      }),
    ),
    events: each((id) => tables.events.of(id)).map((event) => {
      const { orderId, sequence, type, refundId } = event;
      return { orderId, sequence, type, refundId, data: snapshotOf(event) };
    }),
    refunds: refunds.map((refund) => refund && refundOf(refund)),
    parked: each((id) => tables.parked.of(id)).map(({ sagaId, step, direction, detail }) => ({
      ...{ sagaId, step, direction, detail },
    })),
    actions: each((id) => tables.actions.of(id)).map(({ id: _, orderId: _o, ...action }) => action),
    mails: [...tables.mails.values()]
      .filter(({ orderId }) => ids.includes(orderId))
      .map(({ id, kind, sentAt }) => ({ id, kind, isSent: sentAt !== null })),
    claims: [...tables.claims.values()]
      .filter(({ orderId }) => ids.includes(orderId))
      .map(({ orderId, refundId }) => ({ orderId, refundId })),
  });
}

function orderOf(order: OrderRow) {
  const { id, status, gate, reason, needsOperator, lastSequence, blockedRefund, restarts } = order;
  return {
    ...{ id, status, gate, reason, needsOperator, lastSequence, blockedRefund, restarts },
    amount: order.amountMinor,
    voucher: order.voucher?.code ?? null,
    discount: order.voucher?.discountMinor ?? null,
    isStarted: order.runStartedAt !== null,
    isTried: order.startTriedAt !== null,
    isWatched: order.watchedAt !== null,
    isBlocked: order.blockedSince !== null,
  };
}

function barrierOf({ sagaId, step, direction, answer, actionId }: BarrierRow) {
  const { state, ...rest } = answer;
  const result = state === 'done' ? { ok: answer.result } : { refused: rest };
  return { sagaId, step, direction, result, isByHand: actionId !== null };
}

function refundOf(refund: RefundRow) {
  const { id, orderId, state, gatewayId, requestId, restock, lines, restarts } = refund;
  return {
    ...{ id, orderId, state, gatewayId, requestId, restock, lines, restarts },
    amount: refund.amountMinor,
    isSettled: refund.settledAt !== null,
    isStarted: refund.runStartedAt !== null,
    isTried: refund.startTriedAt !== null,
    isWatched: refund.watchedAt !== null,
  };
}
