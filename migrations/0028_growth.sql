-- Up Migration

-- What is asked again and again is answered by what is due, however much else there is.

-- ------------------------------------------------------------------------------------- the starter --

-- After an outage very many may wait to be started. Each lease read and sorted all of them; now it
-- reads as many as it takes: those that were never tried by their age, and then those that were by how
-- long ago. In the place of the index by age alone, so an order writes to as many as before.
CREATE INDEX order_to_start ON "order" (start_tried_at, created_at) WHERE run_started_at IS NULL;
DROP INDEX order_unstarted;
CREATE INDEX refund_to_start ON refund (start_tried_at, requested_at)
  WHERE run_started_at IS NULL AND request_id IS NOT NULL;
DROP INDEX refund_unstarted;

-- As before (0004): least recently tried first, so that one bad order holds up no other. now() and not
-- clock_timestamp(): only what is stable bounds an index scan. Ordered by both columns, also where one is
-- NULL: the planner does not take a NULL for a constant, and would sort. By an array and not by a join: those few
-- are then looked up one by one, whatever the planner thinks that p_limit is.
CREATE OR REPLACE FUNCTION lease_unstarted(p_grace interval, p_limit integer) RETURNS jsonb
LANGUAGE sql AS $$
  WITH untried AS (
    SELECT id FROM "order"
    WHERE run_started_at IS NULL AND start_tried_at IS NULL AND created_at < now() - p_grace
    ORDER BY start_tried_at, created_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), tried AS (
    SELECT id FROM "order"
    WHERE run_started_at IS NULL AND start_tried_at < now() - p_grace
    ORDER BY start_tried_at LIMIT p_limit - (SELECT count(*) FROM untried) FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE "order" o SET start_tried_at = clock_timestamp()
    WHERE id = ANY (ARRAY(TABLE untried UNION ALL TABLE tried))
    RETURNING order_facts(o) AS facts, old.start_tried_at AS tried_before, o.created_at
  )
  SELECT coalesce(jsonb_agg(facts ORDER BY tried_before NULLS FIRST, created_at), '[]') FROM leased
$$;

CREATE OR REPLACE FUNCTION lease_unstarted_refunds(p_grace interval, p_limit integer) RETURNS jsonb
LANGUAGE sql AS $$
  WITH untried AS (
    SELECT id FROM refund
    WHERE run_started_at IS NULL AND request_id IS NOT NULL AND start_tried_at IS NULL
      AND requested_at < now() - p_grace
    ORDER BY start_tried_at, requested_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), tried AS (
    SELECT id FROM refund
    WHERE run_started_at IS NULL AND request_id IS NOT NULL AND start_tried_at < now() - p_grace
    ORDER BY start_tried_at LIMIT p_limit - (SELECT count(*) FROM untried) FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE refund r SET start_tried_at = clock_timestamp()
    WHERE id = ANY (ARRAY(TABLE untried UNION ALL TABLE tried))
    RETURNING refund_facts(r) AS facts, old.start_tried_at AS tried_before, r.requested_at
  )
  SELECT coalesce(jsonb_agg(facts ORDER BY tried_before NULLS FIRST, requested_at), '[]') FROM leased
$$;

-- ----------------------------------------------------------------------------------- the archive sweep --

-- As before (0011), save that the order and the refund of each claim are looked up one by one: on the day
-- on which very many are due, all orders were read for the first 500 of them.
CREATE OR REPLACE FUNCTION archive_claims(p_age interval, p_limit integer) RETURNS jsonb LANGUAGE sql AS $$
  WITH due AS (
    SELECT c.tenant_id, c.route, c.key_hash
    FROM idempotency_claim c
      CROSS JOIN LATERAL (SELECT status FROM "order" WHERE id = c.order_id LIMIT 1) o
      LEFT JOIN LATERAL (SELECT state FROM refund WHERE id = c.refund_id LIMIT 1) r ON true
    WHERE c.archived_at IS NULL AND c.created_at < now() - p_age
      AND has_ended(o.status) AND r.state IS DISTINCT FROM 'requested'
    ORDER BY c.created_at LIMIT p_limit FOR UPDATE OF c SKIP LOCKED
  ), archived AS (
    UPDATE idempotency_claim c SET archived_at = now() FROM due d
    WHERE c.tenant_id = d.tenant_id AND c.route = d.route AND c.key_hash = d.key_hash
    RETURNING c.order_id
  )
  SELECT to_jsonb(count(*)) FROM archived
$$;

-- --------------------------------------------------------------------------- orders by their status --

-- A tenant's request may ask an index only with what tells nothing of other tenants' rows, and `=` of an
-- enum is not known to tell nothing (enum_eq is not leakproof): the phase was looked at in row after
-- row, and where few orders or none had it, in all. What a partial index is made for is not asked but
-- known. Together they have the entries of the index that they replace.
DROP INDEX order_listed_by_phase;
CREATE INDEX order_listed_open ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE phase = 'accepted';
CREATE INDEX order_listed_completed ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE phase = 'completed';
CREATE INDEX order_listed_rejected ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE phase = 'rejected';
CREATE INDEX order_listed_cancelled ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE phase = 'cancelled';
CREATE INDEX order_listed_refunded ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE phase = 'refunded';

-- ------------------------------------------------------------------------------ what operators look at --

-- The claims of one order's cancels. Nearly all claims have the one route of all POSTs, so the planner
-- expected as many of any route, and read them all. With a limit, and in the order of the key, it is
-- answered from the key.
CREATE FUNCTION claims_of(p_tenant text, VARIADIC p_routes text[])
RETURNS TABLE (route text, created_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT c.* FROM unnest(p_routes) r CROSS JOIN LATERAL (
    SELECT route, created_at FROM idempotency_claim WHERE tenant_id = p_tenant AND route = r
    ORDER BY tenant_id, route, key_hash LIMIT 100) c
$$;

-- As before (0014), save for the claims.
CREATE OR REPLACE FUNCTION order_timeline_of_sagas(o "order")
RETURNS TABLE (at timestamptz, rank integer, entry jsonb) LANGUAGE sql STABLE AS $$
  WITH saga AS (
    SELECT o.id, o.run_started_at
    UNION ALL SELECT id, run_started_at FROM refund WHERE order_id = o.id
  )
  SELECT o.created_at, 0, jsonb_build_object('kind', 'request', 'request', 'POST /v1/orders',
    'requestId', o.request_id)
  UNION ALL
  SELECT created_at, 0, jsonb_build_object('kind', 'request', 'request', route)
  FROM claims_of(o.tenant_id, 'POST /v1/orders/' || o.id || '/cancel',
    'POST /v1/operations/orders/' || o.id || '/cancel')
  UNION ALL
  SELECT requested_at, 0, jsonb_build_object('kind', 'request', 'sagaId', id,
    'request', 'POST /v1/orders/' || o.id || '/refunds', 'requestId', request_id)
  FROM refund WHERE order_id = o.id AND request_id IS NOT NULL
  UNION ALL
  SELECT run_started_at, 1, jsonb_build_object('kind', 'run', 'sagaId', id)
  FROM saga WHERE run_started_at IS NOT NULL
  UNION ALL
  SELECT e.occurred_at, 2, jsonb_strip_nulls(jsonb_build_object('kind', 'gateway',
    'sagaId', coalesce(e.refund_id, o.id), 'operation', e.operation, 'n', e.n, 'phase', e.kind,
    'gatewayId', e.gateway_id, 'outcome', e.outcome, 'amount', CASE
      WHEN greatest(e.authorized, e.captured, e.voided, e.refunded) > 0
      THEN money(greatest(e.authorized, e.captured, e.voided, e.refunded), o.currency) END))
  FROM payment_entry e WHERE e.order_id = o.id
  UNION ALL
  SELECT b.created_at, 3, jsonb_strip_nulls(jsonb_build_object('kind', 'step', 'sagaId', b.saga_id,
    'step', b.step, 'direction', b.direction, 'refused', b.result -> 'refused' -> 'code',
    'operatorActionId', b.operator_action_id))
  FROM barrier b JOIN saga ON b.saga_id = saga.id
  UNION ALL
  SELECT parked_at, 4, jsonb_build_object('kind', 'parked', 'sagaId', saga_id, 'step', step,
    'direction', direction, 'detail', detail)
  FROM parked_step WHERE order_id = o.id
  UNION ALL
  SELECT occurred_at, 5, jsonb_build_object('kind', 'event', 'sagaId', coalesce(refund_id, o.id),
    'eventId', id, 'type', type, 'sequence', sequence)
  FROM order_event WHERE order_id = o.id
  UNION ALL
  SELECT moment.at, 6, jsonb_build_object('kind', 'mail', 'mail', m.kind, 'phase', moment.phase,
    'messageId', m.message_id)
  FROM mail_outbox m
  CROSS JOIN LATERAL (VALUES (m.created_at, 'written'), (m.sent_at, 'sent')) moment (at, phase)
  WHERE moment.at IS NOT NULL AND m.message_id IN (
    '<' || o.id || '.rejected@makegood>', '<' || o.id || '.cancelled@makegood>',
    '<' || o.id || '.refunded@makegood>')
  UNION ALL
  SELECT occurred_at, 7, jsonb_strip_nulls(jsonb_build_object('kind', 'operator',
    'sagaId', saga_id, 'operatorActionId', id, 'operator', operator, 'action', action,
    'step', step, 'direction', direction, 'why', why))
  FROM operator_action WHERE order_id = o.id
$$;

-- As before (0014), save that of a day's orders no more than 50,000 are counted: some 30 ms, of a shop
-- that takes one every two seconds and of one that takes a thousand.
CREATE OR REPLACE FUNCTION orders_summary() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'unfinished', (SELECT coalesce(jsonb_object_agg(status, n), '{}')
      FROM (SELECT status, count(*) AS n FROM unfinished_order GROUP BY status) by_status),
    'placedLastDay', (SELECT coalesce(jsonb_object_agg(status, n), '{}')
      FROM (SELECT status, count(*) AS n FROM (
        SELECT status FROM "order" WHERE created_at > now() - interval '1 day' LIMIT 50000) placed
      GROUP BY status) by_status),
    'oldestUnfinished', (
      SELECT jsonb_build_object('id', id, 'status', status, 'createdAt', iso(created_at))
      FROM unfinished_order ORDER BY created_at, id LIMIT 1),
    'parked', (SELECT count(*) FROM parked_step),
    'blocked', (SELECT count(*) FROM "order" WHERE blocked_since IS NOT NULL),
    'atRisk', (SELECT coalesce(jsonb_agg(money(total, currency) ORDER BY currency), '[]')
      FROM (
        SELECT o.currency, sum(p.authorized - p.voided - p.refunded)::bigint AS total
        FROM payment p JOIN "order" o ON o.id = p.order_id
        WHERE p.order_id IN (SELECT order_id FROM trouble)
          AND p.authorized - p.voided - p.refunded > 0
        GROUP BY o.currency) per_currency))
$$;

-- As before (0011), in the order of the IDs only after they are found: few of a page were expected to be
-- among many orders, so all orders were gone through in that order.
CREATE OR REPLACE FUNCTION orders_of_customer(p_email text, p_after text, p_limit integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  WITH theirs AS MATERIALIZED (
    SELECT id, tenant_id FROM "order"
    WHERE erased_at IS NULL AND lower(customer_email) = lower(p_email)
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', found.id, 'tenant', found.name)
    ORDER BY found.id), '[]')
  FROM (
    SELECT o.id, t.name FROM theirs o JOIN tenant t ON t.id = o.tenant_id
    WHERE o.id > p_after
    ORDER BY o.id LIMIT p_limit) found
$$;

-- ------------------------------------------------------------------------------ what is left by others --

-- An order that has ended leaves an entry in each index that it was due in, and all ticks go past them
-- until the next vacuum, which PostgreSQL puts off for longer the larger the table is. Not beyond this.
ALTER TABLE "order" SET (autovacuum_vacuum_max_threshold = 200000);
ALTER TABLE idempotency_claim SET (autovacuum_vacuum_max_threshold = 200000);
ALTER TABLE payment_check SET (autovacuum_vacuum_max_threshold = 200000);
ALTER TABLE mail_outbox SET (autovacuum_vacuum_max_threshold = 200000);
ALTER TABLE refund SET (autovacuum_vacuum_max_threshold = 200000);

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: how orders are found has changed';
END $$;
