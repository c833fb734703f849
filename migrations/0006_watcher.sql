-- Up Migration

-- The watcher: started orders that have not ended, and of which there has been no news for a while.

CREATE FUNCTION has_ended(p_status order_status) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_status IN ('completed', 'rejected', 'cancelled', 'refunded')
$$;

-- watched_at: when somebody last looked; NULL once the order has ended. It stands for the silence in
-- the index, because updated_at and status in there would make every step of every order write to
-- all indexes of the table; this way only the first news and the last one do.
-- blocked_since: the watcher's own mark, so that it takes back no flag that somebody else set.
ALTER TABLE "order"
  ADD COLUMN watched_at timestamptz DEFAULT now(),
  ADD COLUMN blocked_since timestamptz;
UPDATE "order" SET watched_at = NULL WHERE has_ended(status);
CREATE INDEX order_watched ON "order" (watched_at)
  WHERE watched_at IS NOT NULL AND run_started_at IS NOT NULL;

-- An order that moves on is not blocked, and one that has ended needs no watch. In a trigger, so
-- that the event of the move tells it already.
CREATE FUNCTION order_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.blocked_since IS NOT NULL THEN
    NEW.blocked_since := NULL;
    NEW.needs_operator := false;
  END IF;
  IF has_ended(NEW.status) THEN
    NEW.watched_at := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_moved BEFORE UPDATE OF status ON "order" FOR EACH ROW
  WHEN (OLD.blocked_since IS NOT NULL OR has_ended(NEW.status)) EXECUTE FUNCTION order_moved();

-- Longest unwatched first, each lent to one watcher for as long as the silence. One that has moved
-- since is only put off until it has been silent for that long. now() and not clock_timestamp():
-- only what is stable bounds an index scan.
CREATE FUNCTION lease_silent(p_silence interval, p_limit integer) RETURNS jsonb LANGUAGE sql AS $$
  WITH due AS (
    SELECT id FROM "order"
    WHERE run_started_at IS NOT NULL AND watched_at < now() - p_silence
    ORDER BY watched_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE "order" o SET watched_at =
      CASE WHEN o.updated_at < now() - p_silence THEN now() ELSE o.updated_at END
    FROM due WHERE o.id = due.id
    RETURNING o.*
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'facts', order_facts(leased::"order"),
      'isCancelled', leased.gate = 'unwinding' AND leased.reason = 'cancelled',
      'isBlocked', leased.blocked_since IS NOT NULL)), '[]')
  FROM leased WHERE leased.updated_at < now() - p_silence
$$;

-- Only while the silence lasts: what was read from Temporal before the lock may be old. updated_at
-- stays, for a call for help is no news of the order.
CREATE FUNCTION flag_blocked(p_id text, p_silence interval) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
BEGIN
  IF o.needs_operator OR has_ended(o.status) OR o.updated_at > clock_timestamp() - p_silence THEN
    RETURN to_jsonb(false);
  END IF;
  UPDATE "order" SET needs_operator = true, blocked_since = clock_timestamp() WHERE id = p_id;
  PERFORM append_event(p_id, 'order.needs_operator');
  RETURN to_jsonb(true);
END $$;

CREATE FUNCTION unflag_blocked(p_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE "order" SET needs_operator = false, blocked_since = NULL
  WHERE id = p_id AND blocked_since IS NOT NULL
$$;

-- Down Migration

DROP TRIGGER order_moved ON "order";
DROP FUNCTION unflag_blocked, flag_blocked, lease_silent, order_moved;
ALTER TABLE "order" DROP COLUMN blocked_since, DROP COLUMN watched_at;
DROP FUNCTION has_ended;
