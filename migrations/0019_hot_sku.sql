-- Up Migration

-- Many orders of one SKU at the same moment. Each reservation holds the row of its stock until its
-- commit is on disk, so one by one they are as slow as the disk. Here several share one transaction:
-- the row is locked, and the commit waited for, once.

-- Several orders move together: one statement for the rows, one for their events. An order that may
-- not move any more is left out, without an event.
CREATE FUNCTION move_orders(p_ids text[], p_to order_status) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moved text[];
BEGIN
  WITH moving AS (
    UPDATE "order" o
    SET status = p_to, updated_at = clock_timestamp(), last_sequence = last_sequence + 1,
      run_started_at = coalesce(run_started_at, clock_timestamp())
    WHERE id = ANY (p_ids) AND EXISTS (
      SELECT FROM order_status_move m WHERE m.from_status = o.status AND m.to_status = p_to)
    RETURNING id)
  SELECT array_agg(id) INTO moved FROM moving;
  -- A statement of its own, so that the snapshot shows the order as it has become.
  INSERT INTO order_event (order_id, sequence, id, type, occurred_at, data)
  SELECT id, last_sequence, 'evt_' || replace(uuidv7()::text, '-', ''), 'order.' || p_to,
    clock_timestamp(), order_snapshot(id)
  FROM "order" WHERE id = ANY (moved);
END $$;

CREATE OR REPLACE FUNCTION move_order(p_id text, p_to order_status) RETURNS void LANGUAGE sql AS $$
  SELECT move_orders(ARRAY[p_id], p_to)
$$;

-- What reserve_stock does, for orders of one line each and of one SKU of one tenant, in the order
-- given: who comes first is served first, and who wants more than is left does not keep out a later
-- one who wants less. Answers each by its ID; those that are not like the first are not answered.
CREATE FUNCTION reserve_stock_in_turn(p_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Down Migration

DROP FUNCTION reserve_stock_in_turn;

CREATE OR REPLACE FUNCTION move_order(p_id text, p_to order_status) RETURNS void LANGUAGE plpgsql AS $$
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

DROP FUNCTION move_orders;
