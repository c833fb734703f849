-- Up Migration

-- What an order's events and a tenant's orders are read by.

-- As everybody is told it, without links (which follow from the IDs).
CREATE FUNCTION event_json(e order_event) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('id', e.id, 'type', e.type, 'orderId', e.order_id,
    'refundId', e.refund_id, 'sequence', e.sequence, 'occurredAt', iso(e.occurred_at)))
    || jsonb_build_object('data', e.data)
$$;

-- Nothing is under way from which another event could come. A refund that somebody asks for later
-- begins anew.
CREATE FUNCTION is_at_rest(o "order") RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT has_ended(o.status)
    AND NOT EXISTS (SELECT FROM refund WHERE order_id = o.id AND state = 'requested')
$$;

CREATE FUNCTION is_last_event(e order_event) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT e.sequence = o.last_sequence AND is_at_rest(o) FROM "order" o WHERE o.id = e.order_id
$$;

-- In the order of their sequence; NULL when this tenant has no such order.
CREATE FUNCTION list_events(p_tenant text, p_order text, p_after integer, p_limit integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT (
    SELECT coalesce(jsonb_agg(event_json(page::order_event) ORDER BY sequence), '[]')
    FROM (
      SELECT * FROM order_event WHERE order_id = o.id AND sequence > p_after
      ORDER BY sequence LIMIT p_limit
    ) page)
  FROM "order" o WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;

-- Where a stream begins: after the event that its client saw last. Another order's event is as
-- unknown as one that never was.
CREATE FUNCTION open_events(p_tenant text, p_order text, p_last_event text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p_last_event IS NOT NULL AND e.id IS NULL
      THEN jsonb_build_object('state', 'unknown-event')
    WHEN e.sequence = o.last_sequence AND is_at_rest(o) THEN jsonb_build_object('state', 'over')
    ELSE jsonb_build_object('state', 'open', 'after', coalesce(e.sequence, 0))
  END
  FROM "order" o LEFT JOIN order_event e ON e.id = p_last_event AND e.order_id = o.id
  WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;

-- 'accepted' until the order has ended, then its status. It stands for the status in the index,
-- because status in there would make every step of every order write to all indexes of the table
-- (see 0006). The few that have not ended are looked through.
ALTER TABLE "order" ADD COLUMN phase order_status NOT NULL
  GENERATED ALWAYS AS (CASE WHEN has_ended(status) THEN status ELSE 'accepted' END) STORED;

-- Newest first by the database's clock; the IDs carry that of an API process.
DROP INDEX order_newest;
CREATE INDEX order_listed ON "order" (tenant_id, created_at DESC, id DESC);
CREATE INDEX order_listed_by_phase ON "order" (tenant_id, phase, created_at DESC, id DESC);
CREATE INDEX order_needing_operator ON "order" (tenant_id, created_at DESC, id DESC)
  WHERE needs_operator;

-- Down Migration

DROP INDEX order_needing_operator, order_listed_by_phase, order_listed;
CREATE INDEX order_newest ON "order" (tenant_id, id DESC);
ALTER TABLE "order" DROP COLUMN phase;
DROP FUNCTION open_events, list_events, is_last_event, is_at_rest, event_json;
