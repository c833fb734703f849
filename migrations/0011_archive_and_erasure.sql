-- Up Migration

-- How a claim grows old: after the response archive's time it answers from its own row, with a
-- pointer, and once its order is erased it answers only that. It is never deleted, for a key is for
-- ever, and never moved: each new order would have to look in both places.

ALTER TABLE idempotency_claim ADD COLUMN archived_at timestamptz;
CREATE INDEX idempotency_claim_unarchived ON idempotency_claim (created_at)
  WHERE archived_at IS NULL;

-- Set when the customer's name, e-mail address and address, the payment method and the metadata
-- were taken out.
ALTER TABLE "order" ADD COLUMN erased_at timestamptz;
CREATE INDEX order_by_customer ON "order" (lower(customer_email)) WHERE erased_at IS NULL;

-- ------------------------------------------------------------------------------- what claims answer --

-- NULL while nobody holds the key. A mismatch never tells what the first body was.
CREATE OR REPLACE FUNCTION answer_claim(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.fingerprint <> p_fingerprint THEN jsonb_build_object('state', 'mismatched')
    WHEN o.erased_at IS NOT NULL THEN jsonb_build_object('state', 'erased')
    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', c.order_id)
    ELSE jsonb_build_object('state', 'replayed', 'order', order_facts(o),
      'started', o.run_started_at IS NOT NULL)
  END
  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;

CREATE OR REPLACE FUNCTION answer_refund_claim(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.fingerprint <> p_fingerprint THEN jsonb_build_object('state', 'mismatched')
    WHEN o.erased_at IS NOT NULL THEN jsonb_build_object('state', 'erased')
    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', c.refund_id)
    ELSE jsonb_build_object('state', 'replayed', 'refund', refund_facts(r),
      'started', r.run_started_at IS NOT NULL)
  END
  FROM idempotency_claim c JOIN refund r ON r.id = c.refund_id JOIN "order" o ON o.id = r.order_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;

-- Whether an equal request is being decided elsewhere, and has been for too long to wait for. Cancel
-- and refund wait for the order's lock as well, which a step may hold: only a line of their own can
-- tell one from the other. Held until the transaction ends.
CREATE FUNCTION is_in_flight(p_tenant text, p_route text, p_key_hash bytea) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(
    hashtextextended(concat_ws(' ', p_tenant, p_route, encode(p_key_hash, 'hex')), 0));
  RETURN false;
EXCEPTION WHEN lock_not_available THEN
  RETURN true;
END $$;

-- As before; and a replay waits for nobody, and of what is erased nothing more can be asked.
CREATE OR REPLACE FUNCTION cancel_order(
  p_tenant text, p_id text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  o "order";
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF is_in_flight(p_tenant, p_route, p_key_hash) THEN
    RETURN jsonb_build_object('state', 'busy');
  END IF;
  SELECT * INTO o FROM "order" WHERE id = p_id AND tenant_id = p_tenant FOR UPDATE;
  answer := answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF o.id IS NULL THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  IF o.erased_at IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'erased');
  END IF;
  IF o.gate IN ('committing', 'committed') THEN
    RETURN jsonb_build_object('state', 'too-late');
  END IF;
  UPDATE "order" SET gate = 'unwinding', reason = 'cancelled' WHERE id = p_id AND gate = 'forward';
  INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id)
  VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_id);
  RETURN jsonb_build_object('state', 'cancelled');
END $$;

CREATE OR REPLACE FUNCTION request_refund(
  p_tenant text, p_order text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_refund jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := answer_refund_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  o "order";
  r refund;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF is_in_flight(p_tenant, p_route, p_key_hash) THEN
    RETURN jsonb_build_object('state', 'busy');
  END IF;
  SELECT * INTO o FROM "order" WHERE id = p_order AND tenant_id = p_tenant FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  answer := answer_refund_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  IF answer IS NULL AND o.erased_at IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'erased');
  END IF;
  answer := coalesce(answer, price_refund(o, p_refund));
  IF answer ->> 'state' <> 'priced' THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'committed');
  r := insert_refund(p_order, p_refund, (answer ->> 'amount')::bigint);
  INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id, refund_id)
  VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_order, r.id);
  RETURN jsonb_build_object('state', 'requested', 'refund', refund_facts(r));
END $$;

-- -------------------------------------------------------------------------------- the archive sweep --

-- The oldest that are due, so many in one short transaction; answers how many. Several at once take
-- different ones. What has not ended stays out, however old: its retry must still start its run.
CREATE FUNCTION archive_claims(p_age interval, p_limit integer) RETURNS jsonb LANGUAGE sql AS $$
  WITH due AS (
    SELECT c.tenant_id, c.route, c.key_hash
    FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
    LEFT JOIN refund r ON r.id = c.refund_id
    WHERE c.archived_at IS NULL AND c.created_at < now() - p_age
      AND has_ended(o.status) AND (r.id IS NULL OR r.state <> 'requested')
    ORDER BY c.created_at LIMIT p_limit FOR UPDATE OF c SKIP LOCKED
  ), archived AS (
    UPDATE idempotency_claim c SET archived_at = now() FROM due d
    WHERE c.tenant_id = d.tenant_id AND c.route = d.route AND c.key_hash = d.key_hash
    RETURNING c.order_id
  )
  SELECT to_jsonb(count(*)) FROM archived
$$;

-- ------------------------------------------------------------------------------ a customer's erasure --

-- An erasure is about an order, not about a step of it.
ALTER TABLE operator_action
  ALTER COLUMN step DROP NOT NULL,
  ALTER COLUMN direction DROP NOT NULL,
  DROP CONSTRAINT operator_action_action_check,
  ADD CONSTRAINT operator_action_action_check
    CHECK (action IN ('retry', 'mark-done', 'skip', 'refuse', 'erase')),
  ADD CONSTRAINT operator_action_is_about CHECK (
    num_nonnulls(step, direction) = CASE action WHEN 'erase' THEN 0 ELSE 2 END);

-- Still append-only, save that what an operator wrote about an order may name the customer. Who, what
-- and when stay.
CREATE FUNCTION only_why_is_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.why <> 'erased' OR to_jsonb(NEW) - 'why' <> to_jsonb(OLD) - 'why' OR NOT EXISTS (
      SELECT FROM "order" WHERE id = OLD.order_id AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'operator_action is append-only';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER operator_action_is_append_only ON operator_action;
CREATE TRIGGER operator_action_is_append_only BEFORE DELETE OR TRUNCATE
  ON operator_action FOR EACH STATEMENT EXECUTE FUNCTION operator_action_is_append_only();
CREATE TRIGGER only_why_is_erased BEFORE UPDATE
  ON operator_action FOR EACH ROW EXECUTE FUNCTION only_why_is_erased();

-- What still needs to know who the customer is; NULL: nothing. A mail that could not be sent for a
-- day keeps nobody's data any longer.
CREATE FUNCTION unfinished(o "order") RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN NOT has_ended(o.status) THEN 'it is ' || o.status
    WHEN o.needs_operator THEN 'it waits for an operator'
    WHEN EXISTS (SELECT FROM refund WHERE order_id = o.id AND state = 'requested')
      THEN 'a refund of it is under way'
    WHEN EXISTS (SELECT FROM mail_outbox WHERE order_id = o.id AND sent_at IS NULL
        AND created_at > now() - interval '1 day')
      THEN 'its last mail is not sent yet'
  END
$$;

-- Takes the person out of an order, and leaves what was bought, paid and refunded. Metadata is the
-- shop's own and may name anybody, so it goes too, from the events as well. The claims hold hashes
-- only; the order's row makes them answer that it is erased.
CREATE FUNCTION erase_order(p_id text, p_operator text, p_why text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  why_not text;
  action_id bigint;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  IF o.erased_at IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'erased-before');
  END IF;
  why_not := unfinished(o);
  IF why_not IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'unfinished', 'detail', why_not);
  END IF;
  UPDATE "order" SET customer_name = '', customer_email = '', shipping_address = '{}',
    payment_method = '', metadata = '{}', erased_at = clock_timestamp()
  WHERE id = p_id;
  UPDATE order_event SET data = data || '{"metadata": {}}' WHERE order_id = p_id;
  UPDATE operator_action SET why = 'erased' WHERE order_id = p_id;
  DELETE FROM mail_outbox WHERE order_id = p_id AND sent_at IS NULL;
  INSERT INTO operator_action (order_id, saga_id, action, operator, why, before, after)
  VALUES (p_id, p_id, 'erase', p_operator, p_why, order_state(p_id),
    order_state(p_id) || '{"erased": true}')
  RETURNING id INTO action_id;
  RETURN jsonb_build_object('state', 'erased', 'actionId', action_id);
END $$;

-- In ID order, those after p_after: what is not finished is passed over, not met again.
CREATE FUNCTION orders_of_customer(p_email text, p_after text, p_limit integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', found.id, 'tenant', found.name)
    ORDER BY found.id), '[]')
  FROM (
    SELECT o.id, t.name FROM "order" o JOIN tenant t ON t.id = o.tenant_id
    WHERE o.erased_at IS NULL AND lower(o.customer_email) = lower(p_email) AND o.id > p_after
    ORDER BY o.id LIMIT p_limit) found
$$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: claims of erased orders would answer for them again';
END $$;
