/** Where a tenant reads an order's events: one function, one round trip (migrations/0009). */
import type pg from 'pg';
import type { EventsOpened, EventStore, OrderEvent } from '../../api/ports.ts';
import { callAs } from './tenant.ts';

export function createEventStore(tenants: pg.Pool): EventStore {
  return {
    async list(tenantId, id, { limit, after }) {
      const values = [id, after, limit];
      const events = await callAs<readonly OrderEvent[] | null>(
        tenants,
        'list_events',
        tenantId,
        ...values,
      );
      return events ?? undefined;
    },
    async open(tenantId, id, lastEventId) {
      const values = [id, lastEventId ?? null];
      const opened = await callAs<EventsOpened | null>(tenants, 'open_events', tenantId, ...values);
      return opened ?? { state: 'unknown' };
    },
  };
}
