-- Up Migration

-- Every step of the checkout is one function: one round trip, one transaction. Each locks the
-- order row first, in a statement of its own, so that what it reads afterwards is newer than
-- whatever it waited for; then gate, barrier, effect, status and event stand or fall together.
-- Answers: {"state": "done", "result"} | {"state": "refused", "code", "detail"} | {"state": "open", "work"}.

CREATE FUNCTION lock_order(p_id text) RETURNS "order" LANGUAGE plpgsql AS $$
DECLARE
  o "order";
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bug: there is no order %', p_id;
  END IF;
  RETURN o;
END $$;

CREATE FUNCTION refused(p_code text, p_detail text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('state', 'refused', 'code', p_code, 'detail', p_detail)
$$;

CREATE FUNCTION open_work(p_work jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('state', 'open', 'work', p_work)
$$;

-- What the barrier remembers; NULL while nothing is decided.
CREATE FUNCTION recorded(p_id text, p_step text, p_direction text DEFAULT 'do') RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN result ? 'refused' THEN refused(result -> 'refused' ->> 'code', result -> 'refused' ->> 'detail')
    ELSE jsonb_build_object('state', 'done', 'result', result -> 'ok')
  END
  FROM barrier WHERE saga_id = p_id AND step = p_step AND direction = p_direction
$$;

CREATE FUNCTION record(p_id text, p_step text, p_direction text, p_result jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, p_direction, p_result);
  RETURN recorded(p_id, p_step, p_direction);
END $$;

CREATE FUNCTION record_ok(p_id text, p_step text, p_ok jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql AS $$
  SELECT record(p_id, p_step, 'do', jsonb_build_object('ok', p_ok))
$$;

CREATE FUNCTION record_refusal(p_id text, p_step text, p_code text, p_detail text) RETURNS jsonb
LANGUAGE sql AS $$
  SELECT record(p_id, p_step, 'do',
    jsonb_build_object('refused', jsonb_build_object('code', p_code, 'detail', p_detail)))
$$;

-- An undo takes the do's place too: a do that comes later finds its row taken and is refused.
CREATE FUNCTION leave_tombstone(p_id text, p_step text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, 'do',
    '{"refused": {"code": "unwinding", "detail": "The step was undone before it was done."}}')
  ON CONFLICT DO NOTHING
$$;

-- A do may go on only while the gate is forward. NULL means: go on.
CREATE FUNCTION recorded_or_unwinding(o "order", p_step text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    recorded(o.id, p_step),
    CASE WHEN o.gate = 'unwinding' THEN refused('unwinding', 'The order is being unwound.') END)
$$;

CREATE FUNCTION require_gate(o "order", VARIADIC p_gates order_gate[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT o.gate = ANY (p_gates) THEN
    RAISE EXCEPTION 'bug: order % has gate %, expected %', o.id, o.gate, p_gates;
  END IF;
END $$;

CREATE FUNCTION iso(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

CREATE FUNCTION money(p_amount bigint, p_currency text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('value', p_amount::text, 'currency', p_currency)
$$;

-- The order as GET shows it (without links, which follow from its ID). No personal data.
CREATE FUNCTION order_snapshot(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'id', o.id,
    'status', o.status,
    'reason', CASE WHEN o.status IN ('rejected', 'cancelled', 'refunded') THEN o.reason END,
    'amount', money(o.amount, o.currency),
    'lines', (
      SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity,
        'unitPrice', money(l.unit_price, o.currency)) ORDER BY l.sku)
      FROM order_line l WHERE l.order_id = o.id),
    'payment', jsonb_build_object(
      'authorized', coalesce(p.authorized - p.voided, 0)::text,
      'captured', coalesce(p.captured, 0)::text,
      'refunded', coalesce(p.refunded, 0)::text),
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

CREATE FUNCTION append_event(p_id text, p_type text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  sequence integer;
BEGIN
  UPDATE "order" SET last_sequence = last_sequence + 1 WHERE id = p_id
  RETURNING last_sequence INTO sequence;
  INSERT INTO order_event (order_id, sequence, id, type, occurred_at, data)
  VALUES (p_id, sequence, 'evt_' || replace(uuidv7()::text, '-', ''), p_type, clock_timestamp(),
    order_snapshot(p_id));
END $$;

-- A move that is not legal any more (a zombie's) is a no-op without event. A move proves a run.
CREATE FUNCTION move_order(p_id text, p_to order_status) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "order" o
  SET status = p_to, updated_at = clock_timestamp(),
    run_started_at = coalesce(run_started_at, clock_timestamp())
  WHERE id = p_id AND EXISTS (
    SELECT FROM order_status_move m WHERE m.from_status = o.status AND m.to_status = p_to);
  IF FOUND THEN
    PERFORM append_event(p_id, 'order.' || p_to);
  END IF;
END $$;

-- ------------------------------------------------------------------------------ reserve stock --

CREATE FUNCTION reserve_stock(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'reserve stock');
  missing text;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  -- In SKU order, so that two orders never wait for each other.
  PERFORM FROM stock s JOIN order_line l USING (sku)
  WHERE l.order_id = p_id AND s.tenant_id = o.tenant_id ORDER BY s.sku FOR UPDATE OF s;
  SELECT string_agg(l.sku, ', ' ORDER BY l.sku) INTO missing
  FROM order_line l LEFT JOIN stock s ON s.tenant_id = o.tenant_id AND s.sku = l.sku
  WHERE l.order_id = p_id AND coalesce(s.available, 0) < l.quantity;
  IF missing IS NOT NULL THEN
    RETURN record_refusal(p_id, 'reserve stock', 'out-of-stock', 'Not enough left of: ' || missing);
  END IF;
  UPDATE stock s SET available = available - l.quantity, reserved = reserved + l.quantity
  FROM order_line l WHERE l.order_id = p_id AND s.tenant_id = o.tenant_id AND s.sku = l.sku;
  INSERT INTO reservation (order_id, sku, tenant_id, quantity)
  SELECT order_id, sku, o.tenant_id, quantity FROM order_line WHERE order_id = p_id;
  PERFORM move_order(p_id, 'reserved');
  RETURN record_ok(p_id, 'reserve stock');
END $$;

-- Moves an order's reservation on, and the stock behind it with it.
CREATE FUNCTION move_reservation(p_id text, p_from text, p_to text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM stock s JOIN reservation r USING (tenant_id, sku)
  WHERE r.order_id = p_id AND r.state = p_from ORDER BY s.sku FOR UPDATE OF s;
  UPDATE stock s SET
    reserved = reserved - CASE WHEN p_from = 'held' THEN r.quantity ELSE 0 END,
    sold = sold + CASE WHEN p_to = 'sold' THEN r.quantity WHEN p_from = 'sold' THEN -r.quantity ELSE 0 END,
    available = available + CASE WHEN p_to IN ('released', 'restocked') THEN r.quantity ELSE 0 END
  FROM reservation r
  WHERE r.order_id = p_id AND r.state = p_from AND s.tenant_id = r.tenant_id AND s.sku = r.sku;
  UPDATE reservation SET state = p_to WHERE order_id = p_id AND state = p_from;
END $$;

CREATE FUNCTION release_stock(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'reserve stock', 'undo');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  PERFORM leave_tombstone(p_id, 'reserve stock');
  PERFORM move_reservation(p_id, 'held', 'released');
  RETURN record(p_id, 'reserve stock', 'undo', '{"ok": {}}');
END $$;

-- -------------------------------------------------------------------------- authorize payment --

CREATE FUNCTION was_requested(p_id text, p_operation text, p_n integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM payment_entry
    WHERE order_id = p_id AND operation = p_operation AND n = p_n AND kind = 'requested')
$$;

-- What a gateway call needs; writes the "requested" entry that must stand before the call.
CREATE FUNCTION payment_work(o "order", p payment, p_operation text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  repeated boolean := was_requested(o.id, p_operation, p.n);
BEGIN
  IF NOT repeated THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id)
    VALUES (o.id, p_operation, p.n, 'requested', p.intent_id);
  END IF;
  RETURN jsonb_build_object('amount', money(o.amount, o.currency),
    'paymentMethod', o.payment_method, 'intentId', p.intent_id, 'n', p.n, 'repeated', repeated);
END $$;

CREATE FUNCTION begin_authorization(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'authorize payment');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  INSERT INTO payment (order_id) VALUES (p_id) ON CONFLICT DO NOTHING;
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  RETURN open_work(payment_work(o, p, CASE WHEN p.intent_id IS NULL THEN 'create' ELSE 'confirm' END));
END $$;

-- The intent's ID is committed before the intent is confirmed: known before money can move.
CREATE FUNCTION commit_intent(p_id text, p_intent text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'authorize payment');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  -- A second intent, made after the gateway forgot the key, stays unconfirmed and moves nothing.
  UPDATE payment SET intent_id = p_intent WHERE order_id = p_id AND intent_id IS NULL;
  IF FOUND THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome)
    SELECT p_id, 'create', n, 'answered', p_intent, 'requires_confirmation'
    FROM payment WHERE order_id = p_id;
  END IF;
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  RETURN open_work(payment_work(o, p, 'confirm'));
END $$;

-- Writes down that money is held, whoever learned of it first.
CREATE FUNCTION book_authorization(p_id text, p_amount bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE payment SET state = 'authorized', authorized = p_amount
  WHERE order_id = p_id AND state IN ('created', 'declined');
  IF FOUND THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, authorized)
    SELECT p_id, 'confirm', n, 'answered', intent_id, 'requires_capture', p_amount
    FROM payment WHERE order_id = p_id;
  END IF;
END $$;

CREATE FUNCTION record_authorization(p_id text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
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
  PERFORM move_order(p_id, 'authorized');
  RETURN record_ok(p_id, 'authorize payment');
END $$;

CREATE FUNCTION record_decline(p_id text, p_outcome text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'authorize payment');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE payment SET state = 'declined' WHERE order_id = p_id AND state = 'created';
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome)
  SELECT p_id, CASE WHEN intent_id IS NULL THEN 'create' ELSE 'confirm' END, n, 'answered',
    intent_id, p_outcome
  FROM payment WHERE order_id = p_id;
  RETURN record_refusal(p_id, 'authorize payment', 'payment-declined', p_detail);
END $$;

-- Without a known intent there is nothing to cancel: the tombstone makes a late ID be refused,
-- and an intent that is never confirmed is harmless.
CREATE FUNCTION begin_void(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'authorize payment', 'undo');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  PERFORM leave_tombstone(p_id, 'authorize payment');
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  IF p.intent_id IS NULL THEN
    RETURN record(p_id, 'authorize payment', 'undo', '{"ok": {}}');
  END IF;
  RETURN open_work(payment_work(o, p, 'cancel'));
END $$;

-- What the gateway holds when the undo looks, also when no run lived to book it: written down
-- before it is let go, because afterwards the gateway does not show it any more.
CREATE FUNCTION record_held(p_id text, p_amount bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM require_gate(lock_order(p_id), 'unwinding');
  PERFORM book_authorization(p_id, p_amount);
  RETURN '{}';
END $$;

CREATE FUNCTION record_void(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'authorize payment', 'undo');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'cancel', n, 'answered', intent_id, 'canceled', authorized - captured - voided
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET state = 'voided', voided = authorized - captured WHERE order_id = p_id;
  RETURN record(p_id, 'authorize payment', 'undo', '{"ok": {}}');
END $$;

-- Down Migration

DROP FUNCTION record_void, record_held, begin_void, record_decline, record_authorization, book_authorization,
  commit_intent, begin_authorization, payment_work, was_requested, release_stock, move_reservation,
  reserve_stock, move_order, append_event, order_snapshot, money, iso, require_gate,
  recorded_or_unwinding, leave_tombstone, record_refusal, record_ok, record, recorded, open_work,
  refused, lock_order;
