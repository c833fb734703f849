/**
 * A tenant's orders, newest first. Each combination of filters is a statement of its own, so that
 * each is answered from an index (migrations/0009 and 0028) and none is planned for the sake of another.
 */
import type pg from 'pg';
import type { ListedOrder, OrderFilter, OrderPlace, OrderSnapshot } from '../../api/ports.ts';
import { isEnded } from '../../domain/order.ts';
import { query } from './pool.ts';
import { asTenant } from './tenant.ts';

interface Page {
  readonly limit: number;
  readonly after?: OrderPlace;
}

export async function listOrders(
  pool: pg.Pool,
  tenantId: string,
  filter: OrderFilter,
  page: Page,
): Promise<readonly ListedOrder[]> {
  const { name, text, values } = listStatement(tenantId, filter, page);
  const rows = await query<Row>(pool, name, text, values);
  return rows.map(({ snapshot, id, micros }) => ({
    order: snapshot,
    place: { id, createdMicros: micros.toString() },
  }));
}

interface Row {
  readonly snapshot: OrderSnapshot;
  readonly id: OrderPlace['id'];
  readonly micros: bigint;
}

/** Seen from outside so that a test can have it explained. */
export function listStatement(tenantId: string, filter: OrderFilter, { limit, after }: Page) {
  const values: unknown[] = [tenantId];
  const mark = (value: unknown) => `$${values.push(value)}`;
  const { status, createdAfter, createdBefore, needsOperator } = filter;
  const conditions: [shortName: string, condition: string][] = [];
  // In the words that the partial indexes are known by, here and below.
  if (status !== undefined && isEnded(status)) conditions.push([status, `phase = '${status}'`]);
  if (status !== undefined && !isEnded(status)) {
    conditions.push(['open', `phase = 'accepted' AND status = ${mark(status)}`]);
  }
  if (createdAfter) conditions.push(['from', `created_at >= ${moment(mark(+createdAfter))}`]);
  if (createdBefore) conditions.push(['to', `created_at < ${moment(mark(+createdBefore))}`]);
  if (needsOperator === true) conditions.push(['called', 'needs_operator']);
  if (needsOperator === false) conditions.push(['calm', 'NOT needs_operator']);
  if (after) {
    const created = `timestamptz 'epoch' + ${mark(after.createdMicros)}::bigint * ${MICROSECOND}`;
    conditions.push(['next', `(created_at, id) < (${created}, ${mark(after.id)})`]);
  }
  const text = `
    SELECT order_snapshot(id) AS snapshot, id,
      (extract(epoch FROM created_at) * 1000000)::bigint AS micros
    FROM "order" WHERE tenant_id = me.id ${conditions.map(([, one]) => `AND ${one}`).join(' ')}
    ORDER BY created_at DESC, id DESC LIMIT ${mark(limit)}`;
  const name = ['list_orders', ...conditions.map(([short]) => short)].join('_');
  return { name, text: asTenant(text), values };
}

const MICROSECOND = `interval '1 microsecond'`;

/** By number: there are years that JavaScript writes and PostgreSQL does not read. */
function moment(millisecondsMark: string): string {
  return `to_timestamp(${millisecondsMark}::double precision / 1000)`;
}
