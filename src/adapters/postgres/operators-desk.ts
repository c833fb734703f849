/** The operators' desk on PostgreSQL: one function, one round trip each (migrations/0007 and 0011). */
import type pg from 'pg';
import type { CustomersOrder, Decided, Erased, OperatorsDesk } from '../../operator/ports.ts';
import type { QueueEntry, ShownOrder } from '../../operator/ports.ts';
import { call } from './pool.ts';

export function createOperatorsDesk(pool: pg.Pool): OperatorsDesk {
  return {
    queue: (limit) => call<readonly QueueEntry[]>(pool, 'operators_queue', limit),
    async show(id) {
      return (await call<ShownOrder | null>(pool, 'show_order', id)) ?? undefined;
    },
    async resolve({ sagaId, step, action, trackingNumber, operator, why }) {
      const given = JSON.stringify({ trackingNumber });
      return await call<Decided>(pool, 'resolve_step', sagaId, step, action, given, operator, why);
    },
    ordersOf: (email, after, limit) =>
      call<readonly CustomersOrder[]>(pool, 'orders_of_customer', email, after, limit),
    erase: (id, { operator, why }) => call<Erased>(pool, 'erase_order', id, operator, why),
  };
}
