-- Up Migration

-- The pivot, the steps after it, the way to make good, and the end of every order.

-- ---------------------------------------------------------------------------- capture payment --

-- The one place where a cancel and a capture race: compare-and-set on the gate.
CREATE FUNCTION begin_capture(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'capture payment');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'forward', 'committing');
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  IF p.state IS DISTINCT FROM 'authorized' THEN
    RAISE EXCEPTION 'bug: order % is captured while its payment is %', p_id, p.state;
  END IF;
  UPDATE "order" SET gate = 'committing' WHERE id = p_id AND gate = 'forward';
  RETURN open_work(payment_work(o, p, 'capture'));
END $$;

CREATE FUNCTION record_capture(p_id text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'capture payment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'committing');
  UPDATE payment SET state = 'captured', captured = p_amount WHERE order_id = p_id;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, captured)
  SELECT p_id, 'capture', n, 'answered', intent_id, 'succeeded', p_amount
  FROM payment WHERE order_id = p_id;
  PERFORM move_reservation(p_id, 'held', 'sold');
  UPDATE "order" SET gate = 'committed' WHERE id = p_id;
  PERFORM move_order(p_id, 'paid');
  RETURN record_ok(p_id, 'capture payment');
END $$;

-- Only on proof: the gateway says the intent is canceled, so the authorization is gone.
CREATE FUNCTION record_capture_refused(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'capture payment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'committing');
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'capture', n, 'answered', intent_id, 'canceled', authorized - voided
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET state = 'voided', voided = authorized WHERE order_id = p_id;
  UPDATE "order" SET gate = 'unwinding', reason = 'payment-declined' WHERE id = p_id;
  RETURN record_refusal(p_id, 'capture payment', 'payment-declined',
    'The authorization was gone before it could be captured.');
END $$;

-- --------------------------------------------------------------------------- request shipment --

-- After the pivot the gate is committed, or somebody has a bug. NULL means: go on.
CREATE FUNCTION recorded_if_committed(o "order", p_step text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := recorded(o.id, p_step);
BEGIN
  IF answer IS NULL THEN
    PERFORM require_gate(o, 'committed');
  END IF;
  RETURN answer;
END $$;

-- Reading what to ask of a party outside takes no lock: that party knows its own repeats.
CREATE FUNCTION read_order(p_id text) RETURNS "order" LANGUAGE sql STABLE AS $$
  SELECT * FROM "order" WHERE id = p_id
$$;

CREATE FUNCTION order_lines(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY sku)
  FROM order_line WHERE order_id = p_id
$$;

CREATE FUNCTION begin_shipment(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := read_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_committed(o, 'request shipment'), open_work(jsonb_build_object(
    'address', o.shipping_address, 'lines', order_lines(p_id))));
END $$;

CREATE FUNCTION record_shipment(p_id text, p_tracking_number text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_committed(o, 'request shipment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  INSERT INTO shipment (order_id, tracking_number) VALUES (p_id, p_tracking_number);
  PERFORM move_order(p_id, 'shipped');
  RETURN record_ok(p_id, 'request shipment', jsonb_build_object('trackingNumber', p_tracking_number));
END $$;

CREATE FUNCTION record_shipment_refused(p_id text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_committed(o, 'request shipment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE "order" SET reason = coalesce(reason, 'address-refused') WHERE id = p_id;
  RETURN record_refusal(p_id, 'request shipment', 'address-refused', p_detail);
END $$;

-- ------------------------------------------------------------------------------- send receipt --

CREATE FUNCTION begin_receipt(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := read_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_committed(o, 'send receipt'), open_work(jsonb_build_object(
    'customer', jsonb_build_object('name', o.customer_name, 'email', o.customer_email),
    'lines', order_lines(p_id),
    'amount', money(o.amount, o.currency),
    'trackingNumber', (SELECT tracking_number FROM shipment WHERE order_id = p_id))));
END $$;

CREATE FUNCTION record_receipt(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_committed(o, 'send receipt');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM move_order(p_id, 'completed');
  RETURN record_ok(p_id, 'send receipt');
END $$;

-- ---------------------------------------------------------------------------------- made good --

-- Money goes back without being asked for only when the shipment was refused.
CREATE FUNCTION recorded_if_refused(o "order", p_step text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := recorded_if_committed(o, p_step);
BEGIN
  IF answer IS NULL AND recorded(o.id, 'request shipment') ->> 'state' IS DISTINCT FROM 'refused' THEN
    RAISE EXCEPTION 'bug: order % is made good although its shipment was not refused', o.id;
  END IF;
  RETURN answer;
END $$;

CREATE FUNCTION begin_shipment_cancel(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_refused(o, 'cancel shipment'),
    open_work('{}'));
END $$;

CREATE FUNCTION record_shipment_cancel(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  RETURN coalesce(recorded_if_refused(o, 'cancel shipment'), record_ok(p_id, 'cancel shipment'));
END $$;

CREATE FUNCTION begin_refund(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_refused(o, 'refund payment');
  p payment;
  r refund;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  INSERT INTO refund (id, order_id, amount)
  VALUES (p_id || ':refund:' || p.n, p_id, p.captured - p.refunded) ON CONFLICT DO NOTHING;
  SELECT * INTO r FROM refund WHERE id = p_id || ':refund:' || p.n;
  RETURN open_work(payment_work(o, p, 'refund')
    || jsonb_build_object('amount', money(r.amount, o.currency), 'requestedAt', iso(r.requested_at)));
END $$;

CREATE FUNCTION record_refund(p_id text, p_gateway_id text, p_amount bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_refused(o, 'refund payment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE refund r SET state = 'succeeded', gateway_id = p_gateway_id
  FROM payment p WHERE p.order_id = p_id AND r.id = p_id || ':refund:' || p.n;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, refunded)
  SELECT p_id, 'refund', n, 'answered', p_gateway_id, 'succeeded', p_amount
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET refunded = refunded + p_amount WHERE order_id = p_id;
  RETURN record_ok(p_id, 'refund payment');
END $$;

CREATE FUNCTION restock(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_refused(o, 'restock');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM move_reservation(p_id, 'sold', 'restocked');
  RETURN record_ok(p_id, 'restock');
END $$;

-- ------------------------------------------------------------------------- unwinding, the end --

CREATE FUNCTION begin_unwind(p_id text, p_reason text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  IF o.gate = 'forward' THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason WHERE id = p_id RETURNING * INTO o;
  END IF;
  RETURN jsonb_build_object('gate', o.gate, 'reason', o.reason);
END $$;

-- The status an order ends with, read off the gate and the first reason.
CREATE FUNCTION unhappy_end(o "order") RETURNS order_status LANGUAGE plpgsql AS $$
BEGIN
  PERFORM require_gate(o, 'unwinding', 'committed');
  RETURN CASE
    WHEN o.gate = 'committed' THEN 'refunded'
    WHEN o.reason = 'cancelled' THEN 'cancelled'
    ELSE 'rejected'
  END;
END $$;

CREATE FUNCTION close_order(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  ending order_status := unhappy_end(o);
BEGIN
  IF o.status <> ending THEN
    IF EXISTS (SELECT FROM reservation WHERE order_id = p_id AND state IN ('held', 'sold')) THEN
      RAISE EXCEPTION 'bug: order % would end with goods still taken', p_id;
    END IF;
    IF EXISTS (SELECT FROM payment WHERE order_id = p_id
        AND (state = 'authorized' OR captured <> refunded
          -- An intent that we know of may hold money that nobody wrote down: only its void ends it.
          OR o.gate = 'unwinding' AND intent_id IS NOT NULL AND state <> 'voided')) THEN
      RAISE EXCEPTION 'bug: order % would end with money still taken', p_id;
    END IF;
    PERFORM move_order(p_id, ending);
    INSERT INTO mail_outbox (message_id, order_id, kind)
    VALUES ('<' || p_id || '.' || ending || '@makegood>', p_id, ending::text);
  END IF;
  RETURN jsonb_build_object('status', ending, 'reason', o.reason);
END $$;

-- Down Migration

DROP FUNCTION close_order, unhappy_end, begin_unwind, restock, record_refund, begin_refund,
  record_shipment_cancel, begin_shipment_cancel, recorded_if_refused, record_receipt, begin_receipt,
  record_shipment_refused, record_shipment, begin_shipment, order_lines, read_order, recorded_if_committed,
  record_capture_refused, record_capture, begin_capture;
