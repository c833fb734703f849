-- Up Migration

-- What admission looks at: accepted orders that no worker has begun yet (docs/decisions/0025).

-- It stands for the status in the index, because status in there would make every step of every order
-- write to all indexes of the table (see 0006): this one changes with the first step, which does so
-- anyway. What is cancelled, or waits for an operator, waits for no worker.
ALTER TABLE "order" ADD COLUMN waits boolean NOT NULL
  GENERATED ALWAYS AS (status = 'accepted' AND gate = 'forward' AND NOT needs_operator) STORED;
CREATE INDEX order_waiting ON "order" (created_at) WHERE waits;

-- How many wait, and how many have come since the last look, or in the last ten seconds. Both by index; of
-- a crowd that no limit allows, that it is one.
CREATE FUNCTION look_at_waiting(p_since timestamptz, p_most integer) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'at', now()::text,
    'seconds', extract(epoch FROM now() - since),
    'waiting', (SELECT count(*) FROM (SELECT FROM "order" WHERE waits LIMIT p_most) counted),
    'came', (SELECT count(*) FROM (
      SELECT FROM "order" WHERE created_at > since LIMIT p_most) counted))
  FROM coalesce(p_since, now() - interval '10 s') since
$$;

-- What place_order answers where there is no room for a new order: all that it would answer without
-- writing one. Reads only.
CREATE FUNCTION place_no_order(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_order jsonb
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  answer jsonb := answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  priced jsonb;
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  priced := price_order(p_tenant, p_order);
  RETURN CASE priced ->> 'state'
    WHEN 'priced' THEN jsonb_build_object('state', 'no-room') ELSE priced END;
END $$;

-- Down Migration

DROP FUNCTION place_no_order, look_at_waiting;
DROP INDEX order_waiting;
ALTER TABLE "order" DROP COLUMN waits;
