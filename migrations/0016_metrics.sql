-- Up Migration

-- Numbers for the metrics. What has happened is counted from what was written about it, each
-- transition once, whoever tried it how often; and counted by whoever asks, so that no order waits
-- for a counter that all of them share.

CREATE TABLE tally (
  kind  text NOT NULL,
  what  text NOT NULL,
  how   text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (kind, what, how)
);

-- What is rare leaves a row here, which is gone when it has been counted.
CREATE TABLE tally_entry (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  what text NOT NULL,
  how  text NOT NULL DEFAULT ''
);

-- What every order does leaves none: its events are there anyway, and this is how far they are counted.
CREATE TABLE tally_place (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  event_id text NOT NULL
);

-- An event's ID begins with when it was made, in milliseconds.
CREATE FUNCTION first_event_id(p_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'evt_' || lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0')
$$;

INSERT INTO tally_place (event_id) VALUES (first_event_id(clock_timestamp()));

-- With the owner's rights: a tenant's request may do what is counted, and may not count.
CREATE FUNCTION note_for_tally() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'barrier' THEN
      INSERT INTO tally_entry (kind, what) VALUES ('undone', NEW.step);
    WHEN 'parked_step' THEN
      INSERT INTO tally_entry (kind, what, how) VALUES ('parked', NEW.step, NEW.direction);
    WHEN 'operator_action' THEN
      INSERT INTO tally_entry (kind, what, how) VALUES ('act', NEW.action, coalesce(NEW.step, ''));
    WHEN 'mail_outbox' THEN
      INSERT INTO tally_entry (kind, what) VALUES ('mailed', NEW.kind);
  END CASE;
  RETURN NULL;
END $$;

CREATE TRIGGER tally_undone AFTER INSERT ON barrier FOR EACH ROW
  WHEN (NEW.direction = 'undo') EXECUTE FUNCTION note_for_tally();
-- Not when a step that is parked already is parked again: that is an update.
CREATE TRIGGER tally_parked AFTER INSERT ON parked_step FOR EACH ROW
  EXECUTE FUNCTION note_for_tally();
CREATE TRIGGER tally_act AFTER INSERT ON operator_action FOR EACH ROW
  EXECUTE FUNCTION note_for_tally();
CREATE TRIGGER tally_mailed AFTER UPDATE OF sent_at ON mail_outbox FOR EACH ROW
  WHEN (OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL) EXECUTE FUNCTION note_for_tally();

-- For the oldest mail that waits: the other index is in the order of tries.
CREATE INDEX mail_outbox_oldest ON mail_outbox (created_at) WHERE sent_at IS NULL;

-- Counts so many of each that are not counted yet. Entries can be seen once they are committed, so
-- none is missed. Events are counted in the order of their IDs, and only once they are 15 seconds old:
-- no transaction takes longer (the pool's timeouts), so none turns up below the place later on.
CREATE FUNCTION count_up(p_limit integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  after_id text;
BEGIN
  WITH counted AS (
    DELETE FROM tally_entry WHERE id IN (SELECT id FROM tally_entry ORDER BY id LIMIT p_limit)
    RETURNING kind, what, how
  )
  INSERT INTO tally AS t SELECT kind, what, how, count(*) FROM counted GROUP BY kind, what, how
  ON CONFLICT (kind, what, how) DO UPDATE SET count = t.count + excluded.count;

  SELECT event_id INTO after_id FROM tally_place;
  WITH next AS (
    SELECT id, type, CASE WHEN type IN ('order.rejected', 'order.cancelled', 'order.refunded')
      THEN coalesce(data ->> 'reason', '') ELSE '' END AS reason
    FROM order_event
    WHERE id > after_id AND id < first_event_id(clock_timestamp() - interval '15 s')
    ORDER BY id LIMIT p_limit
  ), moved AS (
    UPDATE tally_place SET event_id = (SELECT max(id) FROM next) WHERE EXISTS (SELECT FROM next)
  )
  INSERT INTO tally AS t SELECT 'event', type, reason, count(*) FROM next GROUP BY type, reason
  ON CONFLICT (kind, what, how) DO UPDATE SET count = t.count + excluded.count;
END $$;

CREATE FUNCTION seconds_since(p_at timestamptz) RETURNS numeric LANGUAGE sql STABLE STRICT AS $$
  SELECT round(greatest(extract(epoch FROM clock_timestamp() - p_at), 0), 3)
$$;

-- One process counts; who asks meanwhile is told what is counted so far.
CREATE FUNCTION business_numbers(p_limit integer) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF pg_try_advisory_xact_lock(hashtext('makegood tally')) THEN
    PERFORM count_up(p_limit);
  END IF;
  RETURN jsonb_build_object(
    'counted', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM tally t),
    'unfinished', (SELECT coalesce(jsonb_agg(jsonb_build_object('status', status,
        'needsOperator', needs_operator, 'count', n, 'oldestSeconds', seconds_since(oldest))), '[]')
      FROM (SELECT status, needs_operator, count(*) AS n, min(created_at) AS oldest
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

-- What the gateway holds, or has taken, of orders that wait for an operator, and has not given back.
CREATE FUNCTION money_at_risk() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(money(total, currency) ORDER BY currency), '[]')
  FROM (
    SELECT o.currency, sum(p.authorized - p.voided - p.refunded)::bigint AS total
    FROM payment p JOIN "order" o ON o.id = p.order_id
    WHERE p.order_id IN (SELECT order_id FROM trouble)
      AND p.authorized - p.voided - p.refunded > 0
    GROUP BY o.currency) per_currency
$$;

-- Down Migration

DROP TRIGGER tally_mailed ON mail_outbox;
DROP TRIGGER tally_act ON operator_action;
DROP TRIGGER tally_parked ON parked_step;
DROP TRIGGER tally_undone ON barrier;
DROP FUNCTION business_numbers, money_at_risk, seconds_since, count_up, note_for_tally, first_event_id;
DROP INDEX mail_outbox_oldest;
DROP TABLE tally_place, tally_entry, tally;
