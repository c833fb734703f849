-- Up Migration

-- The reconciler: what of the gateway's book and of ours is to be looked at, and what was found. Nothing
-- here is written on an order's way: it reads payment_entry, which tells all that happens to payments.

-- ------------------------------------------------------------------------------- whose payments --

-- Who we are at a gateway's account that others may use as well; every payment is made in this name. It
-- is restored with the books, so that what a restored book has forgotten is still known to be ours.
CREATE TABLE installation (
  id    text NOT NULL DEFAULT 'ins_' || replace(uuidv7()::text, '-', '')
        CHECK (id ~ '^ins_[0-9a-f]{32}$'),
  since timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX installation_is_one ON installation ((true));
INSERT INTO installation DEFAULT VALUES;

CREATE FUNCTION installation_id() RETURNS text LANGUAGE sql STABLE AS 'SELECT id FROM installation';

-- As before, and in whose name the intent is made.
CREATE OR REPLACE FUNCTION begin_authorization(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
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
  RETURN open_work(
    payment_work(o, p, CASE WHEN p.intent_id IS NULL THEN 'create' ELSE 'confirm' END)
    || jsonb_build_object('installation', installation_id()));
END $$;

-- ------------------------------------------------------------------------- how far it has come --

-- How far each of its readers has come. A place moves in the transaction that writes down what was
-- read, so a run that dies loses nothing, and of two at once one goes on.
CREATE TABLE reconciler_place (
  reader     text PRIMARY KEY,
  place      text NOT NULL,
  -- When what stands there happened, by the clock of whoever wrote it.
  reached_at timestamptz
);
INSERT INTO reconciler_place (reader, place) VALUES
  ('gateway events', ''), ('payment entries', '0'), ('books', '');

-- Payments that both books are to be asked about. due_at is NULL once they have agreed about a payment
-- that is over, until there is news of it.
CREATE TABLE payment_check (
  intent_id   text PRIMARY KEY,
  -- The order that the gateway says it is for; no other book need know it.
  named_order text,
  due_at      timestamptz,
  checked_at  timestamptz,
  -- What both said when they agreed last; see standing().
  agreed      text
);
CREATE INDEX payment_check_due ON payment_check (due_at) WHERE due_at IS NOT NULL;

ALTER TABLE reconciliation_difference ADD COLUMN named_order text;
CREATE INDEX reconciliation_difference_settling ON reconciliation_difference (found_at)
  WHERE state = 'settling';

-- What settling asks of the gateway and hears from it, for payments that need have no order. Append-only.
CREATE TABLE settlement_entry (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  difference_id text NOT NULL REFERENCES reconciliation_difference,
  kind          text NOT NULL CHECK (kind IN ('requested', 'answered')),
  intent_id     text NOT NULL,
  gateway_id    text,
  outcome       text,
  amount        bigint NOT NULL,
  occurred_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (difference_id, kind)
);
CREATE INDEX settlement_entry_by_intent ON settlement_entry (intent_id);
CREATE TRIGGER settlement_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON settlement_entry FOR EACH STATEMENT EXECUTE FUNCTION payment_entry_is_append_only();

-- What is held and what is kept, by our book.
CREATE FUNCTION standing(p payment) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (p.authorized - p.captured - p.voided) || '/' || (p.captured - p.refunded)
$$;

-- ------------------------------------------------------------------------ what is to be looked at --

CREATE FUNCTION events_place() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('place', place, 'reachedAt', iso(reached_at))
  FROM reconciler_place WHERE reader = 'gateway events'
$$;

-- The last word on each payment and refund in a page of the gateway's events. What our book says too,
-- or has gone beyond, need not be asked for; nor what moves no money, or is another installation's. False:
-- another run is ahead. What is looked up one by one, here and below, is looked up by its index however
-- the tables grow: a join might be planned as a scan of all.
CREATE FUNCTION note_events(
  p_from text, p_to text, p_reached timestamptz, p_intents jsonb, p_refunds jsonb, p_tolerance interval
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  us text := installation_id();
BEGIN
  UPDATE reconciler_place SET place = p_to, reached_at = coalesce(p_reached, reached_at)
  WHERE reader = 'gateway events' AND place = p_from;
  IF NOT FOUND THEN
    RETURN to_jsonb(false);
  END IF;
  INSERT INTO payment_check AS c (intent_id, named_order, due_at, agreed)
  SELECT e.id, e."orderId", CASE WHEN NOT e.agrees THEN least(e.at, now()) + p_tolerance END,
    CASE WHEN e.agrees THEN e.standing END
  FROM (
    SELECT i.*, standing(own.p) AS standing, (own.p).order_id IS NOT NULL
      AND (own.p).captured = i.captured
      AND (own.p).authorized - (own.p).captured - (own.p).voided = i.held AS agrees,
      (own.p).state, (own.p).refunded
    FROM jsonb_to_recordset(p_intents) AS i(id text, at timestamptz, "orderId" text,
      installation text, held bigint, captured bigint, "isOver" boolean)
    LEFT JOIN LATERAL (SELECT payment FROM payment WHERE intent_id = i.id LIMIT 1) own(p) ON true
    WHERE (own.p).order_id IS NOT NULL OR coalesce(i.installation, us) = us
  ) e
  WHERE CASE
    WHEN e.agrees THEN e."isOver" AND e.refunded = 0
    WHEN e."isOver" THEN e.captured > 0 OR e.state IS NOT NULL OR EXISTS (
      SELECT FROM reconciliation_difference WHERE intent_id = e.id AND settled_at IS NULL)
    ELSE e.held > 0 AND coalesce(e.state NOT IN ('captured', 'voided'), true)
  END
  ORDER BY e.id
  ON CONFLICT (intent_id) DO UPDATE SET
    named_order = coalesce(excluded.named_order, c.named_order),
    due_at = least(c.due_at, excluded.due_at), agreed = coalesce(excluded.agreed, c.agreed);
  INSERT INTO payment_check AS c (intent_id, due_at)
  SELECT r."intentId", least(min(r.at), now()) + p_tolerance
  FROM jsonb_to_recordset(p_refunds) AS r(id text, at timestamptz, "intentId" text, status text)
  WHERE NOT EXISTS (
    SELECT FROM refund o WHERE o.gateway_id = r.id AND o.state = r.status)
    AND coalesce((SELECT true FROM payment WHERE intent_id = r."intentId"),
      (SELECT true FROM payment_check WHERE intent_id = r."intentId"))
  GROUP BY r."intentId" ORDER BY r."intentId"
  ON CONFLICT (intent_id) DO UPDATE SET due_at = least(c.due_at, excluded.due_at);
  RETURN to_jsonb(true);
END $$;

-- Payments of ours with news since p_after (NULL: since the place), save those about which the gateway's
-- events have said the same. What is younger than the overlap is read again by the next run: a
-- transaction may commit an entry with a lower ID than one that was seen.
CREATE FUNCTION note_entries(
  p_after bigint, p_limit integer, p_tolerance interval, p_overlap interval
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
  next bigint;
  safe bigint;
  seen integer;
  orders text[];
  news jsonb;
BEGIN
  SELECT r.place::bigint INTO place FROM reconciler_place r WHERE reader = 'payment entries' FOR UPDATE;
  SELECT max(id), max(id) FILTER (WHERE occurred_at < now() - p_overlap), count(*),
    array_agg(DISTINCT order_id)
  INTO next, safe, seen, orders
  FROM (
    SELECT id, occurred_at, order_id FROM payment_entry WHERE id > coalesce(p_after, place)
    ORDER BY id LIMIT p_limit) fresh;
  INSERT INTO payment_check AS c (intent_id, named_order, due_at)
  SELECT (own.p).intent_id, fresh, p_tolerance + (
    SELECT max(occurred_at) FROM payment_entry e WHERE e.order_id = fresh)
  FROM unnest(orders) AS fresh
    CROSS JOIN LATERAL (SELECT payment FROM payment WHERE order_id = fresh LIMIT 1) own(p)
  WHERE (own.p).intent_id IS NOT NULL AND standing(own.p) IS DISTINCT FROM (
    SELECT agreed FROM payment_check WHERE intent_id = (own.p).intent_id)
  ORDER BY (own.p).intent_id
  ON CONFLICT (intent_id) DO UPDATE SET due_at = least(c.due_at, excluded.due_at);
  news := record_broken(orders);
  IF safe > place THEN
    UPDATE reconciler_place SET place = safe::text WHERE reader = 'payment entries';
  END IF;
  RETURN jsonb_build_object('next', coalesce(next, p_after, place)::text, 'more', seen = p_limit,
    'news', news);
END $$;

-- ------------------------------------------------------------------------------- broken invariants --

-- What must hold at every commit; told in words, NULL while all is well.
CREATE FUNCTION broken_invariant(o "order", p payment) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  e record;
BEGIN
  SELECT coalesce(sum(authorized), 0) AS authorized, coalesce(sum(captured), 0) AS captured,
    coalesce(sum(voided), 0) AS voided, coalesce(sum(refunded), 0) AS refunded,
    count(*) FILTER (WHERE captured > 0) AS captures
  INTO e FROM payment_entry WHERE order_id = o.id;
  RETURN CASE
    WHEN e.captures > 1 THEN 'was captured ' || e.captures || ' times'
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

-- Loudly: no more money is taken until somebody has looked. Only for what is new, so that who resumes
-- captures is not overruled by what is known. Answers what is new.
CREATE FUNCTION record_broken(p_orders text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  b record;
  new_id text;
  news jsonb := '[]';
BEGIN
  FOR b IN
    SELECT o.id, o.status, o.currency, (own.p).captured - (own.p).refunded AS kept,
      (own.p).authorized - (own.p).captured - (own.p).voided AS held,
      broken_invariant(o, own.p) AS what
    FROM "order" o
      LEFT JOIN LATERAL (SELECT payment FROM payment WHERE order_id = o.id LIMIT 1) own(p) ON true
    WHERE o.id = ANY (p_orders)
  LOOP
    IF b.what IS NOT NULL THEN
      new_id := NULL;
      INSERT INTO reconciliation_difference (subject, kind, order_id, ours, detail)
      VALUES ('book ' || b.id, 'invariant-broken', b.id, jsonb_build_object('status', b.status,
        'currency', b.currency, 'held', coalesce(b.held, 0)::text, 'kept', coalesce(b.kept, 0)::text),
        b.id || ' ' || b.what)
      ON CONFLICT (subject) WHERE settled_at IS NULL DO NOTHING
      RETURNING id INTO new_id;
      IF new_id IS NOT NULL THEN
        PERFORM halt_captures('reconciler', b.id || ' ' || b.what);
        news := news || jsonb_build_object('id', new_id, 'kind', 'invariant-broken',
          'detail', b.id || ' ' || b.what);
      END IF;
    ELSE
      UPDATE reconciliation_difference SET settled_at = clock_timestamp(),
        state = CASE state WHEN 'explained' THEN state ELSE 'settled' END
      WHERE subject = 'book ' || b.id AND settled_at IS NULL;
    END IF;
  END LOOP;
  RETURN news;
END $$;

-- Looks through the next so many orders, round and round: what was changed behind the entries' back.
CREATE FUNCTION sweep_books(p_limit integer) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  after text;
  orders text[];
  news jsonb;
BEGIN
  SELECT place INTO after FROM reconciler_place WHERE reader = 'books' FOR UPDATE;
  orders := ARRAY(SELECT id FROM "order" WHERE id > after ORDER BY id LIMIT p_limit);
  news := record_broken(orders);
  UPDATE reconciler_place
  SET place = CASE WHEN cardinality(orders) = p_limit THEN orders[p_limit] ELSE '' END
  WHERE reader = 'books';
  RETURN news;
END $$;

-- ------------------------------------------------------------------------------------ look at both --

-- All that our book knows of a payment: of the order whose it is, or else of the order that the gateway
-- names. Read before and after the gateway is asked: equal, it was so in between.
CREATE FUNCTION our_payment(p_intent text, p_named text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
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
      SELECT coalesce(jsonb_object_agg(operation, jsonb_build_object('at', iso(asked),
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

-- Those longest due, each lent to one run for as long as one may take.
CREATE FUNCTION lease_checks(p_limit integer, p_lease interval) RETURNS jsonb LANGUAGE sql AS $$
  WITH due AS (
    SELECT intent_id FROM payment_check WHERE due_at <= now()
    ORDER BY due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE payment_check c SET due_at = now() + p_lease FROM due WHERE c.intent_id = due.intent_id
    RETURNING c.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('intentId', intent_id, 'orderId', named_order,
    'lentUntil', due_at, 'hasDifference', EXISTS (SELECT FROM reconciliation_difference d
      WHERE d.intent_id = leased.intent_id AND d.settled_at IS NULL),
    'ours', our_payment(intent_id, named_order))), '[]')
  FROM leased
$$;

-- p_rest: {"intentId", "lentUntil", "standing", "again"}: about these the books agree. They are asked
-- about again after so long, or never while there is no news: news since they were lent stays.
CREATE FUNCTION rest_checks(p_rest jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE payment_check c SET checked_at = now(), agreed = r.standing, due_at = now() + r.again
  FROM jsonb_to_recordset(p_rest) AS r("intentId" text, "lentUntil" timestamptz, standing text,
    again interval)
  WHERE c.intent_id = r."intentId" AND c.due_at = r."lentUntil"
$$;

-- What was found about one payment, if our book still says what it said before the gateway was asked.
-- All that was found before and is not any more is settled.
CREATE FUNCTION record_check(
  p_intent text, p_named text, p_lent_until timestamptz, p_ours jsonb, p_findings jsonb,
  p_standing text, p_again interval
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  f record;
  new_id text;
  news jsonb := '[]';
BEGIN
  -- In a statement of its own, so that what is read afterwards is newer than what it waited for.
  PERFORM FROM "order" WHERE id = p_ours -> 'order' ->> 'id' FOR UPDATE;
  IF our_payment(p_intent, p_named) IS DISTINCT FROM p_ours THEN
    UPDATE payment_check SET due_at = clock_timestamp(), named_order = coalesce(p_named, named_order)
    WHERE intent_id = p_intent;
    RETURN jsonb_build_object('state', 'moved');
  END IF;
  FOR f IN
    SELECT * FROM jsonb_to_recordset(p_findings) AS given(subject text, kind text, ours jsonb,
      gateway jsonb, detail text, remedy text, "namedOrder" text)
  LOOP
    -- Who has explained it has explained this, and not what has come of it since.
    UPDATE reconciliation_difference SET settled_at = clock_timestamp()
    WHERE subject = f.subject AND settled_at IS NULL AND state = 'explained'
      AND (ours, gateways) IS DISTINCT FROM (f.ours, f.gateway);
    new_id := NULL;
    INSERT INTO reconciliation_difference (subject, kind, state, order_id, named_order, intent_id,
      ours, gateways, detail, remedy)
    VALUES (f.subject, f.kind, CASE WHEN f.remedy IS NULL THEN 'open' ELSE 'settling' END,
      p_ours -> 'order' ->> 'id', f."namedOrder", p_intent, f.ours, f.gateway, f.detail, f.remedy)
    ON CONFLICT (subject) WHERE settled_at IS NULL DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NOT NULL THEN
      news := news || jsonb_build_object('id', new_id, 'kind', f.kind, 'detail', f.detail);
      IF f.kind = 'invariant-broken' THEN
        PERFORM halt_captures('reconciler', f.detail);
      END IF;
    ELSE
      UPDATE reconciliation_difference SET ours = f.ours, gateways = f.gateway, detail = f.detail
      WHERE subject = f.subject AND settled_at IS NULL AND state = 'open'
        AND (ours, gateways, detail) IS DISTINCT FROM (f.ours, f.gateway, f.detail);
    END IF;
  END LOOP;
  UPDATE reconciliation_difference SET settled_at = clock_timestamp(), trouble = NULL,
    state = CASE state WHEN 'explained' THEN state ELSE 'settled' END
  WHERE intent_id = p_intent AND settled_at IS NULL AND NOT subject IN (
    SELECT one ->> 'subject' FROM jsonb_array_elements(p_findings) one);
  UPDATE payment_check SET checked_at = clock_timestamp(), agreed = p_standing,
    named_order = coalesce(p_named, named_order),
    due_at = CASE WHEN due_at = p_lent_until THEN clock_timestamp() + p_again ELSE due_at END
  WHERE intent_id = p_intent;
  RETURN jsonb_build_object('state', 'recorded', 'news', news);
END $$;

-- ----------------------------------------------------------------------------------------- settle --

CREATE FUNCTION list_settling(p_limit integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(id), '[]') FROM (
    SELECT id FROM reconciliation_difference WHERE state = 'settling' ORDER BY found_at LIMIT p_limit) d
$$;

-- Why this money is not ours to give back; NULL: it is. Asked with the order locked, so it holds until
-- the commit; and the only orders it lets pass have ended for good.
CREATE FUNCTION why_not_settled(d reconciliation_difference) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  o "order";
BEGIN
  IF d.named_order IS NULL THEN
    RETURN 'the payment names no order of ours';
  END IF;
  SELECT * INTO o FROM "order" WHERE id = d.named_order;
  RETURN CASE
    WHEN o.id IS NULL THEN NULL
    WHEN o.status NOT IN ('rejected', 'cancelled', 'refunded') THEN 'its order is ' || o.status
    WHEN was_decided_by_hand(o.id, 'authorize payment', 'undo')
      OR was_decided_by_hand(o.id, 'refund payment', 'do') THEN 'an operator has decided about its money'
    WHEN EXISTS (SELECT FROM payment WHERE intent_id = d.intent_id
      AND (authorized - captured - voided > 0 OR captured > refunded)) THEN 'our book still counts on it'
    WHEN EXISTS (SELECT FROM refund WHERE order_id = o.id AND state = 'requested')
      THEN 'a refund of its order is under way'
  END;
END $$;

-- Writes down a refund that somebody made by hand at the gateway, as if it had been asked for here.
CREATE FUNCTION book_refund(d reconciliation_difference) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  r refund;
  v_amount bigint := (d.gateways ->> 'refund')::bigint;
  -- The name under which it was asked for, where a restored book has lost that; else one made of the
  -- gateway's.
  v_id text := coalesce(d.gateways ->> 'lostRefundId',
    'rfd_' || left(md5(d.gateways ->> 'refundId'), 26));
  is_whole boolean;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = d.order_id;
  IF o.status <> 'completed' OR refundable(o.id) < v_amount THEN
    RETURN 'more than is left to refund of the order';
  END IF;
  -- With a request, and be it the order's: the refunds without one are none of a client's.
  INSERT INTO refund (id, order_id, amount, request_id, state, gateway_id, settled_at, watched_at,
    run_started_at)
  VALUES (v_id, o.id, v_amount, o.request_id, 'succeeded', d.gateways ->> 'refundId',
    clock_timestamp(), NULL, clock_timestamp())
  RETURNING * INTO r;
  -- As any other: asked for, and then paid.
  INSERT INTO payment_entry (order_id, refund_id, operation, n, kind, gateway_id)
  VALUES (o.id, r.id, 'refund', 1, 'requested', d.intent_id);
  PERFORM append_refund_event(r, 'refund.requested');
  PERFORM answer_refund_entry(r, r.gateway_id, 'succeeded', r.amount);
  UPDATE payment SET refunded = refunded + r.amount WHERE order_id = o.id
  RETURNING refunded = captured INTO is_whole;
  UPDATE "order" SET updated_at = clock_timestamp() WHERE id = o.id;
  PERFORM append_refund_event(r, 'refund.succeeded');
  IF is_whole THEN
    PERFORM move_order(o.id, 'refunded');
    INSERT INTO mail_outbox (message_id, order_id, kind)
    VALUES ('<' || o.id || '.refunded@makegood>', o.id, 'refunded');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION end_settling(p_id text, p_trouble text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF p_trouble IS NULL THEN
    UPDATE reconciliation_difference SET state = 'settled', settled_at = clock_timestamp(), trouble = NULL
    WHERE id = p_id AND settled_at IS NULL;
    RETURN jsonb_build_object('state', 'done', 'result', '{}'::jsonb);
  END IF;
  -- Somebody has to look at it; without a remedy no saga begins it again.
  UPDATE reconciliation_difference SET state = 'open', remedy = NULL, trouble = p_trouble
  WHERE id = p_id AND state = 'settling';
  RETURN refused('not-settled', p_trouble);
END $$;

-- The barrier: a settlement that was asked for goes on, whatever has become of the order since; one
-- that was not begins only while nothing speaks against it. Locks the order before the difference, as
-- record_check does.
CREATE FUNCTION begin_settling(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  d reconciliation_difference;
  asked timestamptz;
  why text;
BEGIN
  SELECT * INTO d FROM reconciliation_difference WHERE id = p_id;
  PERFORM FROM "order" WHERE id = coalesce(d.order_id, d.named_order) FOR UPDATE;
  SELECT * INTO d FROM reconciliation_difference WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bug: there is no difference %', p_id;
  END IF;
  IF d.settled_at IS NOT NULL THEN
    RETURN jsonb_build_object('state', 'done', 'result', '{}'::jsonb);
  END IF;
  SELECT occurred_at INTO asked FROM settlement_entry WHERE difference_id = p_id AND kind = 'requested';
  IF asked IS NULL THEN
    why := CASE WHEN d.state <> 'settling' THEN 'it is ' || d.state
      WHEN d.remedy = 'book' THEN NULL ELSE why_not_settled(d) END;
    IF why IS NOT NULL THEN
      RETURN end_settling(p_id, why);
    END IF;
    IF d.remedy = 'book' THEN
      RETURN end_settling(p_id, book_refund(d));
    END IF;
    INSERT INTO settlement_entry (difference_id, kind, intent_id, amount)
    VALUES (p_id, 'requested', d.intent_id, (d.gateways ->>
      CASE d.remedy WHEN 'void' THEN 'held' ELSE 'kept' END)::bigint);
  END IF;
  RETURN open_work((SELECT jsonb_build_object('intentId', d.intent_id, 'orderId', d.named_order,
      'remedy', d.remedy, 'amount', money(amount, d.gateways ->> 'currency'), 'paymentMethod', '',
      'n', 1, 'repeated', asked IS NOT NULL, 'requestedAt', iso(occurred_at))
    FROM settlement_entry WHERE difference_id = p_id AND kind = 'requested'));
END $$;

CREATE FUNCTION record_settled(p_id text, p_gateway_id text, p_outcome text) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO settlement_entry (difference_id, kind, intent_id, gateway_id, outcome, amount)
  SELECT p_id, 'answered', intent_id, p_gateway_id, p_outcome, amount
  FROM settlement_entry WHERE difference_id = p_id AND kind = 'requested'
  ON CONFLICT DO NOTHING;
  RETURN end_settling(p_id, NULL);
END $$;

CREATE FUNCTION note_settling_trouble(p_id text, p_trouble text) RETURNS void LANGUAGE sql AS $$
  UPDATE reconciliation_difference SET trouble = p_trouble WHERE id = p_id AND state = 'settling'
$$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what was settled would be lost';
END $$;
