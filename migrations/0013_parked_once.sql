-- Up Migration

-- A call for a step that comes when its undo waits already, and no tombstone is there yet, is old:
-- both stood in the queue under one name, and an operator's word was about whichever was found.
DELETE FROM parked_step d
WHERE direction = 'do' AND EXISTS (SELECT FROM parked_step u
  WHERE u.saga_id = d.saga_id AND u.step = d.step AND u.direction = 'undo');

CREATE OR REPLACE FUNCTION is_decided(o "order", p_saga text, p_step text, p_direction text)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT recorded(p_saga, p_step, p_direction) IS NOT NULL
    OR p_saga = o.id AND has_ended(o.status)
    OR p_step = 'begin to unwind' AND o.gate <> 'forward'
    OR p_direction = 'do' AND EXISTS (SELECT FROM parked_step
      WHERE saga_id = p_saga AND step = p_step AND direction = 'undo')
$$;

-- Down Migration

CREATE OR REPLACE FUNCTION is_decided(o "order", p_saga text, p_step text, p_direction text)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT recorded(p_saga, p_step, p_direction) IS NOT NULL
    OR p_saga = o.id AND has_ended(o.status)
    OR p_step = 'begin to unwind' AND o.gate <> 'forward'
$$;
