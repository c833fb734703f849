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

-- ------------------------------------------------------------------------ the wall between tenants --

-- Every query of the API names its tenant. Row-level security is the second wall, for the day on
-- which one forgets to: requests run as makegood_tenant, who owns nothing and sees the rows of the
-- tenant that makegood.tenant names, and none while it names nobody. Worker, starter, watcher and
-- operators act for all tenants: they run as the owner, for whom no policy holds.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'makegood_tenant') THEN
    BEGIN
      CREATE ROLE makegood_tenant NOLOGIN;
    EXCEPTION
      -- Roles belong to the whole server: another database's migration may have been faster.
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  IF NOT pg_has_role(current_user, 'makegood_tenant', 'SET') THEN
    EXECUTE format('GRANT makegood_tenant TO %I', current_user);
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the role makegood_tenant is missing'
      USING HINT = format(
        'As a superuser: CREATE ROLE makegood_tenant NOLOGIN; GRANT makegood_tenant TO %I', current_user);
END $$;

CREATE FUNCTION tenant_here() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT current_setting('makegood.tenant', true)
$$;

-- Looks the order up as whoever asks, so through the order's own policy. In PL/pgSQL, because a
-- subquery in a policy may be planned as a scan of all the tenant's orders.
CREATE FUNCTION is_ours(p_order text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM "order" WHERE id = p_order AND tenant_id = tenant_here());
END $$;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['product', 'stock', 'order', 'idempotency_claim'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO makegood_tenant USING (tenant_id = tenant_here())', name);
  END LOOP;
  FOREACH name IN ARRAY
    ARRAY['order_line', 'order_event', 'payment', 'shipment', 'refund', 'refund_line'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO makegood_tenant USING (is_ours(order_id))', name);
  END LOOP;
END $$;

-- What requests do, and no more: they never change a price, a status or a stock.
GRANT SELECT ON product, stock, "order", idempotency_claim, order_line, order_event, payment,
  shipment, refund, refund_line TO makegood_tenant;
GRANT INSERT ON "order", idempotency_claim, order_line, order_event, refund, refund_line
  TO makegood_tenant;
GRANT UPDATE (gate, reason, last_sequence) ON "order" TO makegood_tenant;
GRANT UPDATE (refund_id) ON order_event TO makegood_tenant;

-- Who a request speaks for is asked before it has a tenant, and by its key's ID alone: the table of
-- keys itself is closed to requests.
CREATE FUNCTION find_key(p_id text) RETURNS TABLE (tenant_id text, secret_hash bytea, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT k.tenant_id, k.secret_hash, k.scopes FROM api_key k WHERE k.id = p_id AND is_live(k)
$$;

-- Down Migration

DROP FUNCTION find_key;
DO $$
DECLARE
  p pg_policies;
BEGIN
  FOR p IN SELECT * FROM pg_policies WHERE policyname = 'tenant' LOOP
    EXECUTE format('DROP POLICY tenant ON %I', p.tablename);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', p.tablename);
  END LOOP;
END $$;
DROP FUNCTION is_ours, tenant_here;
DROP OWNED BY makegood_tenant;
DROP FUNCTION rotate_key, is_live;
ALTER TABLE api_key DROP COLUMN expires_at, DROP COLUMN replaced_by, DROP COLUMN last_used_at;
