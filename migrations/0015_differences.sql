-- Up Migration

-- Where our book and the gateway's differ, as operators see it, and the halt of all captures. What
-- finds the differences is in 0017.

-- ---------------------------------------------------------------------------- captures are halted --

-- Who has halted all captures and why, and who has let them go on. At most one halt is in force.
CREATE TABLE capture_halt (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  since     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- An operator, or `reconciler`.
  halted_by text NOT NULL CHECK (trim(halted_by) <> ''),
  why       text NOT NULL CHECK (trim(why) <> ''),
  ended_at  timestamptz,
  ended_by  text CHECK (trim(ended_by) <> ''),
  ended_why text CHECK (trim(ended_why) <> ''),
  CONSTRAINT capture_halt_ends_whole CHECK (num_nonnulls(ended_at, ended_by, ended_why) IN (0, 3))
);
CREATE UNIQUE INDEX capture_halt_in_force ON capture_halt ((true)) WHERE ended_at IS NULL;

-- What was said stays said: the only change is the end of what is in force.
CREATE FUNCTION capture_halt_is_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
      AND (OLD.since, OLD.halted_by, OLD.why) = (NEW.since, NEW.halted_by, NEW.why) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'capture_halt is an audit';
END $$;
CREATE TRIGGER capture_halt_is_audit BEFORE UPDATE OR DELETE ON capture_halt
  FOR EACH ROW EXECUTE FUNCTION capture_halt_is_audit();

CREATE FUNCTION captures_json() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce((
    SELECT jsonb_build_object('halted', true, 'since', iso(since), 'by', halted_by, 'why', why)
    FROM capture_halt WHERE ended_at IS NULL), '{"halted": false}')
$$;

-- Said twice it is the first halt that stands, with its why.
CREATE FUNCTION halt_captures(p_by text, p_why text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO capture_halt (halted_by, why) VALUES (p_by, p_why) ON CONFLICT DO NOTHING;
  RETURN captures_json();
END $$;

CREATE FUNCTION resume_captures(p_by text, p_why text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  UPDATE capture_halt SET ended_at = clock_timestamp(), ended_by = p_by, ended_why = p_why
  WHERE ended_at IS NULL;
  RETURN captures_json();
END $$;

-- 57000, operator intervention: it passes by itself, so it is tried again, and nothing is written.
CREATE FUNCTION require_captures() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  reason text;
BEGIN
  SELECT why INTO reason FROM capture_halt WHERE ended_at IS NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'captures are halted: %', reason USING ERRCODE = '57000';
  END IF;
END $$;

-- As before, save that no order gets past its pivot while captures are halted, also none that has
-- begun to: what it has asked for may not have happened, and would happen now. Until its gate says
-- committing it can be cancelled.
CREATE OR REPLACE FUNCTION begin_capture(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'capture payment');
  p payment;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_captures();
  PERFORM require_gate(o, 'forward', 'committing');
  SELECT * INTO p FROM payment WHERE order_id = p_id;
  IF p.state IS DISTINCT FROM 'authorized' THEN
    RAISE EXCEPTION 'bug: order % is captured while its payment is %', p_id, p.state;
  END IF;
  UPDATE "order" SET gate = 'committing' WHERE id = p_id AND gate = 'forward';
  RETURN open_work(payment_work(o, p, 'capture'));
END $$;

-- ------------------------------------------------------------------------------------ differences --

CREATE TABLE reconciliation_difference (
  id           text PRIMARY KEY DEFAULT 'dif_' || replace(uuidv7()::text, '-', ''),
  -- What it is about: there is one difference about it until it is settled.
  subject      text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('payment-without-order', 'order-without-payment',
    'amounts-differ', 'authorization-lapsing', 'moved-by-hand', 'invariant-broken')),
  state        text NOT NULL DEFAULT 'open'
               CHECK (state IN ('open', 'settling', 'settled', 'explained')),
  -- NULL where no order of ours is concerned.
  order_id     text REFERENCES "order",
  intent_id    text,
  -- {"status", "currency", "held", "kept"}, in minor units as text; NULL: it is not in that book.
  ours         jsonb,
  gateways     jsonb,
  -- In words, for operators.
  detail       text NOT NULL,
  -- What the book settles it by; NULL where that is for people.
  remedy       text CHECK (remedy IN ('void', 'refund', 'book')),
  -- What the last attempt to settle it ended with, while there is no success.
  trouble      text,
  found_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the books agreed again; an explained difference stays explained.
  settled_at   timestamptz,
  explained_at timestamptz,
  explained_by text,
  explained_why text,
  CONSTRAINT reconciliation_difference_is_explained
    CHECK (num_nonnulls(explained_at, explained_by, explained_why) =
      CASE WHEN state = 'explained' THEN 3 ELSE 0 END),
  CONSTRAINT reconciliation_difference_is_settled
    CHECK (settled_at IS NOT NULL OR state <> 'settled')
);
CREATE UNIQUE INDEX reconciliation_difference_about ON reconciliation_difference (subject)
  WHERE settled_at IS NULL;
CREATE INDEX reconciliation_difference_by_intent ON reconciliation_difference (intent_id)
  WHERE settled_at IS NULL;
CREATE INDEX reconciliation_difference_by_order ON reconciliation_difference (order_id);
CREATE INDEX reconciliation_difference_newest ON reconciliation_difference (found_at DESC, id DESC);
CREATE INDEX reconciliation_difference_by_state
  ON reconciliation_difference (state, found_at DESC, id DESC);

CREATE FUNCTION difference_json(d reconciliation_difference) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', d.id, 'kind', d.kind, 'state', d.state, 'orderId', d.order_id,
    'paymentId', d.intent_id, 'ours', d.ours, 'gateway', d.gateways, 'detail', d.detail,
    'remedy', d.remedy, 'trouble', d.trouble, 'foundAt', iso(d.found_at),
    'settledAt', iso(d.settled_at),
    'explained', CASE WHEN d.state = 'explained' THEN jsonb_build_object('by', d.explained_by,
      'why', d.explained_why, 'at', iso(d.explained_at)) END)
$$;

CREATE FUNCTION find_difference(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT (SELECT difference_json(d) FROM reconciliation_difference d WHERE id = p_id)
$$;

-- Newest first, those before the place given: p_before is {"micros", "id"} or NULL. In PL/pgSQL, for
-- a state that may be any would be planned as a scan of all.
CREATE FUNCTION list_differences(p_state text, p_before jsonb, p_limit integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  at timestamptz := coalesce(at_micros(p_before ->> 'micros'), 'infinity');
  last text := coalesce(p_before ->> 'id', '');
  page reconciliation_difference[];
BEGIN
  IF p_state IS NULL THEN
    page := ARRAY(SELECT d FROM reconciliation_difference d
      WHERE (found_at, id) < (at, last) ORDER BY found_at DESC, id DESC LIMIT p_limit);
  ELSE
    page := ARRAY(SELECT d FROM reconciliation_difference d
      WHERE state = p_state AND (found_at, id) < (at, last)
      ORDER BY found_at DESC, id DESC LIMIT p_limit);
  END IF;
  RETURN (SELECT coalesce(jsonb_agg(difference_json(d) || jsonb_build_object('micros',
      micros(d.found_at)) ORDER BY d.found_at DESC, d.id DESC), '[]')
    FROM unnest(page) d);
END $$;

-- ------------------------------------------------------------------------- an operator's word on it --

ALTER TABLE operator_action
  DROP CONSTRAINT operator_action_action_check,
  ADD CONSTRAINT operator_action_action_check CHECK (
    action IN ('retry', 'mark-done', 'skip', 'refuse', 'erase', 'cancel', 'refund', 'explain')),
  DROP CONSTRAINT operator_action_is_about,
  ADD CONSTRAINT operator_action_is_about CHECK (num_nonnulls(step, direction) =
    CASE WHEN action IN ('erase', 'cancel', 'refund', 'explain') THEN 0 ELSE 2 END);

-- Accounted for by somebody, so it calls nobody any more; in the order's audit where it has an order.
CREATE FUNCTION explain_difference(p_id text, p_operator text, p_why text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  d reconciliation_difference;
BEGIN
  SELECT * INTO d FROM reconciliation_difference WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  -- What is being settled is the saga's: its money may be on the way.
  IF d.state <> 'open' THEN
    RETURN jsonb_build_object('state', 'closed', 'difference', difference_json(d));
  END IF;
  UPDATE reconciliation_difference SET state = 'explained', explained_at = clock_timestamp(),
    explained_by = p_operator, explained_why = p_why
  WHERE id = p_id RETURNING * INTO d;
  IF d.order_id IS NOT NULL THEN
    INSERT INTO operator_action (order_id, saga_id, action, operator, why, before, after)
    VALUES (d.order_id, d.order_id, 'explain', p_operator, p_why,
      jsonb_build_object('difference', d.id, 'state', 'open'),
      jsonb_build_object('difference', d.id, 'state', 'explained'));
  END IF;
  RETURN jsonb_build_object('state', 'explained', 'difference', difference_json(d));
END $$;

-- It may have named the customer.
CREATE FUNCTION explanation_is_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE reconciliation_difference SET explained_why = 'erased'
  WHERE order_id = NEW.id AND state = 'explained';
  RETURN NULL;
END $$;
CREATE TRIGGER explanation_is_erased AFTER UPDATE OF erased_at ON "order" FOR EACH ROW
  WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION explanation_is_erased();

-- ------------------------------------------------------------- in the summary, in an order's story --

ALTER FUNCTION operations_summary() RENAME TO orders_summary;

CREATE FUNCTION operations_summary() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT orders_summary() || jsonb_build_object(
    'captures', captures_json(),
    'differences', (
      SELECT jsonb_build_object('open', count(*) FILTER (WHERE state = 'open'),
        'settling', count(*) FILTER (WHERE state = 'settling'))
      FROM reconciliation_difference WHERE state IN ('open', 'settling')))
$$;

ALTER FUNCTION order_timeline("order") RENAME TO order_timeline_of_sagas;

CREATE FUNCTION order_timeline(o "order")
RETURNS TABLE (at timestamptz, rank integer, entry jsonb) LANGUAGE sql STABLE AS $$
  SELECT * FROM order_timeline_of_sagas(o)
  UNION ALL
  SELECT moment.at, 8, jsonb_build_object('kind', 'difference', 'differenceId', d.id,
    'difference', d.kind, 'phase', moment.phase, 'detail', d.detail)
  FROM reconciliation_difference d
  CROSS JOIN LATERAL (VALUES (d.found_at, 'found'), (d.settled_at, 'settled')) moment (at, phase)
  WHERE d.order_id = o.id AND moment.at IS NOT NULL
$$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what operators have done would be lost';
END $$;
