-- Up Migration

-- ------------------------------------------------------------------------------------- API keys --

-- expires_at: a key that is rotated goes on for a while beside the one that takes its place, so that
-- clients can change over. last_used_at: to the minute, and not written by requests.
ALTER TABLE api_key
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN replaced_by text UNIQUE REFERENCES api_key,
  ADD COLUMN last_used_at timestamptz;

CREATE FUNCTION is_live(k api_key) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
$$;

-- p_id: the new key, of the same tenant and with the same scopes. NULL where p_old is not live, or
-- has been rotated already: there are never more than two.
CREATE FUNCTION rotate_key(p_old text, p_id text, p_secret_hash bytea, p_overlap interval)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  k api_key;
BEGIN
  SELECT * INTO k FROM api_key WHERE id = p_old FOR UPDATE;
  IF k.id IS NULL OR NOT is_live(k) OR k.replaced_by IS NOT NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO api_key (id, tenant_id, secret_hash, scopes)
  VALUES (p_id, k.tenant_id, p_secret_hash, k.scopes);
  UPDATE api_key SET replaced_by = p_id, expires_at = now() + p_overlap WHERE id = p_old
  RETURNING expires_at INTO k.expires_at;
  RETURN k.expires_at;
END $$;

-- Down Migration

DROP FUNCTION rotate_key, is_live;
ALTER TABLE api_key DROP COLUMN expires_at, DROP COLUMN replaced_by, DROP COLUMN last_used_at;
