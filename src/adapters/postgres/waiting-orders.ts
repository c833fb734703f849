/** How many orders wait for a worker: one function, one round trip (migrations/0027). */
import type pg from 'pg';
import type { Waiting, WaitingOrders } from '../../api/ports.ts';
import { call } from './pool.ts';

/** More than `most` are only told to be more. */
export function createWaitingOrders(pool: pg.Pool, most: number): WaitingOrders {
  return {
    look: (since) => call<Waiting>(pool, 'look_at_waiting', since ?? null, most + 1),
  };
}
