/** What the metrics tell of the books (migrations/0016): one function, one round trip. */
import type pg from 'pg';
import type { BusinessNumbers } from '../../api/operator-ports.ts';
import { call } from './pool.ts';

// A second of 4,000 events: more than are made, so that whoever has not asked for long catches up.
const MOST_COUNTED = 20_000;

export function createBusinessNumbers(pool: pg.Pool): () => Promise<BusinessNumbers> {
  return () => call<BusinessNumbers>(pool, 'business_numbers', MOST_COUNTED);
}
