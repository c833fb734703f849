-- Up Migration

-- What tenants are told by webhook. A delivery is owed from the moment its event is written, because
-- both are one transaction; who sends it, and how often, is the messenger's (src/api/messenger.ts).

CREATE TABLE webhook_endpoint (
  id              text PRIMARY KEY CHECK (id LIKE 'whe\_%'),
  tenant_id       text NOT NULL REFERENCES tenant,
  url             text NOT NULL,
  description     text,
  -- NULL: all of them, also those that there will be.
  event_types     text[],
  -- Sealed (src/adapters/webhooks/vault.ts): who reads the books can sign nothing.
  secret          bytea NOT NULL,
  -- The one before it signs beside it for a while, so that receivers can change over.
  previous_secret bytea,
  previous_until  timestamptz,
  disabled_at     timestamptz,
  disabled_reason text CHECK (disabled_reason IN ('asked', 'gone', 'failing')),
  -- In a row, of any of its deliveries. While there are some it is tried by one at a time, and not
  -- before held_until: who does not answer is not run over, and costs others nothing.
  failures        integer NOT NULL DEFAULT 0,
  failing_since   timestamptz,
  held_until      timestamptz NOT NULL DEFAULT '-infinity',
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  -- Its row goes with the last of its deliveries.
  deleted_at      timestamptz,
  CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
  CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);
CREATE INDEX webhook_endpoint_of_tenant ON webhook_endpoint (tenant_id, id)
  WHERE deleted_at IS NULL;

-- No foreign keys: an order's transaction must wait for nobody who changes or deletes an endpoint.
CREATE TABLE webhook_delivery (
  endpoint_id  text NOT NULL,
  -- Events' IDs are in the order of their time, and so is an endpoint's log.
  event_id     text NOT NULL,
  tenant_id    text NOT NULL,
  -- NULL: a test, whose event is of no order.
  order_id     text,
  type         text NOT NULL,
  state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  -- Of the schedule, which a resend begins anew.
  tries        integer NOT NULL DEFAULT 0,
  next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The last 20: [{"at", "durationMs", "status"?, "error"?, "answer"?}].
  attempts     jsonb NOT NULL DEFAULT '[]',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  delivered_at timestamptz,
  PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at)
  WHERE state = 'pending';
CREATE INDEX webhook_delivery_failed ON webhook_delivery (endpoint_id, event_id)
  WHERE state = 'failed';

-- ------------------------------------------------------------------------------- what is owed --

-- With the owner's rights: requests write events, and may see no other tenant's endpoints. A trigger,
-- so that no way of writing an event can forget it; one for all rows of a statement, as flash sales
-- write many. A tenant without endpoints pays one look into an index.
CREATE FUNCTION owe_deliveries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO webhook_delivery (endpoint_id, event_id, tenant_id, order_id, type)
  SELECT w.id, e.id, w.tenant_id, e.order_id, e.type
  FROM added e
  JOIN "order" o ON o.id = e.order_id
  JOIN webhook_endpoint w ON w.tenant_id = o.tenant_id
  WHERE w.deleted_at IS NULL AND (w.event_types IS NULL OR e.type = ANY (w.event_types));
  RETURN NULL;
END $$;

CREATE TRIGGER owe_deliveries AFTER INSERT ON order_event REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION owe_deliveries();

-- ------------------------------------------------------------------------------- the messenger --

-- Up to p_most deliveries that are due, each lent for p_lease: whoever dies with it leaves it to the
-- next. Endpoints are found by leaping through the index from one to the next, so a backlog of
-- thousands costs as much as one of one; p_busy says how many are under way to each by whoever asks.
-- In no order of endpoints, so that none is always the last. By index whatever the statistics say:
-- of a table that is empty at noon and has a million rows at one, they are always wrong. And now() is
-- what an index is read up to; clock_timestamp() would be asked again for each row.
CREATE FUNCTION claim_deliveries(
  p_busy jsonb, p_most integer, p_per_endpoint integer, p_lease interval
) RETURNS jsonb LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  WITH RECURSIVE owed AS (
    (SELECT endpoint_id FROM webhook_delivery WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT (
      SELECT d.endpoint_id FROM webhook_delivery d
      WHERE d.state = 'pending' AND d.endpoint_id > owed.endpoint_id
      ORDER BY d.endpoint_id LIMIT 1)
    FROM owed WHERE owed.endpoint_id IS NOT NULL
  ), open AS MATERIALIZED (
    SELECT w.id, greatest(0, CASE WHEN w.failures > 0 THEN 1 ELSE p_per_endpoint END
      - coalesce((p_busy ->> w.id)::integer, 0)) AS room
    FROM owed JOIN webhook_endpoint w ON w.id = owed.endpoint_id
    WHERE w.deleted_at IS NULL AND w.disabled_at IS NULL AND w.held_until <= now()
    ORDER BY random()
  ), due AS MATERIALIZED (
    SELECT d.endpoint_id, d.event_id
    FROM open CROSS JOIN LATERAL (
      SELECT endpoint_id, event_id FROM webhook_delivery
      WHERE endpoint_id = open.id AND state = 'pending' AND next_at <= now()
      ORDER BY next_at LIMIT open.room FOR UPDATE SKIP LOCKED) d
    LIMIT p_most
  ), claimed AS (
    UPDATE webhook_delivery d SET next_at = clock_timestamp() + p_lease
    FROM due WHERE d.endpoint_id = due.endpoint_id AND d.event_id = due.event_id
    RETURNING d.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('endpointId', c.endpoint_id, 'eventId', c.event_id,
    'tenantId', c.tenant_id, 'orderId', c.order_id, 'tries', c.tries, 'failures', w.failures,
    'url', w.url, 'asOf', w.updated_at, 'createdAt', iso(c.created_at),
    'event', CASE WHEN e.id IS NOT NULL THEN event_json(e) END,
    'secrets', jsonb_build_array(encode(w.secret, 'base64')) || CASE
      WHEN w.previous_until > clock_timestamp()
      THEN jsonb_build_array(encode(w.previous_secret, 'base64')) ELSE '[]' END)), '[]')
  FROM claimed c JOIN webhook_endpoint w ON w.id = c.endpoint_id
  LEFT JOIN order_event e ON e.id = c.event_id
$$;

CREATE FUNCTION erased_or(p_order text, p_attempt jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM "order" WHERE id = p_order AND erased_at IS NOT NULL)
    THEN p_attempt - 'answer' ELSE p_attempt END
$$;

-- What an attempt came to. p_outcome: delivered, pending (again after p_wait) or failed (no more);
-- p_hold: when its endpoint is tried again at the earliest, of whatever is owed to it. What was
-- delivered stays so, whatever a sender says that was believed dead. Answers {"disabled": reason}
-- if that was the attempt that disabled its endpoint; not an endpoint that was changed, or enabled
-- again, since p_as_of, when the attempt was begun.
CREATE FUNCTION record_attempt(
  p_endpoint text, p_event text, p_attempt jsonb, p_outcome text, p_wait interval, p_hold interval,
  p_is_gone boolean, p_patience interval, p_as_of timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  reason text;
BEGIN
  -- In a statement of its own: what follows sees whether the customer was erased meanwhile.
  PERFORM FROM webhook_delivery WHERE endpoint_id = p_endpoint AND event_id = p_event FOR UPDATE;
  UPDATE webhook_delivery SET
    attempts = jsonb_path_query_array(attempts || erased_or(order_id, p_attempt),
      '$[last - 19 to last]'),
    tries = tries + 1,
    next_at = CASE WHEN state = 'pending' THEN clock_timestamp() + p_wait ELSE next_at END,
    delivered_at = CASE WHEN p_outcome = 'delivered'
      THEN coalesce(delivered_at, clock_timestamp()) ELSE delivered_at END,
    state = CASE WHEN state = 'pending' OR p_outcome = 'delivered' THEN p_outcome ELSE state END
  WHERE endpoint_id = p_endpoint AND event_id = p_event;
  IF p_outcome = 'delivered' THEN
    UPDATE webhook_endpoint SET failures = 0, failing_since = NULL, held_until = '-infinity'
    WHERE id = p_endpoint AND failures > 0;
    RETURN '{}';
  END IF;
  UPDATE webhook_endpoint SET failures = failures + 1,
    failing_since = coalesce(failing_since, clock_timestamp()),
    held_until = greatest(held_until, clock_timestamp() + p_hold)
  WHERE id = p_endpoint AND deleted_at IS NULL;
  UPDATE webhook_endpoint SET disabled_at = clock_timestamp(), updated_at = clock_timestamp(),
    disabled_reason = CASE WHEN p_is_gone THEN 'gone' ELSE 'failing' END
  WHERE id = p_endpoint AND deleted_at IS NULL AND disabled_at IS NULL
    AND updated_at = p_as_of AND (p_is_gone OR failing_since < clock_timestamp() - p_patience)
  RETURNING disabled_reason INTO reason;
  RETURN jsonb_strip_nulls(jsonb_build_object('disabled', reason));
END $$;

-- ---------------------------------------------------------------------- what tenants ask for --

CREATE FUNCTION endpoint_json(w webhook_endpoint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('id', w.id, 'url', w.url,
    'description', w.description, 'eventTypes', to_jsonb(w.event_types),
    'status', CASE WHEN w.disabled_at IS NULL THEN 'enabled' ELSE 'disabled' END,
    'disabledReason', w.disabled_reason, 'disabledAt', iso(w.disabled_at),
    'failingSince', iso(w.failing_since),
    'previousSecretUntil', CASE WHEN w.previous_until > now() THEN iso(w.previous_until) END,
    'createdAt', iso(w.created_at), 'updatedAt', iso(w.updated_at)))
$$;

CREATE FUNCTION delivery_json(d webhook_delivery) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('eventId', d.event_id, 'endpointId', d.endpoint_id,
    'type', d.type, 'orderId', d.order_id, 'status', d.state,
    'createdAt', iso(d.created_at), 'deliveredAt', iso(d.delivered_at),
    'nextAttemptAt', CASE WHEN d.state = 'pending' THEN iso(d.next_at) END))
    || jsonb_build_object('attempts', d.attempts)
$$;

CREATE FUNCTION create_endpoint(p_tenant text, p_endpoint jsonb, p_secret bytea, p_most integer)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  w webhook_endpoint;
BEGIN
  -- One after the other, or several at once would each be the last that there is room for.
  PERFORM pg_advisory_xact_lock(hashtextextended('webhook endpoints ' || p_tenant, 0));
  IF (SELECT count(*) FROM webhook_endpoint
      WHERE tenant_id = p_tenant AND deleted_at IS NULL) >= p_most THEN
    RETURN NULL;
  END IF;
  INSERT INTO webhook_endpoint (id, tenant_id, url, description, event_types, secret)
  VALUES (p_endpoint ->> 'id', p_tenant, p_endpoint ->> 'url', p_endpoint ->> 'description',
    (SELECT array_agg(type) FROM jsonb_array_elements_text(p_endpoint -> 'eventTypes') type),
    p_secret)
  RETURNING * INTO w;
  RETURN endpoint_json(w);
END $$;

CREATE FUNCTION list_endpoints(p_tenant text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(endpoint_json(w) ORDER BY w.id), '[]') FROM webhook_endpoint w
  WHERE w.tenant_id = p_tenant AND w.deleted_at IS NULL
$$;

CREATE FUNCTION find_endpoint(p_tenant text, p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT endpoint_json(w) FROM webhook_endpoint w
  WHERE w.id = p_id AND w.tenant_id = p_tenant AND w.deleted_at IS NULL
$$;

-- p_change: as JSON Merge Patch has it, what is null goes. Enabling it forgets why it was disabled.
CREATE FUNCTION update_endpoint(p_tenant text, p_id text, p_change jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  enabled boolean := (p_change ->> 'enabled')::boolean;
  w webhook_endpoint;
BEGIN
  UPDATE webhook_endpoint SET
    url = coalesce(p_change ->> 'url', url),
    description = CASE WHEN p_change ? 'description'
      THEN p_change ->> 'description' ELSE description END,
    event_types = CASE
      WHEN NOT p_change ? 'eventTypes' THEN event_types
      WHEN jsonb_typeof(p_change -> 'eventTypes') = 'array' THEN (
        SELECT array_agg(type) FROM jsonb_array_elements_text(p_change -> 'eventTypes') type) END,
    disabled_at = CASE enabled
      WHEN true THEN NULL WHEN false THEN coalesce(disabled_at, now()) ELSE disabled_at END,
    disabled_reason = CASE enabled
      WHEN true THEN NULL WHEN false THEN coalesce(disabled_reason, 'asked') ELSE disabled_reason END,
    failures = CASE WHEN enabled THEN 0 ELSE failures END,
    failing_since = CASE WHEN enabled THEN NULL ELSE failing_since END,
    held_until = CASE WHEN enabled THEN '-infinity' ELSE held_until END,
    updated_at = clock_timestamp()
  WHERE id = p_id AND tenant_id = p_tenant AND deleted_at IS NULL
  RETURNING * INTO w;
  RETURN CASE WHEN FOUND THEN endpoint_json(w) END;
END $$;

-- Where it led to, and what signed it, is gone at once; its log follows (sweep_deliveries).
CREATE FUNCTION delete_endpoint(p_tenant text, p_id text) RETURNS jsonb LANGUAGE sql AS $$
  WITH deleted AS (
    UPDATE webhook_endpoint SET deleted_at = now(), url = '', description = NULL, secret = '',
      previous_secret = NULL, previous_until = NULL
    WHERE id = p_id AND tenant_id = p_tenant AND deleted_at IS NULL RETURNING id
  )
  SELECT to_jsonb(count(*)) FROM deleted
$$;

-- There are never more than two: a rotation within the overlap of another ends that overlap.
CREATE FUNCTION rotate_endpoint_secret(
  p_tenant text, p_id text, p_secret bytea, p_overlap interval
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  w webhook_endpoint;
BEGIN
  UPDATE webhook_endpoint SET secret = p_secret, previous_secret = secret,
    previous_until = clock_timestamp() + p_overlap, updated_at = clock_timestamp()
  WHERE id = p_id AND tenant_id = p_tenant AND deleted_at IS NULL
  RETURNING * INTO w;
  RETURN CASE WHEN FOUND THEN endpoint_json(w) END;
END $$;

CREATE FUNCTION send_test_event(p_tenant text, p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  d webhook_delivery;
BEGIN
  INSERT INTO webhook_delivery (endpoint_id, event_id, tenant_id, type)
  SELECT w.id, 'evt_' || replace(uuidv7()::text, '-', ''), w.tenant_id, 'webhook.test'
  FROM webhook_endpoint w
  WHERE w.id = p_id AND w.tenant_id = p_tenant AND w.deleted_at IS NULL
  RETURNING * INTO d;
  RETURN CASE WHEN FOUND THEN delivery_json(d) END;
END $$;

CREATE FUNCTION find_delivery(p_tenant text, p_endpoint text, p_event text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT delivery_json(d) FROM webhook_delivery d
  JOIN webhook_endpoint w ON w.id = d.endpoint_id
  WHERE d.endpoint_id = p_endpoint AND d.event_id = p_event AND d.tenant_id = p_tenant
    AND w.deleted_at IS NULL
$$;

CREATE FUNCTION resend_delivery(p_tenant text, p_endpoint text, p_event text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  d webhook_delivery;
BEGIN
  UPDATE webhook_delivery d_
  SET state = 'pending', tries = 0, next_at = clock_timestamp()
  FROM webhook_endpoint w
  WHERE d_.endpoint_id = p_endpoint AND d_.event_id = p_event AND d_.tenant_id = p_tenant
    AND w.id = d_.endpoint_id AND w.deleted_at IS NULL
  RETURNING d_.* INTO d;
  RETURN CASE WHEN FOUND THEN delivery_json(d) END;
END $$;

-- Of events since then: the oldest of what has failed. NULL when this tenant has no such endpoint.
CREATE FUNCTION resend_failed(p_tenant text, p_id text, p_since timestamptz, p_most integer)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  resent integer;
BEGIN
  IF find_endpoint(p_tenant, p_id) IS NULL THEN
    RETURN NULL;
  END IF;
  WITH chosen AS (
    SELECT event_id FROM webhook_delivery
    WHERE endpoint_id = p_id AND tenant_id = p_tenant AND state = 'failed'
      AND event_id >= first_event_id(p_since)
    ORDER BY event_id LIMIT p_most FOR UPDATE SKIP LOCKED
  )
  UPDATE webhook_delivery d SET state = 'pending', tries = 0, next_at = clock_timestamp()
  FROM chosen WHERE d.endpoint_id = p_id AND d.event_id = chosen.event_id;
  GET DIAGNOSTICS resent = ROW_COUNT;
  RETURN to_jsonb(resent);
END $$;

-- ------------------------------------------------------------------------- how long it is kept --

-- The oldest of each endpoint's log, and all of what is deleted, so many in a short transaction;
-- answers how many. An endpoint that is deleted is itself gone a day after its last delivery.
CREATE FUNCTION sweep_deliveries(p_age interval, p_limit integer) RETURNS jsonb
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  swept integer;
BEGIN
  WITH old AS (
    SELECT d.endpoint_id, d.event_id FROM webhook_endpoint w CROSS JOIN LATERAL (
      SELECT endpoint_id, event_id FROM webhook_delivery
      WHERE endpoint_id = w.id AND event_id < CASE
        WHEN w.deleted_at IS NULL THEN first_event_id(now() - p_age) ELSE 'evt_~' END
      ORDER BY event_id LIMIT p_limit FOR UPDATE SKIP LOCKED) d
    LIMIT p_limit
  )
  DELETE FROM webhook_delivery d USING old
  WHERE d.endpoint_id = old.endpoint_id AND d.event_id = old.event_id;
  GET DIAGNOSTICS swept = ROW_COUNT;
  DELETE FROM webhook_endpoint w WHERE deleted_at < now() - interval '1 day'
    AND NOT EXISTS (SELECT FROM webhook_delivery WHERE endpoint_id = w.id);
  RETURN to_jsonb(swept);
END $$;

-- What a receiver answered may repeat what it was told of a customer.
CREATE FUNCTION erase_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE webhook_delivery d
  SET attempts = (SELECT coalesce(jsonb_agg(attempt - 'answer'), '[]')
    FROM jsonb_array_elements(d.attempts) attempt)
  FROM order_event e, webhook_endpoint w
  WHERE e.order_id = NEW.id AND w.tenant_id = NEW.tenant_id
    AND d.endpoint_id = w.id AND d.event_id = e.id;
  RETURN NULL;
END $$;

CREATE TRIGGER erase_answers AFTER UPDATE OF erased_at ON "order" FOR EACH ROW
  WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION erase_answers();

-- ------------------------------------------------------------------------ the wall between tenants --

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['webhook_endpoint', 'webhook_delivery'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO makegood_tenant USING (tenant_id = tenant_here())', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON webhook_endpoint, webhook_delivery TO makegood_tenant;

-- Down Migration

DROP TRIGGER erase_answers ON "order";
DROP TRIGGER owe_deliveries ON order_event;
DROP FUNCTION erase_answers, sweep_deliveries, resend_failed, resend_delivery, find_delivery,
  send_test_event, rotate_endpoint_secret, delete_endpoint, update_endpoint, find_endpoint,
  list_endpoints, create_endpoint, delivery_json, endpoint_json, record_attempt, erased_or,
  claim_deliveries, owe_deliveries;
DROP TABLE webhook_delivery, webhook_endpoint;
