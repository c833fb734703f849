-- Up Migration

-- After a restore: what the gateway has captured and the book has not can only go forward. Its goods are
-- taken first, for it is past giving them up; one whose goods are gone stays as it is, and is answered.
-- As begin_capture leaves an order whose answer is not known yet: its capture will find it done.
CREATE FUNCTION commit_captured(p_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_id text;
  committed text[] := '{}';
BEGIN
  FOR v_id IN
    SELECT id FROM "order" WHERE id = ANY (p_ids) AND gate = 'forward' ORDER BY id FOR UPDATE
  LOOP
    IF reserve_stock(v_id) ->> 'state' = 'done' THEN
      UPDATE "order" SET gate = 'committing' WHERE id = v_id AND gate = 'forward';
      committed := committed || v_id;
    END IF;
  END LOOP;
  RETURN to_jsonb(committed);
END $$;

-- Down Migration

DROP FUNCTION commit_captured;
