/** The gateway's events on PostgreSQL: one function, one round trip, one transaction (migrations/0022). */
import type pg from 'pg';
import type { GatewayEventStore, TakenEvents } from '../../api/gateway-event-ports.ts';
import { call } from './pool.ts';

export function createGatewayEvents(pool: pg.Pool): GatewayEventStore {
  return {
    note: ({ id, type, objectId, intentId, orderId, installation, createdAt }) =>
      call<boolean>(
        pool,
        'note_gateway_event',
        id,
        type,
        objectId ?? null,
        intentId ?? null,
        orderId ?? null,
        installation ?? null,
        createdAt,
      ),
    take: (limit, graceMs) =>
      call<TakenEvents>(pool, 'take_gateway_events', limit, `${graceMs} ms`),
    async end(ids, outcome) {
      await call(pool, 'end_gateway_events', ids, outcome);
    },
  };
}
