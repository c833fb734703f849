-- Up Migration

-- Parked steps are the operators' queue. A step leaves it in the very transaction that decides it,
-- whoever does that: the step itself, its undo, or an operator.

CREATE TABLE parked_step (
  -- The order's ID, or that of a refund.
  saga_id   text NOT NULL,
  step      text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('do', 'undo')),
  order_id  text NOT NULL REFERENCES "order",
  -- What its last attempt ended with.
  detail    text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When its last attempt began, where that matters.
  tried_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (saga_id, step, direction)
);
CREATE INDEX parked_step_by_order ON parked_step (order_id);
CREATE INDEX parked_step_oldest ON parked_step (parked_at);

-- Who did what by hand, and why. Append-only.
CREATE TABLE operator_action (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id    text NOT NULL REFERENCES "order",
  saga_id     text NOT NULL,
  step        text NOT NULL,
  direction   text NOT NULL,
  action      text NOT NULL CHECK (action IN ('retry', 'mark-done', 'skip', 'refuse')),
  operator    text NOT NULL CHECK (trim(operator) <> ''),
  why         text NOT NULL CHECK (trim(why) <> ''),
  before      jsonb NOT NULL,
  after       jsonb NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX operator_action_by_order ON operator_action (order_id, id);

CREATE FUNCTION operator_action_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'operator_action is append-only';
END $$;
CREATE TRIGGER operator_action_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON operator_action FOR EACH STATEMENT EXECUTE FUNCTION operator_action_is_append_only();

-- Set where an operator has decided, instead of the step.
ALTER TABLE barrier ADD COLUMN operator_action_id bigint REFERENCES operator_action;

-- What an operator may say of which step. Stock is our own book: to say that it was moved by hand
-- would only hide that it was not. Money at the gateway and parcels can be moved by hand. About the
-- capture nobody but the gateway decides.
CREATE TABLE step_choice (
  step      text NOT NULL,
  direction text NOT NULL,
  action    text NOT NULL,
  -- The code of a refusal, where that is what the operator says.
  refusal   text,
  PRIMARY KEY (step, direction, action)
);
INSERT INTO step_choice (step, direction, action, refusal) VALUES
  ('reserve stock', 'do', 'retry', NULL),
  ('reserve stock', 'do', 'refuse', 'out-of-stock'),
  ('reserve stock', 'undo', 'retry', NULL),
  ('reserve stock', 'undo', 'skip', NULL),
  ('authorize payment', 'do', 'retry', NULL),
  ('authorize payment', 'do', 'refuse', 'payment-declined'),
  ('authorize payment', 'undo', 'retry', NULL),
  ('authorize payment', 'undo', 'mark-done', NULL),
  ('authorize payment', 'undo', 'skip', NULL),
  ('capture payment', 'do', 'retry', NULL),
  ('request shipment', 'do', 'retry', NULL),
  ('request shipment', 'do', 'mark-done', NULL),
  ('request shipment', 'do', 'refuse', 'address-refused'),
  ('send receipt', 'do', 'retry', NULL),
  ('send receipt', 'do', 'mark-done', NULL),
  ('send receipt', 'do', 'skip', NULL),
  ('cancel shipment', 'do', 'retry', NULL),
  ('cancel shipment', 'do', 'mark-done', NULL),
  ('cancel shipment', 'do', 'skip', NULL),
  ('refund payment', 'do', 'retry', NULL),
  ('refund payment', 'do', 'mark-done', NULL),
  ('refund payment', 'do', 'skip', NULL),
  ('restock', 'do', 'retry', NULL),
  ('restock', 'do', 'skip', NULL),
  ('begin to unwind', 'do', 'retry', NULL),
  ('close', 'do', 'retry', NULL),
  ('send refund', 'do', 'retry', NULL);

-- ------------------------------------------------------------------------------ park and unpark --

CREATE FUNCTION order_of_saga(p_saga text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT id FROM "order" WHERE id = p_saga
  UNION ALL
  SELECT order_id FROM refund WHERE id = p_saga
$$;

-- Whether a step that says it is parked has been decided since: what it says may be old.
CREATE FUNCTION is_decided(o "order", p_saga text, p_step text, p_direction text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT recorded(p_saga, p_step, p_direction) IS NOT NULL
    OR p_saga = o.id AND has_ended(o.status)
    OR p_step = 'begin to unwind' AND o.gate <> 'forward'
$$;

-- Puts a step into the operators' queue. The flag is the queue's from now on, not the watcher's.
-- updated_at stays, for a call for help is no news of the order.
CREATE FUNCTION park_step(p_saga text, p_step text, p_direction text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(order_of_saga(p_saga));
BEGIN
  IF is_decided(o, p_saga, p_step, p_direction) THEN
    RETURN to_jsonb(false);
  END IF;
  INSERT INTO parked_step (saga_id, step, direction, order_id, detail)
  VALUES (p_saga, p_step, p_direction, o.id, p_detail)
  ON CONFLICT (saga_id, step, direction) DO UPDATE SET detail = excluded.detail;
  -- An undo that cannot leave its tombstone would leave its step in the queue, and hide behind it.
  IF p_direction = 'undo' THEN
    PERFORM unpark(p_saga, p_step, 'do');
  END IF;
  UPDATE "order" SET needs_operator = true, blocked_since = NULL WHERE id = o.id;
  IF NOT o.needs_operator THEN
    PERFORM append_event(o.id, 'order.needs_operator');
  END IF;
  RETURN to_jsonb(true);
END $$;

CREATE FUNCTION unpark(p_saga text, p_step text, p_direction text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_order text;
BEGIN
  DELETE FROM parked_step WHERE saga_id = p_saga AND step = p_step AND direction = p_direction
  RETURNING order_id INTO v_order;
  IF FOUND THEN
    UPDATE "order" SET needs_operator = EXISTS (SELECT FROM parked_step WHERE order_id = v_order)
    WHERE id = v_order AND blocked_since IS NULL;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION record(p_id text, p_step text, p_direction text, p_result jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, p_direction, p_result);
  PERFORM unpark(p_id, p_step, p_direction);
  RETURN recorded(p_id, p_step, p_direction);
END $$;

CREATE OR REPLACE FUNCTION leave_tombstone(p_id text, p_step text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, 'do',
    '{"refused": {"code": "unwinding", "detail": "The step was undone before it was done."}}')
  ON CONFLICT DO NOTHING;
  SELECT unpark(p_id, p_step, 'do');
$$;

CREATE OR REPLACE FUNCTION begin_unwind(p_id text, p_reason text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  IF o.gate = 'forward' THEN
    UPDATE "order" SET gate = 'unwinding', reason = p_reason WHERE id = p_id RETURNING * INTO o;
  END IF;
  PERFORM unpark(p_id, 'begin to unwind', 'do');
  RETURN jsonb_build_object('gate', o.gate, 'reason', o.reason);
END $$;

-- An order that moves on is neither blocked nor parked, and one that has ended needs no watch. In a
-- trigger, so that the event of the move tells it already.
CREATE OR REPLACE FUNCTION order_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.needs_operator THEN
    DELETE FROM parked_step WHERE saga_id = OLD.id;
    NEW.blocked_since := NULL;
    NEW.needs_operator := EXISTS (SELECT FROM parked_step WHERE order_id = OLD.id);
  END IF;
  IF has_ended(NEW.status) THEN
    NEW.watched_at := NULL;
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER order_moved ON "order";
CREATE TRIGGER order_moved BEFORE UPDATE OF status ON "order" FOR EACH ROW
  WHEN (OLD.needs_operator OR has_ended(NEW.status)) EXECUTE FUNCTION order_moved();

-- What cannot be undone twice must not be done by an operator and by an attempt. So an attempt at it
-- says that it begins, and none begins once the operator has decided: what this waits for is that
-- decision's commit, and the statement after it sees the decision.
CREATE FUNCTION note_try(p_saga text, p_step text) RETURNS void LANGUAGE sql AS $$
  UPDATE parked_step SET tried_at = clock_timestamp()
  WHERE saga_id = p_saga AND step = p_step AND direction = 'do'
$$;

CREATE OR REPLACE FUNCTION begin_shipment(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := read_order(p_id);
BEGIN
  PERFORM note_try(p_id, 'request shipment');
  RETURN coalesce(recorded_if_committed(o, 'request shipment'), open_work(jsonb_build_object(
    'address', o.shipping_address, 'lines', order_lines(p_id))));
END $$;

CREATE OR REPLACE FUNCTION begin_refund(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb;
  p payment;
  r refund;
BEGIN
  PERFORM note_try(p_id, 'refund payment');
  answer := recorded_if_refused(o, 'refund payment');
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

-- How long an attempt that has begun may still reach the party outside: it gives up after ten seconds
-- (attemptTimeoutMs), and may be a little late to notice. NULL: it cannot any more.
CREATE FUNCTION seconds_under_way(s parked_step) RETURNS integer LANGUAGE sql AS $$
  SELECT ceil(extract(epoch FROM s.tried_at + interval '15 s' - clock_timestamp()))::integer
  WHERE s.step IN ('request shipment', 'refund payment')
    AND s.tried_at > clock_timestamp() - interval '15 s'
$$;

-- ---------------------------------------------------------------------------- an operator's word --

-- Does what the operator says has been done, or writes down that it will not be.
CREATE FUNCTION decide_step(s parked_step, p_action text, p_given jsonb, p_refusal text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  spoken text := 'An operator has decided so.';
BEGIN
  IF s.direction = 'undo' THEN
    PERFORM leave_tombstone(s.saga_id, s.step);
  END IF;
  RETURN CASE s.step || '/' || p_action
    WHEN 'authorize payment/mark-done' THEN record_void(s.saga_id)
    WHEN 'request shipment/mark-done' THEN record_shipment(s.saga_id, p_given ->> 'trackingNumber')
    WHEN 'request shipment/refuse' THEN record_shipment_refused(s.saga_id, spoken)
    WHEN 'send receipt/mark-done' THEN record_receipt(s.saga_id)
    WHEN 'send receipt/skip' THEN record_receipt(s.saga_id)
    WHEN 'refund payment/mark-done' THEN refund_by_hand(s.saga_id)
    ELSE CASE p_action
      WHEN 'refuse' THEN record_refusal(s.saga_id, s.step, p_refusal, spoken)
      ELSE record(s.saga_id, s.step, s.direction, '{"ok": {}}')
    END
  END;
END $$;

-- The money went back outside of this gateway, or by a refund of its own that we do not know.
CREATE FUNCTION refund_by_hand(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM begin_refund(p_id);
  RETURN record_refund(p_id, NULL, captured - refunded) FROM payment WHERE order_id = p_id;
END $$;

CREATE FUNCTION choices_of(p_step text, p_direction text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(action ORDER BY action), '[]') FROM step_choice
  WHERE step = p_step AND direction = p_direction
$$;

CREATE FUNCTION parked_json(s parked_step) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('sagaId', s.saga_id, 'orderId', s.order_id, 'step', s.step,
    'direction', s.direction, 'detail', s.detail, 'parkedAt', iso(s.parked_at),
    'choices', choices_of(s.step, s.direction))
$$;

CREATE FUNCTION order_state(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('status', status, 'gate', gate, 'reason', reason,
    'needsOperator', needs_operator)
  FROM "order" WHERE id = p_id
$$;

-- A step is resolved while it is parked, and by nobody twice: what has succeeded meanwhile is not in
-- the queue any more. The barrier row is the decision; whoever wakes the run afterwards, or resets
-- it, finds it there.
CREATE FUNCTION resolve_step(
  p_saga text, p_step text, p_action text, p_given jsonb, p_operator text, p_why text
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_order text := order_of_saga(p_saga);
  s parked_step;
  choice step_choice;
  before jsonb;
  answer jsonb;
  action_id bigint;
BEGIN
  IF v_order IS NULL THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  PERFORM lock_order(v_order);
  SELECT * INTO s FROM parked_step WHERE saga_id = p_saga AND step = p_step FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'not-parked');
  END IF;
  SELECT * INTO choice FROM step_choice c
  WHERE c.step = p_step AND c.direction = s.direction AND c.action = p_action;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'not-a-choice', 'choices', choices_of(p_step, s.direction));
  END IF;
  IF p_step = 'request shipment' AND p_action = 'mark-done'
      AND coalesce(trim(p_given ->> 'trackingNumber'), '') = '' THEN
    RETURN jsonb_build_object('state', 'incomplete', 'missing', 'trackingNumber');
  END IF;
  IF p_action = 'mark-done' AND seconds_under_way(s) IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'under-way', 'seconds', seconds_under_way(s));
  END IF;

  before := order_state(v_order) || jsonb_build_object('parked', parked_json(s));
  IF p_action <> 'retry' THEN
    PERFORM unpark(p_saga, p_step, s.direction);
  END IF;
  -- Before what follows from it: the last event of an order is its end.
  PERFORM append_event(v_order, 'order.operator_resolved');
  IF p_action <> 'retry' THEN
    answer := decide_step(s, p_action, p_given, choice.refusal);
  END IF;
  INSERT INTO operator_action (order_id, saga_id, step, direction, action, operator, why, before, after)
  VALUES (v_order, p_saga, p_step, s.direction, p_action, p_operator, p_why, before,
    order_state(v_order) || jsonb_build_object('recorded', answer))
  RETURNING id INTO action_id;
  UPDATE barrier SET operator_action_id = action_id
  WHERE saga_id = p_saga AND step = p_step AND direction = s.direction AND p_action <> 'retry';
  RETURN jsonb_build_object('state', 'resolved', 'actionId', action_id, 'orderId', v_order);
END $$;

CREATE FUNCTION was_decided_by_hand(p_id text, p_step text, p_direction text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM barrier WHERE saga_id = p_id AND step = p_step
    AND direction = p_direction AND operator_action_id IS NOT NULL)
$$;

-- The two below as before, save that what an operator has skipped may succeed all the same, by an
-- attempt that was under way: money that has moved is written down whoever has decided what.
CREATE OR REPLACE FUNCTION record_void(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'authorize payment', 'undo');
BEGIN
  PERFORM require_gate(o, 'unwinding');
  IF answer IS NOT NULL AND EXISTS (SELECT FROM payment WHERE order_id = p_id AND state = 'voided') THEN
    RETURN answer;
  END IF;
  INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, voided)
  SELECT p_id, 'cancel', n, 'answered', intent_id, 'canceled', authorized - captured - voided
  FROM payment WHERE order_id = p_id;
  UPDATE payment SET state = 'voided', voided = authorized - captured WHERE order_id = p_id;
  RETURN coalesce(answer, record(p_id, 'authorize payment', 'undo', '{"ok": {}}'));
END $$;

CREATE OR REPLACE FUNCTION record_refund(p_id text, p_gateway_id text, p_amount bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_refused(o, 'refund payment');
BEGIN
  UPDATE refund r SET state = 'succeeded', gateway_id = p_gateway_id
  FROM payment p WHERE p.order_id = p_id AND r.id = p_id || ':refund:' || p.n AND r.state = 'requested';
  IF FOUND THEN
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, outcome, refunded)
    SELECT p_id, 'refund', n, 'answered', p_gateway_id, 'succeeded', p_amount
    FROM payment WHERE order_id = p_id;
    UPDATE payment SET refunded = refunded + p_amount WHERE order_id = p_id;
  END IF;
  RETURN coalesce(answer, record_ok(p_id, 'refund payment'));
END $$;

-- As before, save what an operator has marked or skipped: goods and money that stay taken are then
-- somebody's decision, with a name and a reason.
CREATE OR REPLACE FUNCTION close_order(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  ending order_status := unhappy_end(o);
BEGIN
  IF o.status <> ending THEN
    IF NOT was_decided_by_hand(p_id, 'reserve stock', 'undo')
        AND NOT was_decided_by_hand(p_id, 'restock', 'do')
        AND EXISTS (SELECT FROM reservation WHERE order_id = p_id AND state IN ('held', 'sold')) THEN
      RAISE EXCEPTION 'bug: order % would end with goods still taken', p_id;
    END IF;
    IF NOT was_decided_by_hand(p_id, 'authorize payment', 'undo')
        AND NOT was_decided_by_hand(p_id, 'refund payment', 'do')
        AND EXISTS (SELECT FROM payment WHERE order_id = p_id
          AND (state = 'authorized' OR captured <> refunded
            -- An intent that we know of may hold money that nobody wrote down: only its void ends it.
            OR o.gate = 'unwinding' AND intent_id IS NOT NULL AND state <> 'voided')) THEN
      RAISE EXCEPTION 'bug: order % would end with money still taken', p_id;
    END IF;
    PERFORM move_order(p_id, ending);
    -- Who skips a refund tells the customer: the letter would say that the money is on its way back.
    IF NOT EXISTS (SELECT FROM payment WHERE order_id = p_id AND captured <> refunded) THEN
      INSERT INTO mail_outbox (message_id, order_id, kind)
      VALUES ('<' || p_id || '.' || ending || '@makegood>', p_id, ending::text);
    END IF;
  END IF;
  RETURN jsonb_build_object('status', ending, 'reason', o.reason);
END $$;

-- ---------------------------------------------------------------------------- the operators' queue --

CREATE FUNCTION blocked_saga(o "order") RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT o.id
$$;

-- Oldest first: what is parked, and what the watcher has found blocked.
CREATE FUNCTION operators_queue(p_limit integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(entry ORDER BY since), '[]') FROM (
    (SELECT s.parked_at AS since, parked_json(s) || jsonb_build_object('status', o.status,
        'amount', money(o.amount, o.currency)) AS entry
      FROM parked_step s JOIN "order" o ON o.id = s.order_id ORDER BY s.parked_at LIMIT p_limit)
    UNION ALL
    (SELECT blocked_since, jsonb_build_object('sagaId', blocked_saga(o), 'orderId', id,
        'status', status, 'amount', money(amount, currency), 'blockedSince', iso(blocked_since))
      FROM "order" o WHERE blocked_since IS NOT NULL ORDER BY blocked_since LIMIT p_limit)
    ORDER BY since LIMIT p_limit
  ) queue
$$;
CREATE INDEX order_blocked ON "order" (blocked_since) WHERE blocked_since IS NOT NULL;

-- What an operator sees of one order, or of the order of a refund; NULL where there is none.
CREATE FUNCTION show_order(p_saga text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT order_snapshot(o.id) || order_state(o.id) || jsonb_build_object(
    'blockedSince', iso(o.blocked_since),
    'parked', (SELECT coalesce(jsonb_agg(parked_json(s) ORDER BY s.parked_at), '[]')
      FROM parked_step s WHERE s.order_id = o.id),
    'steps', (SELECT coalesce(jsonb_agg(jsonb_build_object('sagaId', b.saga_id, 'step', b.step,
        'direction', b.direction, 'result', b.result, 'at', iso(b.created_at),
        'operatorActionId', b.operator_action_id) ORDER BY b.created_at, b.direction), '[]')
      FROM barrier b
      WHERE b.saga_id = o.id OR b.saga_id IN (SELECT id FROM refund WHERE order_id = o.id)),
    'actions', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'sagaId', a.saga_id,
        'step', a.step, 'direction', a.direction, 'action', a.action, 'operator', a.operator,
        'why', a.why, 'at', iso(a.occurred_at)) ORDER BY a.id), '[]')
      FROM operator_action a WHERE a.order_id = o.id))
  FROM "order" o WHERE o.id = order_of_saga(p_saga)
$$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what operators have decided would be lost';
END $$;
