-- Up Migration

-- One order moves, which is nearly every move there is. As a list of one it was planned anew each
-- time: a plan for a list of unknown length costs more than planning for a list of one.
CREATE OR REPLACE FUNCTION move_order(p_id text, p_to order_status) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  next integer;
BEGIN
  UPDATE "order" o
  SET status = p_to, updated_at = clock_timestamp(), last_sequence = last_sequence + 1,
    run_started_at = coalesce(run_started_at, clock_timestamp())
  WHERE id = p_id AND EXISTS (
    SELECT FROM order_status_move m WHERE m.from_status = o.status AND m.to_status = p_to)
  RETURNING last_sequence INTO next;
  IF FOUND THEN
    -- A statement of its own, so that the snapshot shows the order as it has become.
    INSERT INTO order_event (order_id, sequence, id, type, occurred_at, data)
    VALUES (p_id, next, 'evt_' || replace(uuidv7()::text, '-', ''), 'order.' || p_to,
      clock_timestamp(), order_snapshot(p_id));
  END IF;
END $$;

-- Down Migration

CREATE OR REPLACE FUNCTION move_order(p_id text, p_to order_status) RETURNS void LANGUAGE sql AS $$
  SELECT move_orders(ARRAY[p_id], p_to)
$$;
