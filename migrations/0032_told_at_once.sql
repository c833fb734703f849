-- Up Migration

-- What a step answers is known when it is written down, and was read again all the same: of a batch of
-- reservations that was a sixth of the time, and three fifths in a young database. And an SQL function of one expression becomes part of
-- the statement that calls it, but not if it promises more than what it calls itself: jsonb_build_object
-- and to_char are STABLE.

ALTER FUNCTION refused(text, text) STABLE;
ALTER FUNCTION open_work(jsonb) STABLE;
ALTER FUNCTION iso(timestamptz) STABLE;
ALTER FUNCTION money(bigint, text) STABLE;

-- What the barrier remembers, as the worker is told.
CREATE FUNCTION told(p_result jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p_result ? 'refused'
      THEN refused(p_result -> 'refused' ->> 'code', p_result -> 'refused' ->> 'detail')
    ELSE jsonb_build_object('state', 'done', 'result', p_result -> 'ok')
  END
$$;

CREATE OR REPLACE FUNCTION recorded(p_id text, p_step text, p_direction text DEFAULT 'do')
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT told(result) FROM barrier
  WHERE saga_id = p_id AND step = p_step AND direction = p_direction
$$;

CREATE OR REPLACE FUNCTION record(p_id text, p_step text, p_direction text, p_result jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, p_direction, p_result);
  PERFORM unpark(p_id, p_step, p_direction);
  RETURN told(p_result);
END $$;

-- As before, save that nothing is read again.
CREATE OR REPLACE FUNCTION reserve_stock_in_turn(p_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  hot record;
  asked text[];
  wanted integer[];
  remaining integer;
  granted text[] := '{}';
  refused text[] := '{}';
  taken integer := 0;
  sold_out jsonb;
BEGIN
  -- In the order of their IDs, so that two of these never wait for each other.
  PERFORM FROM "order" WHERE id = ANY (p_ids) ORDER BY id FOR UPDATE;
  SELECT o.tenant_id, l.sku INTO hot
  FROM "order" o JOIN order_line l ON l.order_id = o.id WHERE o.id = p_ids[1];
  SELECT array_agg(o.id ORDER BY turn), array_agg(l.quantity ORDER BY turn) INTO asked, wanted
  FROM unnest(p_ids) WITH ORDINALITY AS ids (id, turn)
  JOIN "order" o USING (id) JOIN order_line l ON l.order_id = o.id
  WHERE o.tenant_id = hot.tenant_id AND l.sku = hot.sku AND o.gate <> 'unwinding'
    AND NOT EXISTS (SELECT FROM barrier b
      WHERE b.saga_id = o.id AND b.step = 'reserve stock' AND b.direction = 'do')
    AND (SELECT count(*) FROM order_line every WHERE every.order_id = o.id) = 1;
  IF asked IS NULL THEN
    RETURN '{}';
  END IF;

  SELECT available INTO remaining FROM stock
  WHERE tenant_id = hot.tenant_id AND sku = hot.sku FOR UPDATE;
  FOR turn IN 1 .. array_length(asked, 1) LOOP
    IF wanted[turn] <= remaining - taken THEN
      taken := taken + wanted[turn];
      granted := granted || asked[turn];
    ELSE
      refused := refused || asked[turn];
    END IF;
  END LOOP;

  UPDATE stock SET available = available - taken, reserved = reserved + taken
  WHERE tenant_id = hot.tenant_id AND sku = hot.sku AND taken > 0;
  INSERT INTO reservation (order_id, sku, tenant_id, quantity)
  SELECT order_id, sku, hot.tenant_id, quantity FROM order_line WHERE order_id = ANY (granted);
  PERFORM move_orders(granted, 'reserved');
  sold_out := jsonb_build_object('refused', jsonb_build_object(
    'code', 'out-of-stock', 'detail', 'Not enough left of: ' || hot.sku));
  INSERT INTO barrier (saga_id, step, direction, result)
  SELECT id, 'reserve stock', 'do', '{"ok": {}}' FROM unnest(granted) AS id
  UNION ALL
  SELECT id, 'reserve stock', 'do', sold_out FROM unnest(refused) AS id;
  PERFORM unpark(saga_id, step, direction) FROM parked_step
  WHERE saga_id = ANY (asked) AND step = 'reserve stock' AND direction = 'do';
  RETURN (
    SELECT jsonb_object_agg(id, told(CASE WHEN id = ANY (granted) THEN '{"ok": {}}' ELSE sold_out END))
    FROM unnest(asked) AS id);
END $$;

-- Down Migration

CREATE OR REPLACE FUNCTION reserve_stock_in_turn(p_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  hot record;
  asked text[];
  wanted integer[];
  remaining integer;
  granted text[] := '{}';
  refused text[] := '{}';
  taken integer := 0;
BEGIN
  -- In the order of their IDs, so that two of these never wait for each other.
  PERFORM FROM "order" WHERE id = ANY (p_ids) ORDER BY id FOR UPDATE;
  SELECT o.tenant_id, l.sku INTO hot
  FROM "order" o JOIN order_line l ON l.order_id = o.id WHERE o.id = p_ids[1];
  SELECT array_agg(o.id ORDER BY turn), array_agg(l.quantity ORDER BY turn) INTO asked, wanted
  FROM unnest(p_ids) WITH ORDINALITY AS ids (id, turn)
  JOIN "order" o USING (id) JOIN order_line l ON l.order_id = o.id
  WHERE o.tenant_id = hot.tenant_id AND l.sku = hot.sku AND o.gate <> 'unwinding'
    AND NOT EXISTS (SELECT FROM barrier b
      WHERE b.saga_id = o.id AND b.step = 'reserve stock' AND b.direction = 'do')
    AND (SELECT count(*) FROM order_line every WHERE every.order_id = o.id) = 1;
  IF asked IS NULL THEN
    RETURN '{}';
  END IF;

  SELECT available INTO remaining FROM stock
  WHERE tenant_id = hot.tenant_id AND sku = hot.sku FOR UPDATE;
  FOR turn IN 1 .. array_length(asked, 1) LOOP
    IF wanted[turn] <= remaining - taken THEN
      taken := taken + wanted[turn];
      granted := granted || asked[turn];
    ELSE
      refused := refused || asked[turn];
    END IF;
  END LOOP;

  UPDATE stock SET available = available - taken, reserved = reserved + taken
  WHERE tenant_id = hot.tenant_id AND sku = hot.sku AND taken > 0;
  INSERT INTO reservation (order_id, sku, tenant_id, quantity)
  SELECT order_id, sku, hot.tenant_id, quantity FROM order_line WHERE order_id = ANY (granted);
  PERFORM move_orders(granted, 'reserved');
  INSERT INTO barrier (saga_id, step, direction, result)
  SELECT id, 'reserve stock', 'do', '{"ok": {}}' FROM unnest(granted) AS id
  UNION ALL
  SELECT id, 'reserve stock', 'do', jsonb_build_object('refused', jsonb_build_object(
    'code', 'out-of-stock', 'detail', 'Not enough left of: ' || hot.sku)) FROM unnest(refused) AS id;
  PERFORM unpark(saga_id, step, direction) FROM parked_step
  WHERE saga_id = ANY (asked) AND step = 'reserve stock' AND direction = 'do';
  RETURN (SELECT jsonb_object_agg(id, recorded(id, 'reserve stock')) FROM unnest(asked) AS id);
END $$;

CREATE OR REPLACE FUNCTION record(p_id text, p_step text, p_direction text, p_result jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO barrier (saga_id, step, direction, result)
  VALUES (p_id, p_step, p_direction, p_result);
  PERFORM unpark(p_id, p_step, p_direction);
  RETURN recorded(p_id, p_step, p_direction);
END $$;

CREATE OR REPLACE FUNCTION recorded(p_id text, p_step text, p_direction text DEFAULT 'do')
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN result ? 'refused' THEN refused(result -> 'refused' ->> 'code', result -> 'refused' ->> 'detail')
    ELSE jsonb_build_object('state', 'done', 'result', result -> 'ok')
  END
  FROM barrier WHERE saga_id = p_id AND step = p_step AND direction = p_direction
$$;

DROP FUNCTION told;

ALTER FUNCTION money(bigint, text) IMMUTABLE;
ALTER FUNCTION iso(timestamptz) IMMUTABLE;
ALTER FUNCTION open_work(jsonb) IMMUTABLE;
ALTER FUNCTION refused(text, text) IMMUTABLE;
