-- Up Migration

-- Vouchers: codes that make an order cheaper, each for so many orders and no more. A use is taken by a
-- step of the checkout and given back by its undo, as goods are. One that is taken counts as used: it is
-- final when the order is, so the pivot has nothing to write about it.

CREATE TABLE voucher (
  tenant_id      text NOT NULL REFERENCES tenant,
  -- In capitals: who types it need not care.
  code           text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{0,39}$'),
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_off     bigint CHECK (amount_off > 0),
  percent_off    integer CHECK (percent_off BETWEEN 1 AND 99),
  -- Of the order, before anything is taken off.
  minimum_amount bigint NOT NULL DEFAULT 0 CHECK (minimum_amount >= 0),
  valid_from     timestamptz NOT NULL DEFAULT now(),
  valid_until    timestamptz,
  uses           integer NOT NULL CHECK (uses >= 0),
  taken          integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, code),
  CONSTRAINT voucher_takes_off_one_or_the_other CHECK (num_nonnulls(amount_off, percent_off) = 1),
  CONSTRAINT voucher_is_not_overused CHECK (taken BETWEEN 0 AND uses)
);

-- Ends only through its saga: held for good, or given back.
CREATE TABLE voucher_use (
  order_id  text PRIMARY KEY REFERENCES "order",
  tenant_id text NOT NULL,
  code      text NOT NULL,
  state     text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'given back')),
  FOREIGN KEY (tenant_id, code) REFERENCES voucher
);

-- What was granted when the order was placed. Not validated, because that would read every order while
-- all of them wait; those that are there have no voucher, and new ones are checked.
ALTER TABLE "order"
  ADD COLUMN voucher_code text,
  ADD COLUMN discount bigint,
  ADD CONSTRAINT order_discount_check
    CHECK (CASE WHEN voucher_code IS NULL THEN discount IS NULL ELSE discount > 0 END) NOT VALID;

-- What a refunded line came to; NULL of those before, which came to their price.
ALTER TABLE refund_line ADD COLUMN amount bigint;

ALTER TABLE voucher ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON voucher TO makegood_tenant USING (tenant_id = tenant_here());
GRANT SELECT ON voucher TO makegood_tenant;
-- Requests have no business with it.
ALTER TABLE voucher_use ENABLE ROW LEVEL SECURITY;

INSERT INTO step_choice (step, direction, action, refusal) VALUES
  ('redeem voucher', 'do', 'retry', NULL),
  ('redeem voucher', 'do', 'refuse', 'voucher-exhausted'),
  ('redeem voucher', 'undo', 'retry', NULL),
  ('redeem voucher', 'undo', 'skip', NULL),
  ('return voucher', 'do', 'retry', NULL),
  ('return voucher', 'do', 'skip', NULL);

-- ----------------------------------------------------------------------------- redeem voucher --

-- The row's own lock puts those who want the last use in a line, and its count is read behind it.
CREATE FUNCTION redeem_voucher(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_or_unwinding(o, 'redeem voucher');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  UPDATE voucher SET taken = taken + 1
  WHERE tenant_id = o.tenant_id AND code = o.voucher_code AND taken < uses;
  IF NOT FOUND THEN
    RETURN record_refusal(p_id, 'redeem voucher', 'voucher-exhausted', 'The voucher has no use left.');
  END IF;
  INSERT INTO voucher_use (order_id, tenant_id, code) VALUES (p_id, o.tenant_id, o.voucher_code);
  RETURN record_ok(p_id, 'redeem voucher');
END $$;

CREATE FUNCTION release_voucher_use(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE voucher v SET taken = taken - 1 FROM voucher_use u
  WHERE u.order_id = p_id AND u.state = 'held' AND v.tenant_id = u.tenant_id AND v.code = u.code;
  UPDATE voucher_use SET state = 'given back' WHERE order_id = p_id AND state = 'held';
END $$;

CREATE FUNCTION give_voucher_back(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded(p_id, 'redeem voucher', 'undo');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM require_gate(o, 'unwinding');
  PERFORM leave_tombstone(p_id, 'redeem voucher');
  PERFORM release_voucher_use(p_id);
  RETURN record(p_id, 'redeem voucher', 'undo', '{"ok": {}}');
END $$;

-- Made good: neither goods nor money changed hands, so the voucher is as good as new.
CREATE FUNCTION return_voucher(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  answer jsonb := recorded_if_refused(o, 'return voucher');
BEGIN
  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
  PERFORM release_voucher_use(p_id);
  RETURN record_ok(p_id, 'return voucher');
END $$;

-- As before, and with no use of a voucher still taken.
CREATE OR REPLACE FUNCTION close_order(p_id text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order" := lock_order(p_id);
  ending order_status := unhappy_end(o);
BEGIN
  IF o.status <> ending THEN
    IF o.voucher_code IS NOT NULL
        AND NOT was_decided_by_hand(p_id, 'redeem voucher', 'undo')
        AND NOT was_decided_by_hand(p_id, 'return voucher', 'do')
        AND EXISTS (SELECT FROM voucher_use WHERE order_id = p_id AND state = 'held') THEN
      RAISE EXCEPTION 'bug: order % would end with its voucher still taken', p_id;
    END IF;
    IF NOT was_decided_by_hand(p_id, 'reserve stock', 'undo')
        AND NOT was_decided_by_hand(p_id, 'restock', 'do')
        AND EXISTS (SELECT FROM reservation WHERE order_id = p_id AND state IN ('held', 'sold')) THEN
      RAISE EXCEPTION 'bug: order % would end with goods still taken', p_id;
    END IF;
    IF NOT was_decided_by_hand(p_id, 'authorize payment', 'undo')
        AND NOT was_decided_by_hand(p_id, 'refund payment', 'do')
        AND EXISTS (SELECT FROM payment WHERE order_id = p_id
          AND (state = 'authorized' OR captured <> refunded
            -- An intent that we know of may hold money that nobody wrote down: only its void ends it.
            OR o.gate = 'unwinding' AND intent_id IS NOT NULL AND state <> 'voided')) THEN
      RAISE EXCEPTION 'bug: order % would end with money still taken', p_id;
    END IF;
    PERFORM move_order(p_id, ending);
    -- Who skips a refund tells the customer: the letter would say that the money is on its way back.
    IF NOT EXISTS (SELECT FROM payment WHERE order_id = p_id AND captured <> refunded) THEN
      INSERT INTO mail_outbox (message_id, order_id, kind)
      VALUES ('<' || p_id || '.' || ending || '@makegood>', p_id, ending::text);
    END IF;
  END IF;
  RETURN jsonb_build_object('status', ending, 'reason', o.reason);
END $$;

-- As before, and with its voucher: what can only go forward needs that as much as its goods.
CREATE OR REPLACE FUNCTION commit_captured(p_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o "order";
  committed text[] := '{}';
BEGIN
  FOR o IN
    SELECT * FROM "order" WHERE id = ANY (p_ids) AND gate = 'forward' ORDER BY id FOR UPDATE
  LOOP
    CONTINUE WHEN o.voucher_code IS NOT NULL AND redeem_voucher(o.id) ->> 'state' <> 'done';
    IF reserve_stock(o.id) ->> 'state' = 'done' THEN
      UPDATE "order" SET gate = 'committing' WHERE id = o.id AND gate = 'forward';
      committed := committed || o.id;
    END IF;
  END LOOP;
  RETURN to_jsonb(committed);
END $$;

-- ---------------------------------------------------------------------------- place an order --

-- What the code takes off this amount, or why nothing. Whether a use is left is advisory, as the stock
-- is: the step decides. A code that does not count yet is one that nobody has heard of.
CREATE FUNCTION price_voucher(p_tenant text, p_code text, p_amount bigint, p_currency text)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  v voucher;
  discount bigint;
BEGIN
  SELECT * INTO v FROM voucher
  WHERE tenant_id = p_tenant AND code = upper(p_code) AND valid_from <= now();
  -- Rounded down: what is promised is never more than the percentage.
  discount := coalesce(v.amount_off, floor(p_amount::numeric * v.percent_off / 100)::bigint);
  RETURN CASE
    WHEN v.code IS NULL THEN jsonb_build_object('state', 'unknown-voucher')
    WHEN v.valid_until <= now()
      THEN jsonb_build_object('state', 'voucher-not-applicable', 'why', 'expired')
    WHEN v.currency <> p_currency
      THEN jsonb_build_object('state', 'voucher-not-applicable', 'why', 'other-currency')
    WHEN p_amount < v.minimum_amount OR discount = 0
      THEN jsonb_build_object('state', 'voucher-not-applicable', 'why', 'amount-too-small')
    WHEN discount >= p_amount
      THEN jsonb_build_object('state', 'voucher-not-applicable', 'why', 'nothing-to-pay')
    ELSE jsonb_build_object('state', 'priced', 'code', v.code, 'discount', discount,
      'isExhausted', v.taken >= v.uses)
  END;
END $$;

-- As before, less what a voucher takes off.
CREATE OR REPLACE FUNCTION price_order(p_tenant text, p_order jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  unknown jsonb;
  sold_out jsonb;
  currencies integer;
  priced jsonb;
  total bigint;
  v_currency text;
  voucher jsonb;
  amount jsonb;
BEGIN
  SELECT jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.unit_price IS NULL),
    jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available < l.quantity),
    count(DISTINCT l.currency),
    jsonb_agg(jsonb_build_object(
      'sku', l.sku, 'quantity', l.quantity, 'unit_price', l.unit_price)),
    sum(l.unit_price * l.quantity)::bigint, min(l.currency)
  INTO unknown, sold_out, currencies, priced, total, v_currency
  FROM price_lines(p_tenant, p_order -> 'lines') l;
  IF p_order ? 'voucherCode' THEN
    voucher := price_voucher(p_tenant, p_order ->> 'voucherCode', total, v_currency);
    total := total - (voucher ->> 'discount')::bigint;
  END IF;
  amount := money(total, v_currency);
  RETURN CASE
    WHEN unknown IS NOT NULL THEN jsonb_build_object('state', 'unknown-sku', 'skus', unknown)
    WHEN currencies > 1 THEN jsonb_build_object('state', 'mixed-currencies')
    WHEN voucher ->> 'state' <> 'priced' THEN voucher
    WHEN p_order -> 'expectedAmount' <> amount
      THEN jsonb_build_object('state', 'price-changed', 'amount', amount)
    WHEN (voucher ->> 'isExhausted')::boolean THEN jsonb_build_object('state', 'voucher-exhausted')
    WHEN sold_out IS NOT NULL THEN jsonb_build_object('state', 'sold-out', 'skus', sold_out)
    ELSE jsonb_build_object('state', 'priced', 'amount', amount, 'lines', priced, 'voucher', voucher)
  END;
END $$;

CREATE OR REPLACE FUNCTION insert_order(p_tenant text, p_order jsonb, p_priced jsonb) RETURNS "order"
LANGUAGE plpgsql AS $$
DECLARE
  o "order";
BEGIN
  INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
    customer_name, customer_email, shipping_address, metadata, voucher_code, discount)
  VALUES (p_order ->> 'id', p_tenant, p_order ->> 'requestId',
    (p_priced -> 'amount' ->> 'value')::bigint, p_priced -> 'amount' ->> 'currency',
    p_order ->> 'paymentMethod', p_order -> 'customer' ->> 'name',
    p_order -> 'customer' ->> 'email', p_order -> 'shippingAddress',
    coalesce(p_order -> 'metadata', '{}'),
    p_priced -> 'voucher' ->> 'code', (p_priced -> 'voucher' ->> 'discount')::bigint)
  RETURNING * INTO o;
  INSERT INTO order_line (order_id, sku, quantity, unit_price)
  SELECT o.id, l.sku, l.quantity, l.unit_price
  FROM jsonb_to_recordset(p_priced -> 'lines') AS l(sku text, quantity integer, unit_price bigint);
  PERFORM append_event(o.id, 'order.accepted');
  RETURN o;
END $$;

-- As before. The run learns that there is a voucher, and not which: a code is worth money, and may name
-- whom it was given to.
CREATE OR REPLACE FUNCTION order_facts(o "order") RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', o.id, 'tenantId', o.tenant_id, 'requestId', o.request_id,
      'amountMinor', o.amount::text, 'currency', o.currency, 'createdAt', iso(o.created_at),
      'lines', order_lines(o.id))
    || CASE WHEN o.voucher_code IS NULL THEN '{}'::jsonb ELSE '{"hasVoucher": true}' END
$$;

CREATE OR REPLACE FUNCTION order_snapshot(p_id text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'id', o.id,
    'status', o.status,
    'reason', CASE WHEN o.status IN ('rejected', 'cancelled', 'refunded') THEN o.reason END,
    'amount', money(o.amount, o.currency),
    'voucher', CASE WHEN o.voucher_code IS NOT NULL
      THEN jsonb_build_object('code', o.voucher_code, 'discount', money(o.discount, o.currency)) END,
    'lines', (
      SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity,
        'unitPrice', money(l.unit_price, o.currency)) ORDER BY l.sku)
      FROM order_line l WHERE l.order_id = o.id),
    'payment', jsonb_build_object(
      'authorized', coalesce(p.authorized - p.voided, 0)::text,
      'captured', coalesce(p.captured, 0)::text,
      'refunded', coalesce(p.refunded, 0)::text),
    'shipment', CASE WHEN s.order_id IS NOT NULL
      THEN jsonb_build_object('trackingNumber', s.tracking_number) END,
    'needsOperator', o.needs_operator,
    'metadata', o.metadata,
    'createdAt', iso(o.created_at),
    'updatedAt', iso(o.updated_at)))
  FROM "order" o
  LEFT JOIN payment p ON p.order_id = o.id
  LEFT JOIN shipment s ON s.order_id = o.id
  WHERE o.id = p_id
$$;

-- ---------------------------------------------------------------------------- refund by lines --

-- What so many units of a line were paid with. A discount is spread over the lines by their price, and
-- over a line's units: each sum of parts is rounded down, so that all parts together are the amount, to
-- the minor unit. Without a discount it is the price. In an order of SKUs that no upgrade changes.
CREATE FUNCTION paid_for(o "order", p_sku text, p_units bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT floor((floor(o.amount * upto / total) - floor(o.amount * (upto - own) / total))
    * p_units / quantity)::bigint
  FROM (
    SELECT sku, quantity, quantity::numeric * unit_price AS own,
      sum(quantity::numeric * unit_price) OVER (ORDER BY sku COLLATE "C") AS upto,
      sum(quantity::numeric * unit_price) OVER () AS total
    FROM order_line WHERE order_id = o.id) line
  WHERE sku = p_sku
$$;

-- What the next units of a line are refunded with: all that was paid for those that are back then, less
-- what came of those before. So the parts add up in whichever order they are asked for.
CREATE FUNCTION refund_of_line(o "order", p_sku text, p_units bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT paid_for(o, p_sku, p_units + before.units) - before.amount
  FROM (
    SELECT coalesce(sum(t.quantity), 0)::bigint AS units,
      coalesce(sum(coalesce(t.amount, t.quantity * l.unit_price)), 0)::bigint AS amount
    FROM refund_line t JOIN order_line l USING (order_id, sku) JOIN refund r ON r.id = t.refund_id
    WHERE t.order_id = o.id AND t.sku = p_sku AND r.state <> 'failed') before
$$;

-- As before, save for what lines come to. Units that cost less than a minor unit are no refund.
CREATE OR REPLACE FUNCTION price_refund(o "order", p_refund jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  rest bigint := refundable(o.id);
  wanted bigint := coalesce((p_refund -> 'amount' ->> 'value')::bigint, rest);
  unknown jsonb;
  exceeding jsonb;
BEGIN
  IF p_refund ? 'lines' THEN
    SELECT jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available IS NULL),
      jsonb_agg(l.sku ORDER BY l.sku) FILTER (WHERE l.available < l.quantity),
      sum(refund_of_line(o, l.sku, l.quantity))
    INTO unknown, exceeding, wanted
    FROM refund_lines(o.id, p_refund -> 'lines') l;
  END IF;
  RETURN CASE
    WHEN o.status IN ('accepted', 'reserved', 'authorized', 'paid', 'shipped')
      THEN jsonb_build_object('state', 'in-progress')
    WHEN unknown IS NOT NULL THEN jsonb_build_object('state', 'unknown-sku', 'skus', unknown)
    WHEN p_refund -> 'amount' ->> 'currency' <> o.currency
      THEN jsonb_build_object('state', 'wrong-currency')
    WHEN wanted > rest OR rest = 0 OR wanted <= 0
      THEN jsonb_build_object('state', 'exceeds-captured', 'refundable', money(rest, o.currency))
    WHEN exceeding IS NOT NULL
      THEN jsonb_build_object('state', 'exceeds-lines', 'skus', exceeding)
    ELSE jsonb_build_object('state', 'priced', 'amount', wanted)
  END;
END $$;

CREATE OR REPLACE FUNCTION insert_refund(p_order text, p_refund jsonb, p_amount bigint) RETURNS refund
LANGUAGE plpgsql AS $$
DECLARE
  r refund;
BEGIN
  INSERT INTO refund (id, order_id, amount, request_id, restock)
  VALUES (p_refund ->> 'id', p_order, p_amount, p_refund ->> 'requestId',
    coalesce((p_refund ->> 'restock')::boolean, false))
  RETURNING * INTO r;
  INSERT INTO refund_line (refund_id, order_id, sku, quantity, amount)
  SELECT r.id, p_order, l.sku, l.quantity, refund_of_line(o, l.sku, l.quantity)
  FROM refund_lines(p_order, p_refund -> 'lines') l, "order" o WHERE o.id = p_order;
  PERFORM append_refund_event(r, 'refund.requested');
  RETURN r;
END $$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what vouchers have taken off would be lost';
END $$;
