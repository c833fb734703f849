-- Up Migration

-- The operations API: who operators are, what they find orders by, and what they do to them. As
-- everywhere one function, one round trip, one transaction for each question.

-- ----------------------------------------------------------------------------------- operators --

-- A key is a tenant's or an operator's, never both. An operator's opens the operations API, and a
-- tenant's never does.
ALTER TABLE api_key
  ALTER COLUMN tenant_id DROP NOT NULL,
  ADD COLUMN operator text CHECK (trim(operator) <> ''),
  ADD CONSTRAINT api_key_is_of_one CHECK (num_nonnulls(tenant_id, operator) = 1),
  ADD CONSTRAINT api_key_may CHECK (CASE
    WHEN operator IS NULL THEN NOT 'operations' = ANY (scopes)
    ELSE scopes = '{operations}' END);

-- find_key stays for processes of the version before, to whom an operator is a tenant of no name
-- with a scope that opens nothing.
CREATE FUNCTION find_credential(p_id text)
RETURNS TABLE (tenant_id text, operator text, secret_hash bytea, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT k.tenant_id, k.operator, k.secret_hash, k.scopes FROM api_key k
  WHERE k.id = p_id AND is_live(k)
$$;

-- As before, and whose key it is stays too.
CREATE OR REPLACE FUNCTION rotate_key(
  p_old text, p_id text, p_secret_hash bytea, p_overlap interval
) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  k api_key;
BEGIN
  SELECT * INTO k FROM api_key WHERE id = p_old FOR UPDATE;
  IF k.id IS NULL OR NOT is_live(k) OR k.replaced_by IS NOT NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO api_key (id, tenant_id, operator, secret_hash, scopes)
  VALUES (p_id, k.tenant_id, k.operator, p_secret_hash, k.scopes);
  UPDATE api_key SET replaced_by = p_id, expires_at = now() + p_overlap WHERE id = p_old
  RETURNING expires_at INTO k.expires_at;
  RETURN k.expires_at;
END $$;

-- ---------------------------------------------------------------------------- the queue by cause --

-- What a last attempt ended with, without what is another for each order: IDs (which have a digit,
-- as card_declined has not) and long numbers.
CREATE FUNCTION ending_of(p_detail text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT left(regexp_replace(regexp_replace(p_detail,
    '\m([a-z]{2,6})_(?=[A-Za-z_]*[0-9])[A-Za-z0-9_:-]{4,}', '\1_…', 'g'),
    '\m([0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f]*[0-9][0-9a-f]{11,}|[0-9]{5,})\M', '…', 'g'), 500)
$$;

-- Two steps that are parked by one cause: the same step in the same direction, that ended alike.
ALTER TABLE parked_step
  ADD COLUMN ending text NOT NULL GENERATED ALWAYS AS (ending_of(detail)) STORED,
  ADD COLUMN cause text NOT NULL GENERATED ALWAYS AS (
    left(md5(step || '/' || direction || '/' || ending_of(detail)), 16)) STORED;
CREATE INDEX parked_step_by_cause ON parked_step (cause, parked_at, saga_id);

CREATE FUNCTION micros(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT ((extract(epoch FROM p_at) * 1000000)::bigint)::text
$$;

CREATE FUNCTION at_micros(p_micros text) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT timestamptz 'epoch' + p_micros::bigint * interval '1 microsecond'
$$;

-- Both kinds of trouble as one: `cause` of what is blocked is that word, for why a run is blocked is
-- told in the log and by the Temporal UI.
CREATE VIEW trouble AS
  SELECT s.cause, s.parked_at AS since, s.saga_id, s.order_id, s.step, s.direction, s.ending,
    parked_json(s) AS entry
  FROM parked_step s
  UNION ALL
  SELECT 'blocked', o.blocked_since, blocked_saga(o), o.id, NULL, NULL, NULL,
    jsonb_build_object('sagaId', blocked_saga(o), 'orderId', o.id,
      'blockedSince', iso(o.blocked_since))
  FROM "order" o WHERE o.blocked_since IS NOT NULL;

CREATE FUNCTION about_order(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('status', o.status, 'amount', money(o.amount, o.currency),
    'tenant', t.name)
  FROM "order" o JOIN tenant t ON t.id = o.tenant_id WHERE o.id = p_id
$$;

-- What these orders come to, in each currency.
CREATE FUNCTION worth(p_ids text[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(money(total, currency) ORDER BY currency), '[]')
  FROM (
    SELECT currency, sum(amount)::bigint AS total FROM "order" WHERE id = ANY (p_ids)
    GROUP BY currency) per_currency
$$;

-- Oldest first, those after the place given: p_after is {"micros", "sagaId"} or NULL.
CREATE FUNCTION list_trouble(p_cause text, p_after jsonb, p_limit integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(entry || about_order(order_id)
    || jsonb_build_object('micros', micros(since)) ORDER BY since, saga_id), '[]')
  FROM (
    SELECT * FROM trouble
    WHERE cause = p_cause AND (since, saga_id) >
      (coalesce(at_micros(p_after ->> 'micros'), '-infinity'), coalesce(p_after ->> 'sagaId', ''))
    ORDER BY since, saga_id LIMIT p_limit) page
$$;

-- All causes, the longest waiting first, with the first orders of each.
CREATE FUNCTION trouble_by_cause(p_first integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('cause', cause, 'step', step,
    'direction', direction, 'ending', ending, 'count', count, 'oldest', iso(oldest),
    'atStake', worth(orders), 'first', list_trouble(cause, NULL, p_first))
    ORDER BY oldest, cause), '[]')
  FROM (
    SELECT cause, min(step) AS step, min(direction) AS direction, min(ending) AS ending,
      count(*) AS count, min(since) AS oldest, array_agg(order_id) AS orders
    FROM trouble GROUP BY cause) causes
$$;

-- -------------------------------------------------------------------------- numbers at a glance --

-- BRIN: orders come in the order of this column, so a few pages tell which ones are of the last day.
CREATE INDEX order_created ON "order" USING brin (created_at) WITH (autosummarize = on);

CREATE VIEW unfinished_order AS
  SELECT * FROM "order" WHERE watched_at IS NOT NULL AND run_started_at IS NOT NULL
  UNION ALL
  SELECT * FROM "order" WHERE run_started_at IS NULL;

CREATE FUNCTION operations_summary() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'unfinished', (SELECT coalesce(jsonb_object_agg(status, n), '{}')
      FROM (SELECT status, count(*) AS n FROM unfinished_order GROUP BY status) by_status),
    'placedLastDay', (SELECT coalesce(jsonb_object_agg(status, n), '{}')
      FROM (SELECT status, count(*) AS n FROM "order"
        WHERE created_at > now() - interval '1 day' GROUP BY status) by_status),
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

-- --------------------------------------------------------------- find an order, and tell its story --

-- Whatever else is looked for is the key of a table, or unique, already.
CREATE INDEX order_by_request ON "order" (request_id);
CREATE INDEX refund_by_request ON refund (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX shipment_by_tracking_number ON shipment (tracking_number);

-- A time, its place among what was written at that time, and what was.
CREATE FUNCTION order_timeline(o "order")
RETURNS TABLE (at timestamptz, rank integer, entry jsonb) LANGUAGE sql STABLE AS $$
  WITH saga AS (
    SELECT o.id, o.run_started_at
    UNION ALL SELECT id, run_started_at FROM refund WHERE order_id = o.id
  )
  SELECT o.created_at, 0, jsonb_build_object('kind', 'request', 'request', 'POST /v1/orders',
    'requestId', o.request_id)
  UNION ALL
  SELECT created_at, 0, jsonb_build_object('kind', 'request', 'request', route)
  FROM idempotency_claim WHERE tenant_id = o.tenant_id AND route IN (
    'POST /v1/orders/' || o.id || '/cancel', 'POST /v1/operations/orders/' || o.id || '/cancel')
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

-- The order, or a refund's order, with all that has happened to it; NULL where there is none.
CREATE FUNCTION order_story(p_saga text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT (order_snapshot(o.id) - 'metadata') || order_state(o.id) || jsonb_build_object(
    'tenant', t.name, 'requestId', o.request_id, 'blockedSince', iso(o.blocked_since),
    'erasedAt', iso(o.erased_at),
    'payment', (order_snapshot(o.id) -> 'payment') || jsonb_build_object('intentId',
      (SELECT intent_id FROM payment WHERE order_id = o.id)),
    'parked', (SELECT coalesce(jsonb_agg(parked_json(s) ORDER BY s.parked_at), '[]')
      FROM parked_step s WHERE s.order_id = o.id),
    'refunds', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'status', state,
        'amount', money(amount, o.currency), 'gatewayId', gateway_id) ORDER BY requested_at), '[]')
      FROM refund WHERE order_id = o.id),
    'timeline', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', iso(l.at)) || l.entry
        ORDER BY l.at, l.rank, l.entry -> 'sequence'), '[]') FROM order_timeline(o) l))
  FROM "order" o JOIN tenant t ON t.id = o.tenant_id WHERE o.id = order_of_saga(p_saga)
$$;

-- ------------------------------------------------------------------------------------ what is done --

ALTER TABLE operator_action
  DROP CONSTRAINT operator_action_action_check,
  ADD CONSTRAINT operator_action_action_check CHECK (
    action IN ('retry', 'mark-done', 'skip', 'refuse', 'erase', 'cancel', 'refund')),
  DROP CONSTRAINT operator_action_is_about,
  ADD CONSTRAINT operator_action_is_about CHECK (num_nonnulls(step, direction) =
    CASE WHEN action IN ('erase', 'cancel', 'refund') THEN 0 ELSE 2 END);

-- The clients' own function decides, with a key as theirs; what it grants is written down with who
-- and why. The order's lock first, so that before and after are just before and after.
CREATE FUNCTION operator_cancel(
  p_id text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_operator text, p_why text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  before jsonb;
  answer jsonb;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;
  before := order_state(p_id);
  answer := cancel_order(o.tenant_id, p_id, p_route, p_key_hash, p_fingerprint);
  IF answer ->> 'state' = 'cancelled' THEN
    INSERT INTO operator_action (order_id, saga_id, action, operator, why, before, after)
    VALUES (p_id, p_id, 'cancel', p_operator, p_why, before, order_state(p_id));
  END IF;
  RETURN answer;
END $$;

CREATE FUNCTION operator_refund(
  p_id text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_refund jsonb, p_operator text,
  p_why text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  before jsonb;
  answer jsonb;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;
  before := order_state(p_id);
  answer := request_refund(o.tenant_id, p_id, p_route, p_key_hash, p_fingerprint, p_refund);
  IF answer ->> 'state' = 'requested' THEN
    INSERT INTO operator_action (order_id, saga_id, action, operator, why, before, after)
    VALUES (p_id, answer -> 'refund' ->> 'id', 'refund', p_operator, p_why, before,
      order_state(p_id) || jsonb_build_object('refund', answer -> 'refund'));
  END IF;
  RETURN answer;
END $$;

-- One word about all that is parked by one cause at that moment. Whoever takes it up next goes on
-- after (after_at, after_saga), so a process that dies holds nothing up and nothing is done twice.
CREATE TABLE queue_retry (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cause      text NOT NULL,
  operator   text NOT NULL CHECK (trim(operator) <> ''),
  why        text NOT NULL CHECK (trim(why) <> ''),
  asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- How many were parked then, and of how many the word has been given.
  asked      integer NOT NULL,
  retried    integer NOT NULL DEFAULT 0,
  after_at   timestamptz NOT NULL DEFAULT '-infinity',
  after_saga text NOT NULL DEFAULT '',
  next_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz
);
CREATE INDEX queue_retry_due ON queue_retry (next_at) WHERE ended_at IS NULL;

CREATE FUNCTION retry_json(r queue_retry) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id::text, 'cause', r.cause, 'operator', r.operator,
    'why', r.why, 'askedAt', iso(r.asked_at), 'asked', r.asked, 'retried', r.retried,
    'endedAt', iso(r.ended_at))
$$;

-- NULL where nothing is parked by that cause, or not any more.
CREATE FUNCTION retry_cause(p_cause text, p_operator text, p_why text) RETURNS jsonb
LANGUAGE sql AS $$
  WITH act AS (
    INSERT INTO queue_retry (cause, operator, why, asked)
    SELECT p_cause, p_operator, p_why, count(*) FROM parked_step WHERE cause = p_cause
    HAVING count(*) > 0
    RETURNING *
  )
  SELECT (SELECT retry_json(act::queue_retry) FROM act)
$$;

CREATE FUNCTION find_retry(p_id bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT (SELECT retry_json(r) FROM queue_retry r WHERE id = p_id)
$$;

-- Gives the word of one act to the next so many steps, and says which; NULL where nothing is due.
-- p_pause: how soon anybody may go on with it, so that all processes together keep to one rate. An
-- order that somebody holds is passed over: what holds it is an attempt.
CREATE FUNCTION retry_next(p_limit integer, p_pause interval) RETURNS jsonb LANGUAGE plpgsql
SET lock_timeout = '20ms' AS $$
DECLARE
  r queue_retry;
  s parked_step;
  answer jsonb;
  seen integer := 0;
  given jsonb := '[]';
BEGIN
  SELECT * INTO r FROM queue_retry WHERE ended_at IS NULL AND next_at <= now()
  ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  FOR s IN
    SELECT * FROM parked_step WHERE cause = r.cause AND parked_at <= r.asked_at
      AND (parked_at, saga_id) > (r.after_at, r.after_saga)
    ORDER BY parked_at, saga_id LIMIT p_limit
  LOOP
    seen := seen + 1;
    r.after_at := s.parked_at;
    r.after_saga := s.saga_id;
    BEGIN
      answer := resolve_step(s.saga_id, s.step, 'retry', '{}', r.operator, r.why);
      IF answer ->> 'state' = 'resolved' THEN
        given := given || jsonb_build_object('sagaId', s.saga_id, 'step', s.step,
          'actionId', answer -> 'actionId', 'operator', r.operator);
      END IF;
    EXCEPTION WHEN lock_not_available THEN
      NULL;
    END;
  END LOOP;
  UPDATE queue_retry SET after_at = r.after_at, after_saga = r.after_saga,
    retried = retried + jsonb_array_length(given), next_at = clock_timestamp() + p_pause,
    ended_at = CASE WHEN seen < p_limit THEN clock_timestamp() END
  WHERE id = r.id;
  RETURN given;
END $$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what operators have done would be lost';
END $$;
