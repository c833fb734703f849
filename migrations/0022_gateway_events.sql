-- Up Migration

-- What the gateway has told us of its own accord. An event is a hint: that there is something to look at,
-- and where. No amount and no status is kept of it, so none can be taken from it.

-- Kept for ever, so that an event which is sent again after years is known: some 300 bytes each, three or
-- four to an order.
CREATE TABLE gateway_event (
  id           text PRIMARY KEY,
  type         text NOT NULL,
  -- Like pi_123 or re_123; NULL where the event is about neither payment nor refund.
  object_id    text,
  intent_id    text,
  -- What the payment says of itself; no book of ours need know either.
  named_order  text,
  installation text,
  created      timestamptz NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Ours, once it is looked for. No foreign key: its check would wait for, and hold up, the order's steps.
  order_id     text,
  -- When it is anybody's to handle; whoever takes it up moves it on, so it is tried again if that one dies.
  next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries        integer NOT NULL DEFAULT 0,
  handled_at   timestamptz,
  -- In words, for whoever asks what became of it.
  outcome      text,
  CONSTRAINT gateway_event_is_handled CHECK ((handled_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX gateway_event_due ON gateway_event (next_at) WHERE handled_at IS NULL;
CREATE INDEX gateway_event_by_intent ON gateway_event (intent_id);

-- One row for each, for ever; false for one that is known.
CREATE FUNCTION note_gateway_event(
  p_id text, p_type text, p_object text, p_intent text, p_named_order text, p_installation text,
  p_created timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gateway_event (id, type, object_id, intent_id, named_order, installation, created)
  VALUES (p_id, p_type, p_object, p_intent, p_named_order, p_installation, p_created)
  ON CONFLICT DO NOTHING;
  RETURN to_jsonb(FOUND);
END $$;

-- Whether our book has already what an event of this kind can tell of; each kind is of one move.
CREATE FUNCTION knows_of_event(e gateway_event, p payment) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(CASE e.type
    WHEN 'payment_intent.amount_capturable_updated' THEN p.authorized > 0
    WHEN 'payment_intent.succeeded' THEN p.captured > 0
    WHEN 'payment_intent.canceled'
      THEN p.state <> 'created' AND p.authorized = p.captured + p.voided
    WHEN 'payment_intent.payment_failed' THEN p.state <> 'created'
    WHEN 'refund.created' THEN EXISTS (SELECT FROM refund WHERE gateway_id = e.object_id)
    WHEN 'refund.updated' THEN EXISTS (
      SELECT FROM refund WHERE gateway_id = e.object_id AND state <> 'requested')
    WHEN 'refund.failed' THEN EXISTS (
      SELECT FROM refund WHERE gateway_id = e.object_id AND state <> 'requested')
  END, false)
$$;

-- Whether its run waits for just such news. No order does yet.
CREATE FUNCTION waits_for_payment(o "order", p payment) RETURNS boolean LANGUAGE sql STABLE AS
  'SELECT false';

-- What is to be done about an event, and about which order: an outcome, where there is nothing to do;
-- else `later`, `tell` its run, or `compare` the two books.
CREATE FUNCTION judge_gateway_event(e gateway_event, p_grace interval, OUT act text, OUT words text,
  OUT for_order text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  is_ours boolean := e.installation = installation_id();
  p payment;
  o "order";
BEGIN
  act := 'none';
  SELECT * INTO p FROM payment WHERE intent_id = e.intent_id;
  SELECT * INTO o FROM "order"
  WHERE id = coalesce(p.order_id, CASE WHEN is_ours THEN e.named_order END);
  for_order := o.id;
  IF e.intent_id IS NULL THEN
    words := 'is about no payment';
  ELSIF NOT is_ours AND p.order_id IS NULL THEN
    words := 'is about another installation’s payment';
  ELSIF p.order_id IS NULL AND is_ours IS NULL AND NOT EXISTS (
      SELECT FROM payment_check WHERE intent_id = e.intent_id) THEN
    words := 'is about nobody’s payment';
  ELSIF e.type NOT IN ('payment_intent.amount_capturable_updated', 'payment_intent.succeeded',
      'payment_intent.canceled', 'payment_intent.payment_failed', 'refund.created', 'refund.updated',
      'refund.failed', 'charge.refunded', 'charge.dispute.created', 'charge.dispute.closed') THEN
    words := 'moves no money';
  ELSIF knows_of_event(e, p) THEN
    words := 'was known';
  ELSIF waits_for_payment(o, p) THEN
    act := 'tell';
  ELSIF e.received_at > clock_timestamp() - p_grace THEN
    act := 'later';
  ELSIF o.id IS NOT NULL AND o.status NOT IN ('completed', 'rejected', 'cancelled', 'refunded') THEN
    act := 'tell';
  ELSE
    act := 'compare';
  END IF;
END $$;

-- Those longest due, each lent to the caller, longer each time: what is to be told or compared. The rest is
-- settled here. Younger than the grace, what an event tells of may be on its way into our book.
CREATE FUNCTION take_gateway_events(p_limit integer, p_grace interval) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  e gateway_event;
  j record;
  taken jsonb := '[]';
  settled jsonb := '[]';
  intents text[] := '{}';
BEGIN
  FOR e IN
    SELECT * FROM gateway_event WHERE handled_at IS NULL AND next_at <= clock_timestamp()
    ORDER BY next_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    j := judge_gateway_event(e, p_grace);
    IF j.act = 'none' THEN
      UPDATE gateway_event SET handled_at = clock_timestamp(), outcome = j.words,
        order_id = j.for_order
      WHERE id = e.id;
      settled := settled || jsonb_build_object('type', e.type, 'outcome', j.words);
    ELSIF j.act = 'later' THEN
      UPDATE gateway_event SET next_at = e.received_at + p_grace, order_id = j.for_order
      WHERE id = e.id;
    ELSE
      UPDATE gateway_event SET tries = e.tries + 1, order_id = j.for_order,
        next_at = clock_timestamp() + least(interval '5 s' * 2 ^ e.tries, interval '5 min')
      WHERE id = e.id;
      taken := taken || jsonb_build_object('id', e.id, 'type', e.type, 'act', j.act,
        'orderId', j.for_order);
      IF j.act = 'compare' THEN
        intents := intents || e.intent_id;
      END IF;
    END IF;
  END LOOP;
  -- By the reconciler, as any other payment of which there is news.
  INSERT INTO payment_check AS c (intent_id, named_order, due_at)
  SELECT intent_id, max(named_order), now() FROM gateway_event
  WHERE intent_id = ANY (intents) AND handled_at IS NULL
  GROUP BY intent_id ORDER BY intent_id
  ON CONFLICT (intent_id) DO UPDATE SET due_at = least(c.due_at, excluded.due_at),
    named_order = coalesce(excluded.named_order, c.named_order);
  RETURN jsonb_build_object('taken', taken, 'settled', settled);
END $$;

CREATE FUNCTION end_gateway_events(p_ids text[], p_outcome text) RETURNS void LANGUAGE sql AS $$
  UPDATE gateway_event SET handled_at = clock_timestamp(), outcome = p_outcome
  WHERE id = ANY (p_ids) AND handled_at IS NULL
$$;

-- Down Migration

DO $$ BEGIN
  RAISE EXCEPTION 'there is no way back: an event that is sent again would be taken for a new one';
END $$;
