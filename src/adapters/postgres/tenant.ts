/**
 * Questions that a request asks. Each names its tenant twice: in its own WHERE, and to the policies of
 * row-level security, which hide all other tenants' rows even from a query that forgets its WHERE
 * (migrations/0010). The setting lasts for the one statement that it is part of, so it costs no round
 * trip, and no connection carries a tenant from one request to the next.
 */
import type pg from 'pg';
import { callWith, createPool, query } from './pool.ts';
import type { PoolOptions } from './pool.ts';

/** For whom the policies hold; it owns nothing. */
const ROLE = 'makegood_tenant';

export function createTenantPool(options: Omit<PoolOptions, 'role'>): pg.Pool {
  return createPool({ ...options, role: ROLE });
}

const HERE = "set_config('makegood.tenant', $1, true)";

/** Calls a function whose first parameter is the tenant: arguments are there before it runs. */
export function callAs<Answer>(
  pool: pg.Pool,
  fn: string,
  tenantId: string,
  ...values: readonly unknown[]
): Promise<Answer> {
  const marks = values.map((_, index) => `$${index + 2}`);
  return callWith(pool, fn, [HERE, ...marks], [tenantId, ...values]);
}

/**
 * A SELECT, whose tenant is called `me.id` and whose own values begin at $2, as the statement that a
 * request sends. It depends on `me`, and OFFSET 0 keeps the planner from taking it apart, so the
 * tenant is set before it is begun.
 */
export function asTenant(select: string): string {
  return `
    WITH me AS MATERIALIZED (SELECT ${HERE} AS id)
    SELECT answer.* FROM me CROSS JOIN LATERAL (SELECT * FROM (${select}) wanted OFFSET 0) answer`;
}

export function queryAs<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  name: string,
  select: string,
  values: readonly [tenantId: string, ...values: unknown[]],
): Promise<Row[]> {
  return query<Row>(pool, name, asTenant(select), values);
}
