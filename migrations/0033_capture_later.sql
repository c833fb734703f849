-- Up Migration

-- Capture at shipment: the money is held while the order waits, and each parcel that goes out takes
-- its share of it. docs/decisions/0021 says why in this order.

-- A type and no CHECK: a new column with one makes PostgreSQL read through all orders while nobody else may.
CREATE TYPE capture_policy AS ENUM ('now', 'at-shipment');

ALTER TABLE tenant ADD COLUMN capture_policy capture_policy NOT NULL DEFAULT 'now';

-- The policy that it was placed under, whatever its tenant decides later.
ALTER TABLE "order" ADD COLUMN capture_policy capture_policy NOT NULL DEFAULT 'now';

-- With the owner's rights: a request may not read the tenants.
CREATE FUNCTION order_takes_policy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  NEW.capture_policy := coalesce(
    (SELECT capture_policy FROM tenant WHERE id = NEW.tenant_id), NEW.capture_policy);
  RETURN NEW;
END $$;
CREATE TRIGGER order_takes_policy BEFORE INSERT ON "order" FOR EACH ROW
  EXECUTE FUNCTION order_takes_policy();

-- capture_before: when the gateway lets the hold go by itself; NULL until somebody has asked.
-- in_parts: whether it captures parts of it; NULL likewise.
-- is_renewed: the first hold was let go and this is the second one. There is no third.
ALTER TABLE payment
  ADD COLUMN capture_before timestamptz,
  ADD COLUMN in_parts boolean,
  ADD COLUMN is_renewed boolean NOT NULL DEFAULT false;

-- What the merchant has asked to be shipped; its number is also that of its capture. Gateways take up
-- to fifty captures of one authorization.
CREATE TABLE shipment_request (
  id              text NOT NULL UNIQUE CHECK (id LIKE 'shp\_%'),
  order_id        text NOT NULL REFERENCES "order",
  number          integer NOT NULL CHECK (number BETWEEN 1 AND 50),
  amount          bigint NOT NULL CHECK (amount > 0),
  state           text NOT NULL DEFAULT 'requested'
                  CHECK (state IN ('requested', 'handed-over', 'shipped', 'refused')),
  tracking_number text,
  request_id      text NOT NULL,
  requested_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (order_id, number)
);
CREATE TABLE shipment_request_line (
  order_id text NOT NULL,
  number   integer NOT NULL,
  sku      text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  amount   bigint NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (order_id, number, sku),
  FOREIGN KEY (order_id, number) REFERENCES shipment_request,
  FOREIGN KEY (order_id, sku) REFERENCES order_line
);
ALTER TABLE idempotency_claim ADD COLUMN shipment_number integer;

ALTER TABLE shipment_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE shipment_request_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON shipment_request TO makegood_tenant USING (is_ours(order_id));
CREATE POLICY tenant ON shipment_request_line TO makegood_tenant USING (is_ours(order_id));
GRANT SELECT, INSERT ON shipment_request, shipment_request_line TO makegood_tenant;

-- About the capture nobody but the gateway decides. What is left of an order that is partly shipped
-- may be given up, and then the order ends with what was shipped.
INSERT INTO step_choice (step, direction, action, refusal)
SELECT c.step || ' ' || k, c.direction, c.action, c.refusal
FROM generate_series(1, 51) k CROSS JOIN (VALUES
  ('await shipment', 'do', 'retry', NULL),
  ('await shipment', 'do', 'refuse', 'rest-not-shipped'),
  ('request shipment', 'do', 'retry', NULL),
  ('request shipment', 'undo', 'retry', NULL),
  ('request shipment', 'undo', 'skip', NULL),
  ('capture payment', 'do', 'retry', NULL),
  ('cancel shipment', 'do', 'retry', NULL),
  ('cancel shipment', 'do', 'skip', NULL)
) c(step, direction, action, refusal)
-- Before anything is captured an order is cancelled, not ended in part.
WHERE c.action <> 'refuse' OR k > 1;
INSERT INTO step_choice (step, direction, action) VALUES ('release the rest', 'do', 'retry');

-- ------------------------------------------------------------------------------ what it looks like --

CREATE FUNCTION shipment_lines(s shipment_request) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku)
  FROM shipment_request_line WHERE order_id = s.order_id AND number = s.number
$$;

-- As before, and when its money is taken.
CREATE OR REPLACE FUNCTION order_facts(o "order") RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', o.id, 'tenantId', o.tenant_id, 'requestId', o.request_id,
      'amountMinor', o.amount::text, 'currency', o.currency, 'createdAt', iso(o.created_at),
      'lines', order_lines(o.id))
    || CASE WHEN o.voucher_code IS NULL THEN '{}'::jsonb ELSE '{"hasVoucher": true}' END
    || CASE o.capture_policy WHEN 'now' THEN '{}'
      ELSE jsonb_build_object('capture', o.capture_policy) END
$$;

-- NULL where none was asked for.
CREATE FUNCTION shipments_of(o "order") RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object(
    'id', s.id,
    'status', CASE
      WHEN s.state IN ('shipped', 'refused') THEN s.state
      WHEN o.gate = 'unwinding' THEN 'refused' ELSE 'requested' END,
    'amount', money(s.amount, o.currency),
    'lines', shipment_lines(s),
    'trackingNumber', s.tracking_number) ORDER BY s.number)
  FROM shipment_request s WHERE s.order_id = o.id
$$;

-- As before (0030), and with what was asked to be shipped.
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
    'shipments', CASE WHEN o.capture_policy <> 'now' THEN shipments_of(o) END,
    'needsOperator', o.needs_operator,
    'metadata', o.metadata,
    'createdAt', iso(o.created_at),
    'updatedAt', iso(o.updated_at)))
  FROM "order" o
  LEFT JOIN payment p ON p.order_id = o.id
  LEFT JOIN shipment s ON s.order_id = o.id
  WHERE o.id = p_id
$$;

-- As before, save that the receipt tells of what was captured and shipped.
CREATE FUNCTION shipped_lines(o "order") RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE o.capture_policy WHEN 'now' THEN order_lines(o.id) ELSE (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku)
    FROM (
      SELECT l.sku, sum(l.quantity) AS quantity
      FROM shipment_request s JOIN shipment_request_line l USING (order_id, number)
      WHERE s.order_id = o.id AND s.state = 'shipped' GROUP BY l.sku) shipped) END
$$;

CREATE OR REPLACE FUNCTION begin_receipt(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := read_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_committed(o, 'send receipt'), open_work(jsonb_build_object(
    'customer', jsonb_build_object('name', o.customer_name, 'email', o.customer_email),
    'lines', shipped_lines(o),
    'amount', money((SELECT captured FROM payment WHERE order_id = p_id), o.currency),
    'trackingNumber', CASE o.capture_policy
      WHEN 'now' THEN (SELECT tracking_number FROM shipment WHERE order_id = p_id)
      ELSE (SELECT string_agg(tracking_number, ', ' ORDER BY number) FROM shipment_request
        WHERE order_id = p_id AND state = 'shipped') END)));
END $$;

-- ------------------------------------------------------------------------------ ask for a shipment --

-- What of each line no shipment is asked for yet, and what the parcels asked for take of its price.
CREATE FUNCTION unshipped(p_order text) RETURNS TABLE (sku text, quantity integer, asked bigint, taken bigint)
LANGUAGE sql STABLE AS $$
  SELECT l.sku, (l.quantity - r.units)::integer, r.units, r.amount
  FROM order_line l CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.quantity), 0)::bigint AS units, coalesce(sum(r.amount), 0)::bigint AS amount
    FROM shipment_request_line r JOIN shipment_request s USING (order_id, number)
    WHERE r.order_id = p_order AND r.sku = l.sku AND s.state <> 'refused') r
  WHERE l.order_id = p_order
$$;

CREATE FUNCTION shipment_facts(s shipment_request) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', s.id, 'orderId', s.order_id, 'number', s.number,
    'amount', money(s.amount, o.currency), 'lines', shipment_lines(s),
    'createdAt', iso(s.requested_at))
  FROM "order" o WHERE o.id = s.order_id
$$;

CREATE FUNCTION answer_shipment_claim(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.fingerprint <> p_fingerprint THEN jsonb_build_object('state', 'mismatched')
    WHEN o.erased_at IS NOT NULL THEN jsonb_build_object('state', 'erased')
    WHEN c.archived_at IS NOT NULL THEN jsonb_build_object('state', 'archived', 'id', s.id)
    ELSE jsonb_build_object('state', 'replayed', 'shipment', shipment_facts(s))
  END
  FROM idempotency_claim c
    JOIN shipment_request s ON s.order_id = c.order_id AND s.number = c.shipment_number
    JOIN "order" o ON o.id = c.order_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;

-- Without lines it is all that is left. Each line comes to what is paid for its units with those asked for
-- before (paid_for of 0026, which spreads a discount), less what those came to: so all of them add up to the
-- amount. Nobody can take less than a minor unit, nor leave less for the rest of the order.
CREATE FUNCTION price_shipment(o "order", p_lines jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  unknown jsonb;
  exceeding jsonb;
  lines jsonb;
  price bigint;
  rest bigint;
  is_rest boolean;
  asked integer := (SELECT count(*) FROM shipment_request WHERE order_id = o.id);
BEGIN
  SELECT jsonb_agg(w.sku ORDER BY w.sku) FILTER (WHERE u.sku IS NULL),
    jsonb_agg(w.sku ORDER BY w.sku) FILTER (WHERE u.quantity < w.quantity),
    jsonb_agg(jsonb_build_object('sku', w.sku, 'quantity', w.quantity,
      'amount', paid_for(o, w.sku, u.asked + w.quantity) - u.taken)),
    sum(paid_for(o, w.sku, u.asked + w.quantity) - u.taken),
    (SELECT o.amount - sum(taken) FROM unshipped(o.id)),
    (SELECT sum(quantity) FROM unshipped(o.id)) = sum(w.quantity)
  INTO unknown, exceeding, lines, price, rest, is_rest
  FROM (
    SELECT r.sku, sum(r.quantity)::integer AS quantity
    FROM jsonb_to_recordset(coalesce(p_lines, (
      SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity))
      FROM unshipped(o.id) WHERE quantity > 0), '[]')) AS r(sku text, quantity integer)
    GROUP BY r.sku
  ) w
  LEFT JOIN unshipped(o.id) u ON u.sku = w.sku;
  RETURN CASE
    WHEN o.capture_policy <> 'at-shipment' OR o.gate = 'unwinding'
      OR o.status NOT IN ('authorized', 'paid')
      OR (SELECT authorized = captured + voided FROM payment WHERE order_id = o.id) OR asked = 50
      THEN jsonb_build_object('state', 'not-shippable')
    WHEN unknown IS NOT NULL THEN jsonb_build_object('state', 'unknown-sku', 'skus', unknown)
    WHEN exceeding IS NOT NULL OR lines IS NULL OR price <= 0 OR (price >= rest AND NOT is_rest)
      THEN jsonb_build_object('state', 'exceeds-lines', 'skus', coalesce(exceeding, '[]'))
    WHEN NOT is_rest AND (asked = 49 OR (SELECT in_parts IS FALSE FROM payment WHERE order_id = o.id))
      THEN jsonb_build_object('state', 'only-whole')
    ELSE jsonb_build_object('state', 'priced', 'amount', price, 'lines', lines)
  END;
END $$;

-- As for refunds: a replay wins over everything, and only what is granted uses the key up. The order
-- row's lock puts them in a line, so they never add up to more than was ordered.
CREATE FUNCTION ask_for_shipment(
  p_tenant text, p_order text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_wanted jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := answer_shipment_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  o "order";
  s shipment_request;
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
  answer := answer_shipment_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  IF answer IS NULL AND o.erased_at IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'erased');
  END IF;
  answer := coalesce(answer, price_shipment(o, p_wanted -> 'lines'));
  IF answer ->> 'state' <> 'priced' THEN
    RETURN answer;
  END IF;
  INSERT INTO shipment_request (id, order_id, number, amount, request_id)
  SELECT p_wanted ->> 'id', p_order, count(*) + 1, (answer ->> 'amount')::bigint, p_wanted ->> 'requestId'
  FROM shipment_request WHERE order_id = p_order
  RETURNING * INTO s;
  INSERT INTO shipment_request_line (order_id, number, sku, quantity, amount)
  SELECT p_order, s.number, l.sku, l.quantity, l.amount
  FROM jsonb_to_recordset(answer -> 'lines') AS l(sku text, quantity integer, amount bigint);
  PERFORM append_event(p_order, 'shipment.requested');
  INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id, shipment_number)
  VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_order, s.number);
  RETURN jsonb_build_object('state', 'requested', 'shipment', shipment_facts(s));
END $$;

-- ---------------------------------------------------------------------------------- await shipment --

-- The first shipment comes before the pivot, all others after it. NULL means: go on.
CREATE FUNCTION recorded_part(o "order", p_step text, p_number integer) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE p_number WHEN 1 THEN recorded_or_unwinding(o, p_step || ' 1')
    ELSE recorded_if_committed(o, p_step || ' ' || p_number) END;
END $$;

-- How the hold stands: `margin` is kept for the operators before its end. It is made once more, and
-- whoever has begun to ends it.
CREATE FUNCTION hold_of(p payment, p_margin interval) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  is_held boolean := p.authorized - p.captured - p.voided > 0;
BEGIN
  RETURN jsonb_build_object(
    'intentId', p.intent_id,
    'isKnown', p.capture_before IS NOT NULL OR NOT is_held,
    'isRenewable', p.captured = 0
      AND recorded(p.order_id, 'renew authorization') ->> 'state' IS DISTINCT FROM 'done',
    'waitMs', CASE WHEN is_held THEN greatest(0, ceil(
      extract(epoch FROM p.capture_before - p_margin - clock_timestamp()) * 1000)) ELSE 0 END,
    'isOver', NOT is_held OR coalesce(p.capture_before < clock_timestamp(), false));
END $$;

CREATE FUNCTION require_payment(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM payment WHERE order_id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bug: order % has no payment', p_id;
  END IF;
END $$;

CREATE FUNCTION next_shipment(p_id text, p_number integer, p_margin interval) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_part(o, 'await shipment', p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF EXISTS (SELECT FROM shipment_request WHERE order_id = p_id AND number = p_number) THEN
    RETURN record_ok(p_id, 'await shipment ' || p_number);
  END IF;
  PERFORM require_payment(p_id);
  RETURN open_work((SELECT hold_of(p, p_margin) FROM payment p WHERE order_id = p_id));
END $$;

CREATE FUNCTION note_terms(p_id text, p_intent text, p_before timestamptz, p_in_parts boolean)
RETURNS void LANGUAGE sql AS $$
  UPDATE payment SET capture_before = p_before, in_parts = p_in_parts
  WHERE order_id = p_id AND intent_id = p_intent AND capture_before IS NULL
$$;

-- ------------------------------------------------------------------------------ hold it once more --

-- As before, save that a second hold adds to what was held.
CREATE OR REPLACE FUNCTION book_authorization(p_id text, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE payment SET state = 'authorized', authorized = voided + p_amount
  WHERE order_id = p_id AND state IN ('created', 'declined');
  IF FOUND THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, authorized)
    SELECT p_id, 'confirm', n, 'answered', intent_id, 'requires_capture', p_amount
    FROM payment WHERE order_id = p_id;
  END IF;
END $$;

-- Never two live authorizations: the old one is let go before the new one is made.
CREATE FUNCTION begin_renewal(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'renew authorization');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'forward');
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  RETURN open_work(jsonb_build_object('isRenewed', p.is_renewed, 'installation', installation_id())
    || payment_work(o, p, CASE WHEN NOT p.is_renewed THEN 'cancel'
      WHEN p.intent_id IS NULL THEN 'create' ELSE 'confirm' END));
END $$;

CREATE FUNCTION record_old_hold(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'renew authorization');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'cancel', n, 'answered', intent_id, 'canceled', authorized - captured - voided
  FROM payment WHERE order_id = p_id AND NOT is_renewed;
  UPDATE payment SET state = 'created', voided = authorized - captured, n = n + 1, intent_id = NULL,
    capture_before = NULL, is_renewed = true
  WHERE order_id = p_id AND NOT is_renewed;
  RETURN begin_renewal(p_id);
END $$;

CREATE FUNCTION commit_renewal(p_id text, p_intent text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'renew authorization');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE payment SET intent_id = p_intent WHERE order_id = p_id AND is_renewed AND intent_id IS NULL;
  IF FOUND THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome)
    SELECT p_id, 'create', n, 'answered', p_intent, 'requires_confirmation'
    FROM payment WHERE order_id = p_id;
  END IF;
  RETURN begin_renewal(p_id);
END $$;

CREATE FUNCTION record_renewal(p_id text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb;
BEGIN
  -- The money is held whatever the gate says now, as with the first hold.
  PERFORM book_authorization(p_id, p_amount);
  answer := recorded_or_unwinding(o, 'renew authorization');
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_payment(p_id);
  RETURN record_ok(p_id, 'renew authorization');
END $$;

CREATE FUNCTION record_renewal_declined(p_id text, p_outcome text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'renew authorization');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_payment(p_id);
  UPDATE payment SET state = 'declined' WHERE order_id = p_id AND state = 'created';
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome)
  SELECT p_id, CASE WHEN intent_id IS NULL THEN 'create' ELSE 'confirm' END, n, 'answered',
    intent_id, p_outcome
  FROM payment WHERE order_id = p_id;
  RETURN record_refusal(p_id, 'renew authorization', 'payment-declined', p_detail);
END $$;

-- -------------------------------------------------------------------------------- request shipment --

CREATE FUNCTION touch_order(p_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE "order" SET updated_at = clock_timestamp() WHERE id = p_id
$$;

CREATE FUNCTION begin_part(p_id text, p_number integer, p_margin interval) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_part(o, 'request shipment', p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_payment(p_id);
  PERFORM note_try(p_id, 'request shipment ' || p_number);
  RETURN open_work((
    SELECT hold_of(p, p_margin) || jsonb_build_object('address', o.shipping_address,
      'lines', shipment_lines(s),
      'isOnlyWhole', p.in_parts IS FALSE AND p.captured = 0 AND s.amount < p.authorized - p.voided)
    FROM payment p JOIN shipment_request s USING (order_id)
    WHERE order_id = p_id AND s.number = p_number));
END $$;

CREATE FUNCTION record_part(p_id text, p_number integer, p_tracking_number text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_part(o, 'request shipment', p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE shipment_request SET state = 'handed-over', tracking_number = p_tracking_number
  WHERE order_id = p_id AND number = p_number;
  PERFORM touch_order(p_id);
  RETURN record_ok(p_id, 'request shipment ' || p_number,
    jsonb_build_object('trackingNumber', p_tracking_number));
END $$;

-- Its lines may be asked for again; the first one's refusal unwinds the order.
CREATE FUNCTION refuse_part(p_id text, p_number integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shipment_request SET state = 'refused' WHERE order_id = p_id AND number = p_number;
  PERFORM touch_order(p_id);
  PERFORM append_event(p_id, 'shipment.refused');
END $$;

CREATE FUNCTION record_part_refused(p_id text, p_number integer, p_code text, p_detail text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_part(o, 'request shipment', p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM refuse_part(p_id, p_number);
  RETURN record_refusal(p_id, 'request shipment ' || p_number, p_code, p_detail);
END $$;

-- Only the first one is undone: with the second the pivot is past.
CREATE FUNCTION begin_part_undo(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'request shipment 1', 'undo');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  PERFORM leave_tombstone(p_id, 'request shipment 1');
  RETURN open_work('{}');
END $$;

CREATE FUNCTION record_part_undo(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  PERFORM require_gate(o, 'unwinding');
  RETURN coalesce(recorded(p_id, 'request shipment 1', 'undo'),
    record(p_id, 'request shipment 1', 'undo', '{"ok": {}}'));
END $$;

-- --------------------------------------------------------------------------------- capture payment --

-- The money of one shipment. The first capture is the pivot, and races a cancel as any other does.
CREATE FUNCTION begin_part_capture(p_id text, p_number integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_part(o, 'capture payment', p_number);
  p payment;
  s shipment_request;
  repeated boolean := was_requested(p_id, 'capture', p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_captures();
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  SELECT * INTO s FROM shipment_request WHERE order_id = p_id AND number = p_number;
  IF s.state IS DISTINCT FROM 'handed-over' OR p.captured + s.amount > p.authorized - p.voided THEN
    RAISE EXCEPTION 'bug: shipment % of order % is captured while it is %, with % of % captured',
      p_number, p_id, s.state, p.captured, p.authorized - p.voided;
  END IF;
  IF p_number = 1 THEN
    PERFORM require_gate(o, 'forward', 'committing');
    UPDATE "order" SET gate = 'committing' WHERE id = p_id AND gate = 'forward';
  END IF;
  IF NOT repeated THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id)
    VALUES (p_id, 'capture', p_number, 'requested', p.intent_id);
  END IF;
  RETURN open_work(jsonb_build_object('intentId', p.intent_id, 'repeated', repeated,
    'amount', money(s.amount, o.currency), 'before', p.captured::text,
    'isLast', p.captured + s.amount = p.authorized - p.voided));
END $$;

-- p_captured: all that the gateway has captured of the intent.
CREATE FUNCTION record_part_capture(p_id text, p_number integer, p_captured bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'capture payment ' || p_number);
  p payment;
  s shipment_request;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, CASE p_number WHEN 1 THEN 'committing' ELSE 'committed' END::order_gate);
  UPDATE shipment_request SET state = 'shipped' WHERE order_id = p_id AND number = p_number
  RETURNING * INTO s;
  UPDATE payment SET captured = captured + s.amount,
    state = CASE WHEN captured + s.amount = authorized - voided THEN 'captured' ELSE state END
  WHERE order_id = p_id RETURNING * INTO p;
  IF p.captured <> p_captured THEN
    RAISE EXCEPTION 'bug: order % has captured %, and the gateway %', p_id, p.captured, p_captured;
  END IF;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, captured)
  VALUES (p_id, 'capture', p_number, 'answered', p.intent_id,
    CASE p.state WHEN 'captured' THEN 'succeeded' ELSE 'requires_capture' END, s.amount);
  IF p_number = 1 THEN
    -- All goods are the customer's from here on; what is not shipped in the end is restocked.
    PERFORM move_reservation(p_id, 'held', 'sold');
    UPDATE "order" SET gate = 'committed' WHERE id = p_id;
    PERFORM move_order(p_id, 'paid');
  END IF;
  PERFORM touch_order(p_id);
  PERFORM append_event(p_id, 'shipment.shipped');
  IF p.state = 'captured' THEN
    PERFORM ship_whole(p_id);
  END IF;
  RETURN record_ok(p_id, 'capture payment ' || p_number,
    jsonb_build_object('isWhole', p.state = 'captured'));
END $$;

CREATE FUNCTION ship_whole(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shipment (order_id, tracking_number)
  SELECT p_id, tracking_number FROM shipment_request
  WHERE order_id = p_id AND state = 'shipped' ORDER BY number DESC LIMIT 1;
  PERFORM move_order(p_id, 'shipped');
END $$;

-- Only on proof: nothing is held any more, and this was not captured. The first one's unwinds.
CREATE FUNCTION record_part_capture_refused(p_id text, p_number integer) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'capture payment ' || p_number);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, CASE p_number WHEN 1 THEN 'committing' ELSE 'committed' END::order_gate);
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'capture', p_number, 'answered', intent_id, 'canceled', authorized - captured - voided
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET voided = authorized - captured,
    state = CASE p_number WHEN 1 THEN 'voided' ELSE 'captured' END
  WHERE order_id = p_id;
  IF p_number = 1 THEN
    UPDATE "order" SET gate = 'unwinding', reason = 'payment-declined' WHERE id = p_id;
  END IF;
  PERFORM refuse_part(p_id, p_number);
  RETURN record_refusal(p_id, 'capture payment ' || p_number, 'payment-declined',
    'The authorization was gone before it could be captured.');
END $$;

-- ------------------------------------------------------------- a later parcel that nobody pays for --

CREATE FUNCTION begin_part_recall(p_id text, p_number integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_committed(o, 'cancel shipment ' || p_number), open_work('{}'));
END $$;

CREATE FUNCTION record_part_recall(p_id text, p_number integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_committed(o, 'cancel shipment ' || p_number),
    record_ok(p_id, 'cancel shipment ' || p_number));
END $$;

-- -------------------------------------------------------------------------------- release the rest --

CREATE FUNCTION begin_release(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_committed(o, 'release the rest');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  IF p.authorized - p.captured - p.voided = 0 THEN
    RETURN record_release(p_id);
  END IF;
  RETURN open_work(payment_work(o, p, 'cancel'));
END $$;

CREATE FUNCTION record_release(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_committed(o, 'release the rest');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'cancel', n, 'answered', intent_id, 'canceled', authorized - captured - voided
  FROM payment WHERE order_id = p_id AND authorized - captured - voided > 0;
  UPDATE payment SET voided = authorized - captured, state = 'captured' WHERE order_id = p_id;
  -- What was asked for when it was too late.
  PERFORM refuse_part(p_id, number) FROM shipment_request WHERE order_id = p_id AND state = 'requested';
  -- In SKU order, so that no two ever wait for each other.
  PERFORM FROM stock s JOIN reservation v USING (tenant_id, sku) JOIN unshipped(p_id) u USING (sku)
  WHERE v.order_id = p_id AND u.quantity > 0 ORDER BY s.sku FOR UPDATE OF s;
  UPDATE stock s SET sold = sold - u.quantity, available = available + u.quantity
  FROM reservation v JOIN unshipped(p_id) u USING (sku)
  WHERE v.order_id = p_id AND s.tenant_id = v.tenant_id AND s.sku = v.sku;
  UPDATE reservation v SET restocked = u.quantity,
    state = CASE WHEN u.quantity = v.quantity THEN 'restocked' ELSE v.state END
  FROM unshipped(p_id) u WHERE v.order_id = p_id AND v.sku = u.sku;
  PERFORM ship_whole(p_id);
  RETURN record_ok(p_id, 'release the rest');
END $$;

-- As before, save that what was never shipped cannot come back: asked once the order has ended.
CREATE OR REPLACE FUNCTION refund_lines(p_order text, p_lines jsonb)
RETURNS TABLE (sku text, quantity integer, unit_price bigint, available bigint)
LANGUAGE sql STABLE AS $$
  SELECT w.sku, w.quantity, l.unit_price, l.quantity - (
    SELECT coalesce(sum(t.quantity), 0) FROM refund_line t JOIN refund r ON r.id = t.refund_id
    WHERE t.order_id = p_order AND t.sku = w.sku AND r.state <> 'failed')
    - CASE (SELECT capture_policy FROM "order" WHERE id = p_order) WHEN 'now' THEN 0
      ELSE (SELECT u.quantity FROM unshipped(p_order) u WHERE u.sku = w.sku) END
  FROM (
    SELECT r.sku, sum(r.quantity)::integer AS quantity
    FROM jsonb_to_recordset(p_lines) AS r(sku text, quantity integer) GROUP BY r.sku
  ) w
  LEFT JOIN order_line l ON l.order_id = p_order AND l.sku = w.sku
$$;

-- ----------------------------------------------------------------------------------------- numbers --

-- As before, save that steps are counted by what they do, and not by which shipment they are about.
CREATE FUNCTION bare_step(p_step text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(p_step, ' \d+$', '')
$$;

CREATE OR REPLACE FUNCTION note_for_tally() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'barrier' THEN
      INSERT INTO tally_entry (kind, what) VALUES ('undone', bare_step(NEW.step));
    WHEN 'parked_step' THEN
      INSERT INTO tally_entry (kind, what, how) VALUES ('parked', bare_step(NEW.step), NEW.direction);
    WHEN 'operator_action' THEN
      INSERT INTO tally_entry (kind, what, how) VALUES ('act', NEW.action, coalesce(bare_step(NEW.step), ''));
    WHEN 'mail_outbox' THEN
      INSERT INTO tally_entry (kind, what) VALUES ('mailed', NEW.kind);
  END CASE;
  RETURN NULL;
END $$;

-- An order that waits for its merchant is not late: it counts from when a shipment was asked for.
CREATE FUNCTION due_since(p_id text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE capture_policy WHEN 'now' THEN created_at ELSE (
    SELECT min(requested_at) FROM shipment_request
    WHERE order_id = o.id AND state IN ('requested', 'handed-over')) END
  FROM "order" o WHERE id = p_id
$$;

-- As before, save for what is not late.
CREATE OR REPLACE FUNCTION business_numbers(p_limit integer) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_xact_lock(hashtext('makegood tally')) THEN
    PERFORM count_up(p_limit);
  END IF;
  RETURN jsonb_build_object(
    'counted', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM tally t),
    'unfinished', (SELECT coalesce(jsonb_agg(jsonb_build_object('status', status,
        'needsOperator', needs_operator, 'count', n, 'oldestSeconds', coalesce(seconds_since(oldest), 0))), '[]')
      FROM (SELECT status, needs_operator, count(*) AS n, min(CASE
          WHEN status IN ('authorized', 'paid') THEN due_since(id) ELSE created_at END) AS oldest
        FROM unfinished_order GROUP BY status, needs_operator) by_status),
    'oldestUnstartedSeconds', (
      SELECT seconds_since(min(created_at)) FROM "order" WHERE run_started_at IS NULL),
    'parked', (SELECT coalesce(jsonb_agg(jsonb_build_object('step', step, 'direction', direction,
        'count', n)), '[]')
      FROM (SELECT step, direction, count(*) AS n FROM parked_step GROUP BY step, direction) by_step),
    'blocked', (SELECT coalesce(jsonb_agg(jsonb_build_object('status', status, 'count', n)), '[]')
      FROM (SELECT status, count(*) AS n FROM "order" WHERE blocked_since IS NOT NULL
        GROUP BY status) by_status),
    'atRisk', money_at_risk(),
    'capturesHalted', EXISTS (SELECT FROM capture_halt WHERE ended_at IS NULL),
    'differences', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'state', state,
        'count', n)), '[]')
      FROM (SELECT kind, state, count(*) AS n FROM reconciliation_difference
        WHERE state IN ('open', 'settling') GROUP BY kind, state) by_kind),
    'unsentMails', (SELECT count(*) FROM mail_outbox WHERE sent_at IS NULL),
    'oldestUnsentMailSeconds', (
      SELECT seconds_since(min(created_at)) FROM mail_outbox WHERE sent_at IS NULL));
END $$;

-- ------------------------------------------------------------------- the watcher and the reconciler --

-- It awaits a shipment that nobody has asked for, and nothing else is to be done for it. Not shortly before
-- its hold ends, nor before that is known. Volatile: it is to see what was asked for until the order was locked.
CREATE FUNCTION waits_quietly(o "order") RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT o.capture_policy <> 'now' AND NOT o.needs_operator
    AND (o.status, o.gate) IN (('authorized', 'forward'), ('paid', 'committed'))
    AND EXISTS (SELECT FROM payment
      WHERE order_id = o.id AND capture_before > now() + interval '2 hours')
    AND (SELECT count(*) FILTER (WHERE state IN ('requested', 'handed-over')) = 0
        AND recorded(o.id, 'await shipment ' || count(*) + 1) IS NULL
      FROM shipment_request WHERE order_id = o.id)
$$;

-- It is lent for an hour then: Temporal is asked for each that waits, and they may be many. Whatever is new
-- of it ends that, so that a word which is lost is said again as soon as for any other order.
CREATE FUNCTION order_has_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.watched_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER order_has_news BEFORE UPDATE OF gate, needs_operator, last_sequence ON "order" FOR EACH ROW
  WHEN (NEW.watched_at > now()) EXECUTE FUNCTION order_has_news();

-- As before, and isAsked: a shipment is asked for, or handed over, and nothing comes of it: the word of it was
-- lost, or the run was reset to when it waited.
CREATE OR REPLACE FUNCTION lease_silent_sagas(p_silence interval, p_limit integer) RETURNS jsonb
LANGUAGE sql AS $$
  WITH due_order AS (
    SELECT id, watched_at FROM "order"
    WHERE run_started_at IS NOT NULL AND watched_at < now() - p_silence
    ORDER BY watched_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), due_refund AS (
    SELECT id, watched_at FROM refund
    WHERE run_started_at IS NOT NULL AND watched_at < now() - p_silence
    ORDER BY watched_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), due AS (
    SELECT id FROM (TABLE due_order UNION ALL TABLE due_refund) both_kinds
    ORDER BY watched_at LIMIT p_limit
  ), leased AS (
    UPDATE "order" o SET
      watched_at = CASE
        WHEN o.updated_at >= now() - p_silence THEN o.updated_at
        WHEN waits_quietly(o) THEN now() + interval '1 hour'
        ELSE now() END,
      restarts = CASE WHEN o.updated_at > o.watched_at THEN 0 ELSE o.restarts END
    FROM due WHERE o.id = due.id
    RETURNING o.*
  ), leased_refund AS (
    UPDATE refund r SET watched_at = now() FROM due WHERE r.id = due.id
    RETURNING r.*
  ), silent AS (
    SELECT jsonb_build_object(
      'kind', 'order',
      'facts', order_facts(leased::"order") - 'createdAt',
      'isCancelled', leased.gate = 'unwinding' AND leased.reason = 'cancelled',
      'isBlocked', is_blocked_by(leased::"order", leased.id),
      'restarts', leased.restarts)
      || CASE WHEN leased.capture_policy <> 'now' AND EXISTS (
          SELECT FROM shipment_request WHERE order_id = leased.id
            AND state IN ('requested', 'handed-over'))
        THEN '{"isAsked": true}' ELSE '{}' END::jsonb AS saga
    FROM leased WHERE leased.updated_at < now() - p_silence
    UNION ALL
    SELECT jsonb_build_object(
      'kind', 'refund',
      'facts', refund_facts(l::refund) - 'createdAt',
      'isBlocked', is_blocked_by(o, l.id),
      'restarts', l.restarts)
    FROM leased_refund l JOIN "order" o ON o.id = l.order_id
  )
  SELECT jsonb_build_object(
    'silent', coalesce((SELECT jsonb_agg(saga) FROM silent), '[]'),
    'more', (SELECT count(*) = p_limit FROM due))
$$;

-- As before (0030). A hold that waits for its shipment has a timer of its own; and what is asked for time
-- after time is answered once each time is.
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
      'amount', o.amount::text, 'currency', o.currency, 'updatedAt', iso(o.updated_at))
      || CASE o.capture_policy WHEN 'now' THEN '{}' ELSE '{"isCapturedLater": true}' END::jsonb END,
    'payment', CASE WHEN p.order_id IS NOT NULL THEN jsonb_build_object('state', p.state,
      'held', (p.authorized - p.captured - p.voided)::text, 'captured', p.captured::text,
      'refunded', p.refunded::text) END,
    'asked', (
      SELECT coalesce(jsonb_object_agg(operation, jsonb_build_object(
        'at', iso(CASE WHEN operation = 'confirm' THEN greatest(asked, p.waits_until) ELSE asked END),
        'isAnswered', answered)), '{}')
      FROM (
        SELECT operation, max(asked) AS asked, bool_and(answered) AS answered
        FROM (
          SELECT operation, max(occurred_at) FILTER (WHERE kind = 'requested') AS asked,
            bool_or(kind = 'answered') AS answered
          FROM payment_entry WHERE order_id = o.id AND operation <> 'refund' GROUP BY operation, n) each_n
        GROUP BY operation) ops
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

-- As before, save that an order which is captured at shipment is captured once for each.
CREATE OR REPLACE FUNCTION broken_invariant(o "order", p payment) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  e record;
  shipped numeric;
BEGIN
  SELECT coalesce(sum(authorized), 0) AS authorized, coalesce(sum(captured), 0) AS captured,
    coalesce(sum(voided), 0) AS voided, coalesce(sum(refunded), 0) AS refunded,
    count(*) FILTER (WHERE captured > 0) AS captures
  INTO e FROM payment_entry WHERE order_id = o.id;
  IF o.capture_policy <> 'now' THEN
    SELECT coalesce(sum(amount), 0) INTO shipped FROM shipment_request
    WHERE order_id = o.id AND state = 'shipped';
  END IF;
  RETURN CASE
    WHEN coalesce(p.captured, 0) <> shipped
      THEN 'was captured ' || coalesce(p.captured, 0) || ' where ' || shipped || ' was shipped'
    WHEN e.captures > 1 AND shipped IS NULL THEN 'was captured ' || e.captures || ' times'
    WHEN p.captured > o.amount THEN 'was captured for more than it comes to'
    WHEN e.refunded > e.captured THEN 'was refunded for more than was captured'
    WHEN o.status IN ('paid', 'shipped', 'completed') AND coalesce(p.captured, 0) = 0
      THEN 'is ' || o.status || ' although nothing was captured'
    WHEN (e.authorized, e.captured, e.voided, e.refunded) IS DISTINCT FROM
        (coalesce(p.authorized, 0)::numeric, coalesce(p.captured, 0)::numeric,
          coalesce(p.voided, 0)::numeric, coalesce(p.refunded, 0)::numeric)
      THEN 'has other sums in its entries than in its payment'
  END;
END $$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: orders that wait for their shipments would be lost sight of';
END $$;
