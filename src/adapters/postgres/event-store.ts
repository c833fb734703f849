/** Where a tenant reads an order's events: one function, one round trip (migrations/0009). */
import type pg from 'pg';
import type { EventsOpened, EventStore, OrderEvent } from '../../api/ports.ts';
import { call } from './pool.ts';

export function createEventStore(pool: pg.Pool): EventStore {
  return {
    async list(tenantId, id, { limit, after }) {
      const values = [tenantId, id, after, limit];
      const events = await call<readonly OrderEvent[] | null>(pool, 'list_events', ...values);
      return events ?? undefined;
    },
    async open(tenantId, id, lastEventId) {
      const values = [tenantId, id, lastEventId ?? null];
      const opened = await call<EventsOpened | null>(pool, 'open_events', ...values);
      return opened ?? { state: 'unknown' };
    },
  };
}
