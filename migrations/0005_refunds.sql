-- Up Migration

-- Refunds that a client asks for, once the checkout has ended: whole or in parts, several for one
-- order. The order row's lock puts them in a line, so that those that are asked for, paid or under
-- way never add up to more than was captured. One that failed gives its amount back.

ALTER TABLE refund
  DROP CONSTRAINT refund_state_check,
  ADD CONSTRAINT refund_state_check CHECK (state IN ('requested', 'succeeded', 'failed')),
  -- The request that asked for it; NULL where an order was made good without being asked.
  ADD COLUMN request_id text,
  -- Whether its lines go back on the shelf, with the money.
  ADD COLUMN restock boolean NOT NULL DEFAULT false,
  ADD COLUMN settled_at timestamptz,
  -- NULL until a run is known to exist: the starter's work list, as for orders.
  ADD COLUMN run_started_at timestamptz,
  ADD COLUMN start_tried_at timestamptz;
CREATE INDEX refund_by_order ON refund (order_id);
CREATE INDEX refund_unstarted ON refund (requested_at)
  WHERE run_started_at IS NULL AND request_id IS NOT NULL;

CREATE TABLE refund_line (
  refund_id text NOT NULL REFERENCES refund,
  order_id  text NOT NULL,
  sku       text NOT NULL,
  quantity  integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (refund_id, sku),
  FOREIGN KEY (order_id, sku) REFERENCES order_line
);
CREATE INDEX refund_line_by_order ON refund_line (order_id, sku);

-- How many of the units that were sold are back on the shelf.
ALTER TABLE reservation
  ADD COLUMN restocked integer NOT NULL DEFAULT 0 CHECK (restocked BETWEEN 0 AND quantity);

ALTER TABLE idempotency_claim ADD COLUMN refund_id text REFERENCES refund;
ALTER TABLE payment_entry ADD COLUMN refund_id text REFERENCES refund;
ALTER TABLE order_event ADD COLUMN refund_id text REFERENCES refund;

CREATE FUNCTION append_refund_event(r refund, p_type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM append_event(r.order_id, p_type);
  UPDATE order_event e SET refund_id = r.id
  FROM "order" o WHERE o.id = r.order_id AND e.order_id = o.id AND e.sequence = o.last_sequence;
END $$;

-- What a refund is started with, and what the answer to a POST is made of: nothing here changes.
CREATE FUNCTION refund_facts(r refund) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id, 'orderId', o.id, 'tenantId', o.tenant_id,
    'requestId', r.request_id, 'amountMinor', r.amount::text, 'currency', o.currency,
    'createdAt', iso(r.requested_at))
  FROM "order" o WHERE o.id = r.order_id
$$;

-- The refund as GET shows it, without links. NULL when this tenant's order has none of that ID.
CREATE FUNCTION find_refund(p_tenant text, p_order text, p_id text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('id', r.id, 'orderId', o.id, 'status', r.state,
    'amount', money(r.amount, o.currency),
    'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku)
      FROM refund_line WHERE refund_id = r.id),
    'restock', r.restock,
    'createdAt', iso(r.requested_at),
    'updatedAt', iso(coalesce(r.settled_at, r.requested_at))))
  FROM refund r JOIN "order" o ON o.id = r.order_id
  WHERE r.id = p_id AND o.id = p_order AND o.tenant_id = p_tenant AND r.request_id IS NOT NULL
$$;

-- ---------------------------------------------------------------------------- ask for a refund --

CREATE FUNCTION answer_refund_claim(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.fingerprint <> p_fingerprint THEN jsonb_build_object('state', 'mismatched')
    ELSE jsonb_build_object('state', 'replayed', 'refund', refund_facts(r),
      'started', r.run_started_at IS NOT NULL)
  END
  FROM idempotency_claim c JOIN refund r ON r.id = c.refund_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;

-- Captured, and neither given back nor about to be.
CREATE FUNCTION refundable(p_order text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT captured FROM payment WHERE order_id = p_order), 0)
    - coalesce((SELECT sum(amount) FROM refund WHERE order_id = p_order AND state <> 'failed'), 0)::bigint
$$;

-- p_lines: [{"sku", "quantity"}], the same SKU twice is one line; `available` is what no other
-- refund has taken yet, and NULL where the order has no such line.
CREATE FUNCTION refund_lines(p_order text, p_lines jsonb)
RETURNS TABLE (sku text, quantity integer, unit_price bigint, available bigint)
LANGUAGE sql STABLE AS $$
  SELECT w.sku, w.quantity, l.unit_price, l.quantity - (
    SELECT coalesce(sum(t.quantity), 0) FROM refund_line t JOIN refund r ON r.id = t.refund_id
    WHERE t.order_id = p_order AND t.sku = w.sku AND r.state <> 'failed')
  FROM (
    SELECT r.sku, sum(r.quantity)::integer AS quantity
    FROM jsonb_to_recordset(p_lines) AS r(sku text, quantity integer) GROUP BY r.sku
  ) w
  LEFT JOIN order_line l ON l.order_id = p_order AND l.sku = w.sku
$$;

-- Says what a refund comes to, or why there is none. Without amount and lines it is all the rest.
CREATE FUNCTION price_refund(o "order", p_refund jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  rest bigint := refundable(o.id);
  wanted bigint := coalesce((p_refund -> 'amount' ->> 'value')::bigint, rest);
  unknown jsonb;
  exceeding jsonb;
BEGIN
  IF p_refund ? 'lines' THEN
    SELECT jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available IS NULL),
      jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available < l.quantity),
      sum(l.quantity * l.unit_price)
    INTO unknown, exceeding, wanted
    FROM refund_lines(o.id, p_refund -> 'lines') l;
  END IF;
  RETURN CASE
    WHEN o.status IN ('accepted', 'reserved', 'authorized', 'paid', 'shipped')
      THEN jsonb_build_object('state', 'in-progress')
    WHEN unknown IS NOT NULL THEN jsonb_build_object('state', 'unknown-sku', 'skus', unknown)
    WHEN p_refund -> 'amount' ->> 'currency' <> o.currency
      THEN jsonb_build_object('state', 'wrong-currency')
    WHEN wanted > rest OR rest = 0
      THEN jsonb_build_object('state', 'exceeds-captured', 'refundable', money(rest, o.currency))
    WHEN exceeding IS NOT NULL
      THEN jsonb_build_object('state', 'exceeds-lines', 'skus', exceeding)
    ELSE jsonb_build_object('state', 'priced', 'amount', wanted)
  END;
END $$;

CREATE FUNCTION insert_refund(p_order text, p_refund jsonb, p_amount bigint) RETURNS refund
LANGUAGE plpgsql AS $$
DECLARE
  r refund;
BEGIN
  INSERT INTO refund (id, order_id, amount, request_id, restock)
  VALUES (p_refund ->> 'id', p_order, p_amount, p_refund ->> 'requestId',
    coalesce((p_refund ->> 'restock')::boolean, false))
  RETURNING * INTO r;
  INSERT INTO refund_line (refund_id, order_id, sku, quantity)
  SELECT r.id, p_order, l.sku, l.quantity FROM refund_lines(p_order, p_refund -> 'lines') l;
  PERFORM append_refund_event(r, 'refund.requested');
  RETURN r;
END $$;

-- A replay wins over everything, and waits for nobody. Whoever had to wait for the order's lock looks
-- again: an equal request may have gone first. Only what is granted uses the key up.
CREATE FUNCTION request_refund(
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
  SELECT * INTO o FROM "order" WHERE id = p_order AND tenant_id = p_tenant FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  answer := coalesce(answer_refund_claim(p_tenant, p_route, p_key_hash, p_fingerprint),
    price_refund(o, p_refund));
  IF answer ->> 'state' <> 'priced' THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'committed');
  r := insert_refund(p_order, p_refund, (answer ->> 'amount')::bigint);
  INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id, refund_id)
  VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_order, r.id);
  RETURN jsonb_build_object('state', 'requested', 'refund', refund_facts(r));
END $$;

-- -------------------------------------------------------------------------------- send refund --

-- Only for what never changes of it: its order, amount and lines. The lock comes after.
CREATE FUNCTION read_refund(p_id text) RETURNS refund LANGUAGE plpgsql STABLE AS $$
DECLARE
  r refund;
BEGIN
  SELECT * INTO r FROM refund WHERE id = p_id AND request_id IS NOT NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bug: nobody asked for a refund %', p_id;
  END IF;
  RETURN r;
END $$;

-- NULL means: go on. A refund is paid only from what was captured for good.
CREATE FUNCTION recorded_refund(r refund) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(r.order_id);
  answer jsonb := recorded(r.id, 'send refund');
BEGIN
  IF answer IS NULL THEN
    PERFORM require_gate(o, 'committed');
  END IF;
  RETURN answer;
END $$;

-- `requestedAt` is when the gateway was first asked, not when the client asked: a refund that
-- waited for a day to be started is sent all the same.
CREATE FUNCTION open_refund(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  r refund := read_refund(p_id);
  answer jsonb := recorded_refund(r);
  p payment;
  asked timestamptz;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  SELECT * INTO p FROM payment WHERE order_id = r.order_id;
  SELECT occurred_at INTO asked FROM payment_entry
  WHERE order_id = r.order_id AND refund_id = p_id AND kind = 'requested';
  IF NOT FOUND THEN
    INSERT INTO payment_entry (order_id, refund_id, operation, n, kind, gateway_id)
    VALUES (r.order_id, p_id, 'refund', 1, 'requested', p.intent_id);
    UPDATE refund SET run_started_at = coalesce(run_started_at, clock_timestamp()) WHERE id = p_id;
  END IF;
  RETURN open_work(jsonb_build_object(
    'amount', money(r.amount, (read_order(r.order_id)).currency), 'intentId', p.intent_id, 'n', 1,
    'repeated', asked IS NOT NULL, 'requestedAt', iso(coalesce(asked, clock_timestamp()))));
END $$;

-- Puts a refund's lines back on the shelf. In SKU order, so that no two ever wait for each other.
CREATE FUNCTION restock_refund(r refund) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM stock s JOIN reservation v USING (tenant_id, sku) JOIN refund_line l USING (order_id, sku)
  WHERE l.refund_id = r.id ORDER BY s.sku FOR UPDATE OF s;
  UPDATE stock s SET sold = sold - l.quantity, available = available + l.quantity
  FROM reservation v JOIN refund_line l USING (order_id, sku)
  WHERE l.refund_id = r.id AND s.tenant_id = v.tenant_id AND s.sku = v.sku;
  UPDATE reservation v SET restocked = v.restocked + l.quantity,
    state = CASE WHEN v.restocked + l.quantity = v.quantity THEN 'restocked' ELSE v.state END
  FROM refund_line l WHERE l.refund_id = r.id AND v.order_id = l.order_id AND v.sku = l.sku;
END $$;

CREATE FUNCTION answer_refund_entry(r refund, p_gateway_id text, p_outcome text, p_refunded bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO payment_entry (order_id, refund_id, operation, n, kind, gateway_id, outcome, refunded)
  VALUES (r.order_id, r.id, 'refund', 1, 'answered', p_gateway_id, p_outcome, p_refunded)
$$;

-- Money, goods, events, and with the last of the money the order's end and the customer's mail.
CREATE FUNCTION record_refund_succeeded(p_id text, p_gateway_id text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  r refund := read_refund(p_id);
  answer jsonb := recorded_refund(r);
  is_whole boolean;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE refund SET state = 'succeeded', gateway_id = p_gateway_id, settled_at = clock_timestamp()
  WHERE id = p_id;
  PERFORM answer_refund_entry(r, p_gateway_id, 'succeeded', r.amount);
  UPDATE payment SET refunded = refunded + r.amount WHERE order_id = r.order_id
  RETURNING refunded = captured INTO is_whole;
  IF r.restock THEN
    PERFORM restock_refund(r);
  END IF;
  UPDATE "order" SET updated_at = clock_timestamp() WHERE id = r.order_id;
  PERFORM append_refund_event(r, 'refund.succeeded');
  IF is_whole THEN
    PERFORM move_order(r.order_id, 'refunded');
    INSERT INTO mail_outbox (message_id, order_id, kind)
    VALUES ('<' || r.order_id || '.refunded@makegood>', r.order_id, 'refunded');
  END IF;
  RETURN record_ok(p_id, 'send refund');
END $$;

-- The gateway could not pay it out: the amount, and its lines, may be refunded again.
CREATE FUNCTION record_refund_failed(p_id text, p_gateway_id text, p_outcome text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  r refund := read_refund(p_id);
  answer jsonb := recorded_refund(r);
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE refund SET state = 'failed', gateway_id = p_gateway_id, settled_at = clock_timestamp()
  WHERE id = p_id;
  PERFORM answer_refund_entry(r, p_gateway_id, p_outcome, 0);
  PERFORM append_refund_event(r, 'refund.failed');
  RETURN record_refusal(p_id, 'send refund', 'refund-failed', 'The gateway could not pay it out.');
END $$;

-- A refund that was asked for is not called off with its run: only the gateway's no ends it.
CREATE FUNCTION refund_gate(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE state
    WHEN 'failed' THEN jsonb_build_object('gate', 'unwinding', 'reason', 'refund-failed')
    ELSE jsonb_build_object('gate', 'committing', 'reason', NULL)
  END
  FROM read_refund(p_id)
$$;

-- -------------------------------------------------------------------------------- the starter --

CREATE FUNCTION lease_unstarted_refunds(p_grace interval, p_limit integer) RETURNS jsonb
LANGUAGE sql AS $$
  WITH leased AS (
    UPDATE refund SET start_tried_at = clock_timestamp()
    WHERE id IN (
      SELECT id FROM refund
      WHERE run_started_at IS NULL AND request_id IS NOT NULL
        AND requested_at < clock_timestamp() - p_grace
        AND (start_tried_at IS NULL OR start_tried_at < clock_timestamp() - p_grace)
      ORDER BY start_tried_at NULLS FIRST, requested_at
      LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING refund.*
  )
  SELECT coalesce(jsonb_agg(refund_facts(leased::refund)), '[]') FROM leased
$$;

CREATE FUNCTION stamp_refunds_started(p_ids text[]) RETURNS void LANGUAGE sql AS $$
  UPDATE refund SET run_started_at = clock_timestamp()
  WHERE id = ANY (p_ids) AND run_started_at IS NULL
$$;

-- Down Migration

DROP FUNCTION stamp_refunds_started, lease_unstarted_refunds, refund_gate, record_refund_failed,
  record_refund_succeeded, answer_refund_entry, restock_refund, open_refund, recorded_refund,
  read_refund, request_refund, insert_refund, price_refund, refund_lines, refundable,
  answer_refund_claim, find_refund, refund_facts, append_refund_event;
ALTER TABLE order_event DROP COLUMN refund_id;
ALTER TABLE payment_entry DROP COLUMN refund_id;
ALTER TABLE idempotency_claim DROP COLUMN refund_id;
ALTER TABLE reservation DROP COLUMN restocked;
DROP TABLE refund_line;
DROP INDEX refund_by_order;
DROP INDEX refund_unstarted;
ALTER TABLE refund
  DROP COLUMN request_id, DROP COLUMN restock, DROP COLUMN settled_at, DROP COLUMN run_started_at,
  DROP COLUMN start_tried_at, DROP CONSTRAINT refund_state_check,
  ADD CONSTRAINT refund_state_check CHECK (state IN ('requested', 'succeeded'));
