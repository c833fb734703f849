/** The operations API's side of the books: one function, one round trip each (migrations/0014). */
import type pg from 'pg';
import type { Cause, FoundOrder, OperationsDesk, QueueRetry } from '../../api/operator-ports.ts';
import type { RetriedStep, Story, Summary, Trouble } from '../../api/operator-ports.ts';
import type { CancelAnswer } from '../../api/ports.ts';
import { createDifferencesDesk } from './differences-desk.ts';
import { createOperatorsDesk } from './operators-desk.ts';
import { call, query, untilKnown } from './pool.ts';
import { parseRefundAnswer } from './refund-store.ts';
import type { RefundAnswerRow } from './refund-store.ts';

export function createOperationsDesk(pool: pg.Pool): OperationsDesk {
  const operators = createOperatorsDesk(pool);
  return {
    ...createDifferencesDesk(pool),
    resolve: (decision) => operators.resolve(decision),
    summary: () => call<Summary>(pool, 'operations_summary'),
    causes: (first) => call<readonly Cause[]>(pool, 'trouble_by_cause', first),
    troubleOf: (cause, { limit, after }) =>
      call<readonly Trouble[]>(pool, 'list_trouble', cause, after ?? null, limit),
    async search(text, { limit, before }) {
      const rows = await query<{ found: FoundOrder }>(pool, 'search_orders', SEARCH, [
        text,
        before ?? null,
        limit,
      ]);
      return rows.map(({ found }) => found);
    },
    async story(id) {
      return (await call<Story | null>(pool, 'order_story', id)) ?? undefined;
    },
    async cancel({ route, keyHash, fingerprint }, id, { operator, why }) {
      return await untilKnown(() =>
        call<CancelAnswer>(pool, 'operator_cancel', id, route, keyHash, fingerprint, operator, why),
      );
    },
    async refund({ route, keyHash, fingerprint }, id, refund, { operator, why }) {
      const values = [id, route, keyHash, fingerprint, JSON.stringify(refund), operator, why];
      const answer = await untilKnown(() =>
        call<RefundAnswerRow>(pool, 'operator_refund', ...values),
      );
      return parseRefundAnswer(answer, refund.id);
    },
    async retryCause(cause, { operator, why }) {
      const asked = await call<QueueRetry | null>(pool, 'retry_cause', cause, operator, why);
      return asked ?? undefined;
    },
    async findRetry(id) {
      return (await call<QueueRetry | null>(pool, 'find_retry', id)) ?? undefined;
    },
    async retryNext(limit, pauseMs) {
      const pause = `${pauseMs} ms`;
      return (await call<RetriedStep[] | null>(pool, 'retry_next', limit, pause)) ?? undefined;
    },
  };
}

/**
 * Each name is looked up in an index of its own, so it does not matter which one was given. Seen from
 * outside so that a test can have it explained.
 */
export const SEARCH = `
  SELECT jsonb_build_object('id', o.id, 'tenant', t.name, 'status', o.status,
    'amount', money(o.amount, o.currency), 'needsOperator', o.needs_operator,
    'createdAt', iso(o.created_at), 'foundBy', page.found_by) AS found
  FROM (
    SELECT id, min(found_by) AS found_by FROM (
      SELECT id, 'order' AS found_by FROM "order" WHERE id = $1
      UNION ALL SELECT id, 'request' FROM "order" WHERE request_id = $1
      UNION ALL SELECT order_id, 'request' FROM refund WHERE request_id = $1
      UNION ALL SELECT order_id, 'refund' FROM refund WHERE id = $1
      UNION ALL SELECT order_id, 'refund' FROM refund WHERE gateway_id = $1
      UNION ALL SELECT order_id, 'payment' FROM payment WHERE intent_id = $1
      UNION ALL SELECT order_id, 'event' FROM order_event WHERE id = $1
      UNION ALL SELECT order_id, 'shipment' FROM shipment WHERE tracking_number = $1
      UNION ALL SELECT id, 'customer' FROM "order"
        WHERE erased_at IS NULL AND lower(customer_email) = lower($1)
    ) named
    WHERE $2::text IS NULL OR id < $2
    GROUP BY id ORDER BY id DESC LIMIT $3
  ) page
  JOIN "order" o ON o.id = page.id JOIN tenant t ON t.id = o.tenant_id
  ORDER BY o.id DESC`;
