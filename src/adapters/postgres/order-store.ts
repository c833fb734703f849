/**
 * The API's side of the order book: each method calls the database function of the same name
 * (migrations/0004, 0011 and 0027), which is one round trip and one transaction. Nothing is decided here.
 */
import pg from 'pg';
import type { AcceptedOrder, OrderSnapshot, OrderStore, PlaceAnswer } from '../../api/ports.ts';
import type { CancelAnswer } from '../../api/ports.ts';
import type { OrderFacts } from '../../domain/order.ts';
import { Unavailable } from '../../domain/wrong.ts';
import { listOrders } from './order-list.ts';
import { call, untilKnown } from './pool.ts';
import { callAs, queryAs } from './tenant.ts';

/** `tenants` for what requests ask, `everyone` for the starter. One pool that may do both will do. */
export function createOrderStore(tenants: pg.Pool, everyone = tenants): OrderStore {
  return {
    async place({ tenantId, route, keyHash, fingerprint }, order, hasRoom = true) {
      const values = [tenantId, route, keyHash, fingerprint, JSON.stringify(order)] as const;
      const answer = await placeOrder(tenants, hasRoom ? 'place_order' : 'place_no_order', values);
      if (answer.state !== 'placed' && answer.state !== 'replayed') return answer;
      const accepted = parseAccepted(answer.order);
      // What comes back under our own ID is no replay: the answer to our commit had been lost.
      if (accepted.facts.id === order.id) return { state: 'placed', order: accepted };
      return { ...answer, order: accepted };
    },
    cancel: ({ tenantId, route, keyHash, fingerprint }, id) =>
      untilKnown(() =>
        callAs<CancelAnswer>(tenants, 'cancel_order', tenantId, id, route, keyHash, fingerprint),
      ),
    async find(tenantId, id) {
      const text =
        'SELECT order_snapshot(id) AS snapshot FROM "order" WHERE id = $2 AND tenant_id = me.id';
      const rows = await queryAs<{ snapshot: OrderSnapshot }>(tenants, 'find_order', text, [
        tenantId,
        id,
      ]);
      return rows[0]?.snapshot;
    },
    list: (tenantId, filter, page) => listOrders(tenants, tenantId, filter, page),
    async leaseUnstarted(graceSeconds, limit) {
      const leased = await call<FactsRow[]>(
        everyone,
        'lease_unstarted',
        `${graceSeconds} s`,
        limit,
      );
      return leased.map((row) => parseAccepted(row).facts);
    },
    async stampStarted(ids) {
      await call(everyone, 'stamp_started', [...ids]);
    },
  };
}

type FactsRow = OrderFacts & { readonly createdAt: string };

type PlaceRow =
  | Exclude<PlaceAnswer, { order: AcceptedOrder }>
  | { readonly state: 'placed'; readonly order: FactsRow }
  | { readonly state: 'replayed'; readonly order: FactsRow; readonly started: boolean };

/** SQLSTATE of a lock that was not given in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/** The only lock that it ever waits for is that of an equal request, in flight elsewhere. */
async function placeOrder(
  pool: pg.Pool,
  fn: 'place_order' | 'place_no_order',
  values: readonly [tenantId: string, ...unknown[]],
): Promise<PlaceRow> {
  try {
    return await untilKnown(() => callAs<PlaceRow>(pool, fn, ...values));
  } catch (error) {
    const cause = error instanceof Unavailable ? error.cause : undefined;
    const isBusy = cause instanceof pg.DatabaseError && cause.code === LOCK_NOT_AVAILABLE;
    if (isBusy) return { state: 'busy' };
    throw error;
  }
}

function parseAccepted({ createdAt, ...facts }: FactsRow): AcceptedOrder {
  return { facts, createdAt };
}
