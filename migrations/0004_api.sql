-- Up Migration

-- What the HTTP API asks of the books: one function, one round trip, one transaction per request.
-- Answers: {"state": …} and what that state has to tell.

-- A claim is written before the order it names; at the commit both are there, or neither.
ALTER TABLE idempotency_claim ALTER CONSTRAINT idempotency_claim_order_id_fkey
  DEFERRABLE INITIALLY DEFERRED;

-- What a checkout is started with, and what the answer to a POST is made of: nothing here changes.
CREATE FUNCTION order_facts(o "order") RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', o.id, 'tenantId', o.tenant_id, 'requestId', o.request_id,
    'amountMinor', o.amount::text, 'currency', o.currency, 'createdAt', iso(o.created_at),
    'lines', order_lines(o.id))
$$;

-- NULL while nobody holds the key. A mismatch never tells what the first body was.
CREATE FUNCTION answer_claim(p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN c.fingerprint <> p_fingerprint THEN jsonb_build_object('state', 'mismatched')
    ELSE jsonb_build_object('state', 'replayed', 'order', order_facts(o),
      'started', o.run_started_at IS NOT NULL)
  END
  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;

-- ---------------------------------------------------------------------------- place an order --

-- p_lines: [{"sku", "quantity"}]. The same SKU twice is one line.
CREATE FUNCTION price_lines(p_tenant text, p_lines jsonb)
RETURNS TABLE (sku text, quantity integer, unit_price bigint, currency text, available integer)
LANGUAGE sql STABLE AS $$
  SELECT l.sku, l.quantity, p.unit_price, p.currency, coalesce(s.available, 0)
  FROM (
    SELECT r.sku, sum(r.quantity)::integer AS quantity
    FROM jsonb_to_recordset(p_lines) AS r(sku text, quantity integer) GROUP BY r.sku
  ) l
  LEFT JOIN product p ON p.tenant_id = p_tenant AND p.sku = l.sku
  LEFT JOIN stock s ON s.tenant_id = p_tenant AND s.sku = l.sku
$$;

-- Prices the lines, or says why this order is not taken. Reads only: a refusal uses no key up.
-- The stock read is advisory: it spares a saga that would find nothing, the reservation decides.
CREATE FUNCTION price_order(p_tenant text, p_order jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  unknown jsonb;
  sold_out jsonb;
  currencies integer;
  priced jsonb;
  amount jsonb;
BEGIN
  SELECT jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.unit_price IS NULL),
    jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available < l.quantity),
    count(DISTINCT l.currency),
    jsonb_agg(jsonb_build_object(
      'sku', l.sku, 'quantity', l.quantity, 'unit_price', l.unit_price)),
    money(sum(l.unit_price * l.quantity)::bigint, min(l.currency))
  INTO unknown, sold_out, currencies, priced, amount
  FROM price_lines(p_tenant, p_order -> 'lines') l;
  RETURN CASE
    WHEN unknown IS NOT NULL THEN jsonb_build_object('state', 'unknown-sku', 'skus', unknown)
    WHEN currencies > 1 THEN jsonb_build_object('state', 'mixed-currencies')
    WHEN p_order -> 'expectedAmount' <> amount
      THEN jsonb_build_object('state', 'price-changed', 'amount', amount)
    WHEN sold_out IS NOT NULL THEN jsonb_build_object('state', 'sold-out', 'skus', sold_out)
    ELSE jsonb_build_object('state', 'priced', 'amount', amount, 'lines', priced)
  END;
END $$;

CREATE FUNCTION insert_order(p_tenant text, p_order jsonb, p_priced jsonb) RETURNS "order"
LANGUAGE plpgsql AS $$
DECLARE
  o "order";
BEGIN
  INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
    customer_name, customer_email, shipping_address, metadata)
  VALUES (p_order ->> 'id', p_tenant, p_order ->> 'requestId',
    (p_priced -> 'amount' ->> 'value')::bigint, p_priced -> 'amount' ->> 'currency',
    p_order ->> 'paymentMethod', p_order -> 'customer' ->> 'name',
    p_order -> 'customer' ->> 'email', p_order -> 'shippingAddress',
    coalesce(p_order -> 'metadata', '{}'))
  RETURNING * INTO o;
  INSERT INTO order_line (order_id, sku, quantity, unit_price)
  SELECT o.id, l.sku, l.quantity, l.unit_price
  FROM jsonb_to_recordset(p_priced -> 'lines') AS l(sku text, quantity integer, unit_price bigint);
  PERFORM append_event(o.id, 'order.accepted');
  RETURN o;
END $$;

-- Of many equal requests at once, one inserts the claim and the others wait for its commit. Whoever
-- lost, and whoever is about to be refused, looks again: a replay wins over everything.
CREATE FUNCTION place_order(
  p_tenant text, p_route text, p_key_hash bytea, p_fingerprint bytea, p_order jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  priced jsonb;
  o "order";
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  priced := price_order(p_tenant, p_order);
  IF priced ->> 'state' = 'priced' THEN
    INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id)
    VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_order ->> 'id')
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      o := insert_order(p_tenant, p_order, priced);
      RETURN jsonb_build_object('state', 'placed', 'order', order_facts(o));
    END IF;
  END IF;
  RETURN coalesce(answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint), priced);
END $$;

-- --------------------------------------------------------------------------- cancel an order --

-- The gate decides, here and now, also while no run is alive to hear of it. The row's lock puts
-- equal requests in a line, so the claim needs no second look. Too late is not remembered.
CREATE FUNCTION cancel_order(
  p_tenant text, p_id text, p_route text, p_key_hash bytea, p_fingerprint bytea
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  answer jsonb;
BEGIN
  SELECT * INTO o FROM "order" WHERE id = p_id AND tenant_id = p_tenant FOR UPDATE;
  answer := answer_claim(p_tenant, p_route, p_key_hash, p_fingerprint);
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  IF o.id IS NULL THEN
    RETURN jsonb_build_object('state', 'unknown');
  END IF;
  IF o.gate IN ('committing', 'committed') THEN
    RETURN jsonb_build_object('state', 'too-late');
  END IF;
  UPDATE "order" SET gate = 'unwinding', reason = 'cancelled' WHERE id = p_id AND gate = 'forward';
  INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id)
  VALUES (p_tenant, p_route, p_key_hash, p_fingerprint, p_id);
  RETURN jsonb_build_object('state', 'cancelled');
END $$;

-- -------------------------------------------------------------------------------- the starter --

-- Orders no run is known of, each lent to one starter for a grace: whoever died with it, or failed,
-- leaves it to the next. Least recently tried first, so that one bad order holds up no other.
CREATE FUNCTION lease_unstarted(p_grace interval, p_limit integer) RETURNS jsonb
LANGUAGE sql AS $$
  WITH leased AS (
    UPDATE "order" SET start_tried_at = clock_timestamp()
    WHERE id IN (
      SELECT id FROM "order"
      WHERE run_started_at IS NULL AND created_at < clock_timestamp() - p_grace
        AND (start_tried_at IS NULL OR start_tried_at < clock_timestamp() - p_grace)
      ORDER BY start_tried_at NULLS FIRST, created_at
      LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING "order".*
  )
  SELECT coalesce(jsonb_agg(order_facts(leased::"order")), '[]') FROM leased
$$;

CREATE FUNCTION stamp_started(p_ids text[]) RETURNS void LANGUAGE sql AS $$
  UPDATE "order" SET run_started_at = clock_timestamp()
  WHERE id = ANY (p_ids) AND run_started_at IS NULL
$$;

-- Down Migration

DROP FUNCTION stamp_started, lease_unstarted, cancel_order, place_order, insert_order, price_order,
  price_lines, answer_claim, order_facts;
ALTER TABLE idempotency_claim ALTER CONSTRAINT idempotency_claim_order_id_fkey NOT DEFERRABLE;
