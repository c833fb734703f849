/** Orders that are captured at shipment, and shipments asked of them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { typeid } from 'typeid-js';
import type { OrderBook, PaymentGateway } from '../../src/activities/ports.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import type { AcceptedShipment, ShipmentAnswer } from '../../src/api/shipment-ports.ts';
import type { OrderFacts, OrderId, OrderLine } from '../../src/domain/order.ts';
import { TENANT } from './shop.ts';
import type { OrderChange, Shop } from './shop.ts';

/** Whatever its tenant's policy is. */
export async function captureLater(pool: pg.Pool, id: OrderId): Promise<void> {
  await pool.query(`UPDATE "order" SET capture_policy = 'at-shipment' WHERE id = $1`, [id]);
}

export async function laterOrder(
  shop: Shop,
  lines: OrderFacts['lines'],
  change?: OrderChange,
): Promise<OrderFacts> {
  const order = await shop.order(lines, change);
  await captureLater(shop.pool, order.id);
  return { ...order, capture: 'at-shipment' };
}

/** Waits for its shipment, by the book alone. */
export async function bookHeld(
  pool: pg.Pool,
  book: OrderBook,
  id: OrderId,
  amountMinor: bigint,
): Promise<void> {
  await captureLater(pool, id);
  await book.reserveStock(id);
  await book.beginAuthorization(id);
  await book.commitIntent(id, `pi_${id}`);
  await book.recordAuthorization(id, intentOf(id, amountMinor, 0n));
}

/** Hands the shipment over and captures it, by the book alone; `upTo` is all that is captured then. */
export async function bookPart(
  book: OrderBook,
  id: OrderId,
  number: number,
  upTo: bigint,
): Promise<void> {
  await book.nextShipment(id, number, 0);
  await book.recordPart(id, number, `MG${number}`);
  await book.beginPartCapture(id, number);
  await book.recordPartCapture(id, number, intentOf(id, 0n, upTo));
}

function intentOf(id: OrderId, capturableMinor: bigint, capturedMinor: bigint) {
  const amount = { amountMinor: capturableMinor + capturedMinor, currency: 'EUR' };
  const status = 'requires_capture' as const;
  return { id: `pi_${id}`, status, amount, capturableMinor, capturedMinor };
}

/** As the API would ask for it. */
export function askToShip(
  pool: pg.Pool,
  { id }: Pick<OrderFacts, 'id'>,
  lines?: readonly OrderLine[],
): Promise<ShipmentAnswer> {
  const claim = {
    tenantId: TENANT,
    route: `POST /v1/orders/${id}/shipments`,
    keyHash: randomBytes(32),
    fingerprint: randomBytes(32),
  };
  const wanted = { id: typeid('shp').toString(), requestId: 'req_ship', ...(lines && { lines }) };
  return createShipmentStore(pool).request(claim, id, wanted);
}

export async function shippingOf(
  ...asked: Parameters<typeof askToShip>
): Promise<AcceptedShipment> {
  const answer = await askToShip(...asked);
  assert.equal(answer.state, 'requested');
  return answer.shipment;
}

/** What the run waits for: one of them, then the rest; and when nobody pays for that, no more. */
export async function shipNext(pool: pg.Pool, order: OrderFacts): Promise<void> {
  const [{ state, count } = { state: null, count: 0 }] = (
    await pool.query<{ state: string | null; count: number }>(
      `SELECT (array_agg(state ORDER BY number DESC))[1] AS state, count(*)::integer AS count
       FROM shipment_request WHERE order_id = $1`,
      [order.id],
    )
  ).rows;
  if (state === 'refused') {
    await pool.query(
      `SELECT record_refusal($1, $2, 'rest-not-shipped', 'given up')
       WHERE recorded($1, $2) IS NULL AND recorded($1, $3) IS NOT NULL`,
      [order.id, `await shipment ${count + 1}`, `cancel shipment ${count}`],
    );
  } else if (state === null || state === 'shipped') {
    const [line] = order.lines;
    await askToShip(pool, order, count === 0 && line ? [{ ...line, quantity: 1 }] : undefined);
  }
}

/** Within the margin that is kept for it, the first time. */
export async function endSoon(pool: pg.Pool, { id }: Pick<OrderFacts, 'id'>): Promise<void> {
  await pool.query(
    `UPDATE payment SET capture_before = clock_timestamp() + interval '1 hour'
     WHERE order_id = $1 AND NOT is_renewed`,
    [id],
  );
}

/** The gateway's own people let the hold go, once the second parcel is handed over. */
export async function lapseSecond(
  pool: pg.Pool,
  dashboard: Pick<PaymentGateway, 'cancelIntent'>,
  { id }: OrderFacts,
): Promise<void> {
  const { rows } = await pool.query<{ intent: string }>(
    `SELECT intent_id AS intent FROM payment p JOIN shipment_request s USING (order_id)
     WHERE order_id = $1 AND s.number = 2 AND s.state = 'handed-over'`,
    [id],
  );
  for (const { intent } of rows) {
    await dashboard.cancelIntent(intent, { key: `dashboard:${id}`, timeoutMs: 5_000 });
  }
}
