-- Up Migration

-- Found by telling the same stories to the books in memory: what to ship was answered also for an
-- order that there is not, without address and lines. As everywhere else, that is a bug.
CREATE OR REPLACE FUNCTION read_order(p_id text) RETURNS "order" LANGUAGE plpgsql STABLE AS $$
DECLARE
  o "order";
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bug: there is no order %', p_id;
  END IF;
  RETURN o;
END $$;

-- Down Migration

CREATE OR REPLACE FUNCTION read_order(p_id text) RETURNS "order" LANGUAGE sql STABLE AS $$
  SELECT * FROM "order" WHERE id = p_id
$$;
