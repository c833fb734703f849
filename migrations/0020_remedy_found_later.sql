-- Up Migration

-- As before, save that what was for people may become the book's to settle: a refund made by hand is booked
-- once its order has completed. What was tried and could not be settled stays for people.
CREATE OR REPLACE FUNCTION record_check(
  p_intent text, p_named text, p_lent_until timestamptz, p_ours jsonb, p_findings jsonb,
  p_standing text, p_again interval
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  f record;
  new_id text;
  news jsonb := '[]';
BEGIN
  -- In a statement of its own, so that what is read afterwards is newer than what it waited for.
  PERFORM FROM "order" WHERE id = p_ours -> 'order' ->> 'id' FOR UPDATE;
  IF our_payment(p_intent, p_named) IS DISTINCT FROM p_ours THEN
    UPDATE payment_check SET due_at = clock_timestamp(), named_order = coalesce(p_named, named_order)
    WHERE intent_id = p_intent;
    RETURN jsonb_build_object('state', 'moved');
  END IF;
  FOR f IN
    SELECT * FROM jsonb_to_recordset(p_findings) AS given(subject text, kind text, ours jsonb,
      gateway jsonb, detail text, remedy text, "namedOrder" text)
  LOOP
    -- Who has explained it has explained this, and not what has come of it since.
    UPDATE reconciliation_difference SET settled_at = clock_timestamp()
    WHERE subject = f.subject AND settled_at IS NULL AND state = 'explained'
      AND (ours, gateways) IS DISTINCT FROM (f.ours, f.gateway);
    new_id := NULL;
    INSERT INTO reconciliation_difference (subject, kind, state, order_id, named_order, intent_id,
      ours, gateways, detail, remedy)
    VALUES (f.subject, f.kind, CASE WHEN f.remedy IS NULL THEN 'open' ELSE 'settling' END,
      p_ours -> 'order' ->> 'id', f."namedOrder", p_intent, f.ours, f.gateway, f.detail, f.remedy)
    ON CONFLICT (subject) WHERE settled_at IS NULL DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NOT NULL THEN
      news := news || jsonb_build_object('id', new_id, 'kind', f.kind, 'detail', f.detail);
      IF f.kind = 'invariant-broken' THEN
        PERFORM halt_captures('reconciler', f.detail);
      END IF;
    ELSE
      UPDATE reconciliation_difference SET ours = f.ours, gateways = f.gateway, detail = f.detail,
        remedy = CASE WHEN trouble IS NULL THEN f.remedy END,
        state = CASE WHEN trouble IS NULL AND f.remedy IS NOT NULL THEN 'settling' ELSE state END
      WHERE subject = f.subject AND settled_at IS NULL AND state = 'open'
        AND ((ours, gateways, detail) IS DISTINCT FROM (f.ours, f.gateway, f.detail)
          OR trouble IS NULL AND f.remedy IS NOT NULL);
    END IF;
  END LOOP;
  UPDATE reconciliation_difference SET settled_at = clock_timestamp(), trouble = NULL,
    state = CASE state WHEN 'explained' THEN state ELSE 'settled' END
  WHERE intent_id = p_intent AND settled_at IS NULL AND NOT subject IN (
    SELECT one ->> 'subject' FROM jsonb_array_elements(p_findings) one);
  UPDATE payment_check SET checked_at = clock_timestamp(), agreed = p_standing,
    named_order = coalesce(p_named, named_order),
    due_at = CASE WHEN due_at = p_lent_until THEN clock_timestamp() + p_again ELSE due_at END
  WHERE intent_id = p_intent;
  RETURN jsonb_build_object('state', 'recorded', 'news', news);
END $$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: what was settled would be lost';
END $$;
