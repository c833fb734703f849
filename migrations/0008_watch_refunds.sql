-- Up Migration

-- The watcher looks after refunds too, and counts how often it had to start a run again. The
-- functions of 0006 stay, and stay right, for processes of the version before.

-- blocked_refund: whose run is blocked; NULL where it is the order's own. It means something only
-- beside blocked_since, which is the watcher's mark for both.
-- restarts: since the last news, for a run that ends every time is a case for an operator.
ALTER TABLE "order"
  ADD COLUMN blocked_refund text REFERENCES refund,
  ADD COLUMN restarts integer NOT NULL DEFAULT 0;

-- As for orders (0006). What makes an order good is not in the index: the checkout's run sees to it.
ALTER TABLE refund
  ADD COLUMN watched_at timestamptz DEFAULT now(),
  ADD COLUMN restarts integer NOT NULL DEFAULT 0;
UPDATE refund SET watched_at = NULL WHERE state <> 'requested';
CREATE INDEX refund_watched ON refund (watched_at)
  WHERE watched_at IS NOT NULL AND run_started_at IS NOT NULL;

CREATE OR REPLACE FUNCTION blocked_saga(o "order") RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(o.blocked_refund, o.id)
$$;

CREATE FUNCTION is_blocked_by(o "order", p_saga text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT o.blocked_since IS NOT NULL AND blocked_saga(o) = p_saga
$$;

CREATE FUNCTION unflag_saga(p_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE "order" o SET needs_operator = false, blocked_since = NULL, blocked_refund = NULL
  WHERE id = order_of_saga(p_id) AND is_blocked_by(o, p_id)
$$;

-- The only news of a refund is its end. Before the event that tells it, so that the event shows no
-- flag any more; the order is locked by then.
CREATE FUNCTION refund_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM unflag_saga(NEW.id), unpark(NEW.id, 'send refund', 'do');
  NEW.watched_at := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_settled BEFORE UPDATE OF state ON refund FOR EACH ROW
  WHEN (NEW.state <> 'requested') EXECUTE FUNCTION refund_settled();

-- Longest unwatched first, orders and refunds in one line. `more`: so many were due that others may
-- be; those that have moved are put off, and count, so that they hide nobody behind them.
CREATE FUNCTION lease_silent_sagas(p_silence interval, p_limit integer) RETURNS jsonb
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
      watched_at = CASE WHEN o.updated_at < now() - p_silence THEN now() ELSE o.updated_at END,
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
      'restarts', leased.restarts) AS saga
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

-- Only while the silence lasts: what was read from Temporal before the lock may be old. updated_at
-- stays, for a call for help is no news of the order.
CREATE FUNCTION flag_saga(p_id text, p_silence interval) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(order_of_saga(p_id));
  is_over boolean := CASE WHEN o.id = p_id
    THEN has_ended(o.status) OR o.updated_at > clock_timestamp() - p_silence
    ELSE (SELECT state <> 'requested' FROM refund WHERE id = p_id) END;
BEGIN
  IF o.needs_operator OR is_over THEN
    RETURN to_jsonb(false);
  END IF;
  UPDATE "order" SET needs_operator = true, blocked_since = clock_timestamp(),
    blocked_refund = nullif(p_id, o.id)
  WHERE id = o.id;
  PERFORM append_event(o.id, 'order.needs_operator');
  RETURN to_jsonb(true);
END $$;

CREATE FUNCTION count_restart(p_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE "order" SET restarts = restarts + 1 WHERE id = p_id;
  UPDATE refund SET restarts = restarts + 1 WHERE id = p_id;
$$;

-- Down Migration

DROP TRIGGER refund_settled ON refund;
DROP FUNCTION count_restart, flag_saga, lease_silent_sagas, refund_settled, unflag_saga,
  is_blocked_by;
CREATE OR REPLACE FUNCTION blocked_saga(o "order") RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT o.id
$$;
ALTER TABLE refund DROP COLUMN watched_at, DROP COLUMN restarts;
ALTER TABLE "order" DROP COLUMN blocked_refund, DROP COLUMN restarts;
