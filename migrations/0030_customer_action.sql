-- Up Migration

-- A payment that waits for the customer, who confirms it at their bank, or for the bank itself: the order
-- stays `reserved`, and how long it may wait is fixed when it begins to. docs/decisions/0020 says why.

-- Where the customer comes back to. May hold a session of the shop, so nothing shows it.
ALTER TABLE "order" ADD COLUMN return_url text;

-- waits_since, waits_until: set together, once. action_url: where the customer goes, while there is
-- something to do there. Not validated, because that would read every payment while all of them wait; those
-- that are there wait for nobody, and new ones are checked.
ALTER TABLE payment
  ADD COLUMN waits_since timestamptz,
  ADD COLUMN waits_until timestamptz,
  ADD COLUMN action_url text,
  ADD CONSTRAINT payment_waits_with_an_end CHECK ((waits_since IS NULL) = (waits_until IS NULL)) NOT VALID;

-- Whether its run waits for news of just this payment.
CREATE OR REPLACE FUNCTION waits_for_payment(o "order", p payment) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT coalesce(o.gate = 'forward' AND o.status = 'reserved' AND p.waits_since IS NOT NULL, false)
$$;

-- What the customer has to do; NULL when there is nothing, or not any more.
CREATE FUNCTION payment_action(o "order", p payment) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p.action_url IS NOT NULL AND waits_for_payment(o, p) THEN
    jsonb_build_object('type', 'redirect', 'url', p.action_url, 'expiresAt', iso(p.waits_until)) END
$$;

-- As before, and with what the customer has to do.
CREATE OR REPLACE FUNCTION order_snapshot(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'id', o.id,
    'status', o.status,
    'reason', CASE WHEN o.status IN ('rejected', 'cancelled', 'refunded') THEN o.reason END,
    'amount', money(o.amount, o.currency),
    'voucher', CASE WHEN o.voucher_code IS NOT NULL
      THEN jsonb_build_object('code', o.voucher_code, 'discount', money(o.discount, o.currency)) END,
    'lines', (
      SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity,
        'unitPrice', money(l.unit_price, o.currency)) ORDER BY l.sku)
      FROM order_line l WHERE l.order_id = o.id),
    'payment', jsonb_build_object(
      'authorized', coalesce(p.authorized - p.voided, 0)::text,
      'captured', coalesce(p.captured, 0)::text,
      'refunded', coalesce(p.refunded, 0)::text,
      'action', payment_action(o, p)),
    'shipment', CASE WHEN s.order_id IS NOT NULL
      THEN jsonb_build_object('trackingNumber', s.tracking_number) END,
    'needsOperator', o.needs_operator,
    'metadata', o.metadata,
    'createdAt', iso(o.created_at),
    'updatedAt', iso(o.updated_at)))
  FROM "order" o
  LEFT JOIN payment p ON p.order_id = o.id
  LEFT JOIN shipment s ON s.order_id = o.id
  WHERE o.id = p_id
$$;

-- As before, and with where the customer comes back to.
CREATE OR REPLACE FUNCTION insert_order(p_tenant text, p_order jsonb, p_priced jsonb) RETURNS "order"
LANGUAGE plpgsql AS $$
DECLARE
  o "order";
BEGIN
  INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method, return_url,
    customer_name, customer_email, shipping_address, metadata, voucher_code, discount)
  VALUES (p_order ->> 'id', p_tenant, p_order ->> 'requestId',
    (p_priced -> 'amount' ->> 'value')::bigint, p_priced -> 'amount' ->> 'currency',
    p_order ->> 'paymentMethod', p_order ->> 'returnUrl', p_order -> 'customer' ->> 'name',
    p_order -> 'customer' ->> 'email', p_order -> 'shippingAddress',
    coalesce(p_order -> 'metadata', '{}'),
    p_priced -> 'voucher' ->> 'code', (p_priced -> 'voucher' ->> 'discount')::bigint)
  RETURNING * INTO o;
  INSERT INTO order_line (order_id, sku, quantity, unit_price)
  SELECT o.id, l.sku, l.quantity, l.unit_price
  FROM jsonb_to_recordset(p_priced -> 'lines') AS l(sku text, quantity integer, unit_price bigint);
  PERFORM append_event(o.id, 'order.accepted');
  RETURN o;
END $$;

-- Of a person, or of a visit of theirs: both go with the rest.
CREATE FUNCTION erase_payment_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.return_url := NULL;
  UPDATE payment SET action_url = NULL WHERE order_id = NEW.id;
  UPDATE order_event SET data = data #- '{payment,action}' WHERE order_id = NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER erase_payment_links BEFORE UPDATE OF erased_at ON "order" FOR EACH ROW
  WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION erase_payment_links();

-- As before, and with where the customer comes back to, and whether they were waited for.
CREATE OR REPLACE FUNCTION payment_work(o "order", p payment, p_operation text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  repeated boolean := was_requested(o.id, p_operation, p.n);
BEGIN
  IF NOT repeated THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id)
    VALUES (o.id, p_operation, p.n, 'requested', p.intent_id);
  END IF;
  RETURN jsonb_build_object('amount', money(o.amount, o.currency),
      'paymentMethod', o.payment_method, 'intentId', p.intent_id, 'n', p.n, 'repeated', repeated)
    || CASE WHEN o.return_url IS NULL THEN '{}' ELSE jsonb_build_object('returnUrl', o.return_url) END
    || CASE WHEN p.waits_since IS NULL THEN '{}' ELSE '{"waits": true}' END::jsonb;
END $$;

-- p_outcome: what the gateway says the intent is. Tells of a link once; past the deadline it is refused.
CREATE FUNCTION record_waiting(p_id text, p_outcome text, p_url text, p_patience interval)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'authorize payment');
  at timestamptz := clock_timestamp();
  before payment;
  p payment;
BEGIN
  SELECT * INTO before FROM payment WHERE order_id = p_id;
  -- That it waits is so whatever the gate says: the void that an unwinding order owes has to know.
  UPDATE payment SET waits_since = coalesce(waits_since, at),
    waits_until = coalesce(waits_until, at + p_patience),
    action_url = CASE WHEN answer IS NULL THEN p_url ELSE action_url END
  WHERE order_id = p_id RETURNING * INTO p;
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF p.order_id IS NULL THEN
    RAISE EXCEPTION 'bug: order % has no payment', p_id;
  END IF;
  IF at >= p.waits_until THEN
    RETURN record_refusal(p_id, 'authorize payment', 'payment-action-expired',
      'The payment was still ' || p_outcome || ' when the time for it was up.');
  END IF;
  IF p_url IS DISTINCT FROM before.action_url THEN
    UPDATE "order" SET updated_at = at WHERE id = p_id;
    IF p_url IS NOT NULL THEN
      PERFORM append_event(p_id, 'order.action_required');
    END IF;
  END IF;
  RETURN open_work(jsonb_build_object(
    'waitedMs', floor(extract(epoch FROM at - p.waits_since) * 1000),
    'leftMs', ceil(extract(epoch FROM p.waits_until - at) * 1000),
    'until', iso(p.waits_until)));
END $$;

-- As the function of two parameters, which workers of an earlier release still call; and what was held
-- too late is not kept, unless it has been captured (0021), for then it can only go forward. p_held_at: by
-- the gateway's clock, which says when the customer has acted.
CREATE FUNCTION record_authorization(p_id text, p_amount bigint, p_held_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb;
BEGIN
  -- The money is held whatever the gate says now; the void that an unwinding order owes finds it.
  PERFORM book_authorization(p_id, p_amount);
  answer := recorded_or_unwinding(o, 'authorize payment');
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF o.gate = 'forward' AND EXISTS (SELECT FROM payment WHERE order_id = p_id
      AND waits_until < coalesce(p_held_at, clock_timestamp())) THEN
    RETURN record_refusal(p_id, 'authorize payment', 'payment-action-expired',
      'The payment was confirmed when the time for it was up.');
  END IF;
  PERFORM move_order(p_id, 'authorized');
  RETURN record_ok(p_id, 'authorize payment');
END $$;

-- A bank is still at it, and it cannot be called off. Nothing is held that anybody knows of; should it be
-- in the end, the reconciler finds money without an order.
CREATE FUNCTION record_given_up(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'authorize payment', 'undo');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'cancel', n, 'answered', intent_id, 'processing', authorized - captured - voided
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET state = 'voided', voided = authorized - captured WHERE order_id = p_id;
  RETURN record(p_id, 'authorize payment', 'undo', '{"ok": {}}');
END $$;

-- As before, and what the customer may do until the time is up is under way until then.
CREATE OR REPLACE FUNCTION our_payment(p_intent text, p_named text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_own text := (SELECT order_id FROM payment WHERE intent_id = p_intent);
  o "order";
  p payment;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = coalesce(v_own, p_named);
  SELECT * INTO p FROM payment WHERE order_id = o.id;
  RETURN jsonb_build_object(
    'isOwn', v_own IS NOT NULL,
    'installation', installation_id(),
    'order', CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('id', o.id, 'status', o.status,
      'amount', o.amount::text, 'currency', o.currency, 'updatedAt', iso(o.updated_at)) END,
    'payment', CASE WHEN p.order_id IS NOT NULL THEN jsonb_build_object('state', p.state,
      'held', (p.authorized - p.captured - p.voided)::text, 'captured', p.captured::text,
      'refunded', p.refunded::text) END,
    'asked', (
      SELECT coalesce(jsonb_object_agg(operation, jsonb_build_object(
        'at', iso(CASE WHEN operation = 'confirm' THEN greatest(asked, p.waits_until) ELSE asked END),
        'isAnswered', answered)), '{}')
      FROM (
        SELECT operation, max(occurred_at) FILTER (WHERE kind = 'requested') AS asked,
          bool_or(kind = 'answered') AS answered
        FROM payment_entry WHERE order_id = o.id AND operation <> 'refund' GROUP BY operation) ops
      WHERE asked IS NOT NULL),
    'lastEntryAt', (SELECT iso(max(occurred_at)) FROM payment_entry WHERE order_id = o.id),
    'refunds', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('key',
        CASE WHEN id LIKE 'rfd\_%' THEN id || ':refund:1' ELSE id END,
        'state', state, 'gatewayId', gateway_id) ORDER BY id), '[]')
      FROM refund WHERE order_id = o.id),
    'isDecidedByHand', o.id IS NOT NULL AND (
      was_decided_by_hand(o.id, 'authorize payment', 'undo')
      OR was_decided_by_hand(o.id, 'refund payment', 'do')));
END $$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: orders that wait for their customers would be lost sight of';
END $$;
