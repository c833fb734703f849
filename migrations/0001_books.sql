-- Up Migration

-- The books: PostgreSQL is the system of record for stock, money and orders.
-- IDs are the ones people see (ord_…, evt_…): one name in the API, the workflow, the gateway's
-- metadata and here. Money is a bigint of minor units. Nothing is deleted; states move on.

CREATE TABLE tenant (
  id         text PRIMARY KEY CHECK (id LIKE 'ten\_%'),
  name       text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_key (
  id          text PRIMARY KEY,
  tenant_id   text NOT NULL REFERENCES tenant,
  -- SHA-256 of the secret part; the secret itself is shown once and kept nowhere.
  secret_hash bytea NOT NULL,
  scopes      text[] NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz
);

CREATE TABLE product (
  tenant_id  text NOT NULL REFERENCES tenant,
  sku        text NOT NULL,
  name       text NOT NULL,
  unit_price bigint NOT NULL CHECK (unit_price > 0),
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  PRIMARY KEY (tenant_id, sku)
);

CREATE TABLE stock (
  tenant_id text NOT NULL,
  sku       text NOT NULL,
  available integer NOT NULL CHECK (available >= 0),
  reserved  integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  sold      integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
  PRIMARY KEY (tenant_id, sku),
  FOREIGN KEY (tenant_id, sku) REFERENCES product
);

CREATE TYPE order_status AS ENUM (
  'accepted', 'reserved', 'authorized', 'paid', 'shipped', 'completed',
  'rejected', 'cancelled', 'refunded'
);
CREATE TYPE order_gate AS ENUM ('forward', 'committing', 'committed', 'unwinding');

-- The legal moves, as src/domain/order.ts has them; a test compares the two.
CREATE TABLE order_status_move (
  from_status order_status NOT NULL,
  to_status   order_status NOT NULL,
  PRIMARY KEY (from_status, to_status)
);
INSERT INTO order_status_move VALUES
  ('accepted', 'reserved'), ('accepted', 'rejected'), ('accepted', 'cancelled'),
  ('reserved', 'authorized'), ('reserved', 'rejected'), ('reserved', 'cancelled'),
  ('authorized', 'paid'), ('authorized', 'rejected'), ('authorized', 'cancelled'),
  ('paid', 'shipped'), ('paid', 'refunded'),
  ('shipped', 'completed'), ('shipped', 'refunded'),
  ('completed', 'refunded');

CREATE TABLE "order" (
  id               text PRIMARY KEY CHECK (id LIKE 'ord\_%'),
  tenant_id        text NOT NULL REFERENCES tenant,
  status           order_status NOT NULL DEFAULT 'accepted',
  gate             order_gate NOT NULL DEFAULT 'forward',
  -- Why it did not complete. Written once, by whoever moves the gate to unwinding or makes good.
  reason           text,
  needs_operator   boolean NOT NULL DEFAULT false,
  amount           bigint NOT NULL CHECK (amount > 0),
  currency         text NOT NULL,
  payment_method   text NOT NULL,
  -- Personal data lives in these three columns and nowhere else.
  customer_name    text NOT NULL,
  customer_email   text NOT NULL,
  shipping_address jsonb NOT NULL,
  metadata         jsonb NOT NULL DEFAULT '{}',
  -- The request that placed it; follows the order to the gateway's metadata.
  request_id       text NOT NULL,
  -- The last event's sequence; events have no gaps because this row is locked when one is written.
  last_sequence    integer NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  -- NULL until a run is known to exist: the starter's work list.
  run_started_at   timestamptz,
  start_tried_at   timestamptz
);
CREATE INDEX order_unstarted ON "order" (created_at) WHERE run_started_at IS NULL;
CREATE INDEX order_newest ON "order" (tenant_id, id DESC);

CREATE TABLE order_line (
  order_id   text NOT NULL REFERENCES "order",
  sku        text NOT NULL,
  quantity   integer NOT NULL CHECK (quantity > 0),
  unit_price bigint NOT NULL,
  PRIMARY KEY (order_id, sku)
);

-- Ends only through its saga: held, then sold or released; sold, then restocked.
CREATE TABLE reservation (
  order_id  text NOT NULL,
  sku       text NOT NULL,
  tenant_id text NOT NULL,
  quantity  integer NOT NULL CHECK (quantity > 0),
  state     text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'released', 'sold', 'restocked')),
  PRIMARY KEY (order_id, sku),
  FOREIGN KEY (order_id, sku) REFERENCES order_line,
  FOREIGN KEY (tenant_id, sku) REFERENCES stock
);

-- One order per (tenant, Idempotency-Key), for ever. Only hashes of what the client sent.
CREATE TABLE idempotency_claim (
  tenant_id   text NOT NULL REFERENCES tenant,
  -- Method and path with its IDs: a key is scoped to the route it was used on.
  route       text NOT NULL,
  key_hash    bytea NOT NULL,
  fingerprint bytea NOT NULL,
  order_id    text NOT NULL REFERENCES "order",
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, route, key_hash)
);

-- What each step and undo of a saga answered. A row means: decided, and this is the answer.
CREATE TABLE barrier (
  saga_id    text NOT NULL,
  step       text NOT NULL,
  direction  text NOT NULL CHECK (direction IN ('do', 'undo')),
  -- {"ok": {…}} or {"refused": {"code": …, "detail": …}}
  result     jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (saga_id, step, direction)
);

CREATE TABLE payment (
  order_id   text PRIMARY KEY REFERENCES "order",
  -- Like pi_123; NULL until we have one. Committed before it is confirmed: no money moves before.
  intent_id  text UNIQUE,
  -- Counts attempts at the gateway; grows only after the one before is proven dead.
  n          integer NOT NULL DEFAULT 1,
  state      text NOT NULL DEFAULT 'created'
             CHECK (state IN ('created', 'authorized', 'declined', 'captured', 'voided')),
  authorized bigint NOT NULL DEFAULT 0 CHECK (authorized >= 0),
  captured   bigint NOT NULL DEFAULT 0 CHECK (captured >= 0 AND captured <= authorized),
  voided     bigint NOT NULL DEFAULT 0 CHECK (voided >= 0 AND captured + voided <= authorized),
  refunded   bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= captured)
);

-- Append-only: a "requested" entry before every gateway call that may move money, then its answer.
CREATE TABLE payment_entry (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id    text NOT NULL REFERENCES "order",
  operation   text NOT NULL CHECK (operation IN ('create', 'confirm', 'capture', 'cancel', 'refund')),
  n           integer NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('requested', 'answered')),
  gateway_id  text,
  -- What the gateway said the intent or refund is now, e.g. requires_capture.
  outcome     text,
  authorized  bigint NOT NULL DEFAULT 0,
  captured    bigint NOT NULL DEFAULT 0,
  voided      bigint NOT NULL DEFAULT 0,
  refunded    bigint NOT NULL DEFAULT 0,
  occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payment_entry_by_order ON payment_entry (order_id, operation, n);

CREATE FUNCTION payment_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'payment_entry is append-only';
END $$;
CREATE TRIGGER payment_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_entry
  FOR EACH STATEMENT EXECUTE FUNCTION payment_entry_is_append_only();

CREATE TABLE refund (
  id           text PRIMARY KEY,
  order_id     text NOT NULL REFERENCES "order",
  amount       bigint NOT NULL CHECK (amount > 0),
  state        text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'succeeded')),
  gateway_id   text UNIQUE,
  requested_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shipment (
  order_id        text PRIMARY KEY REFERENCES "order",
  tracking_number text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
);

-- Per-order sequence from 1 without gaps; `data` is the order as GET shows it at that moment.
CREATE TABLE order_event (
  order_id    text NOT NULL REFERENCES "order",
  sequence    integer NOT NULL,
  id          text NOT NULL UNIQUE,
  type        text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  data        jsonb NOT NULL,
  PRIMARY KEY (order_id, sequence)
);

-- Written with the status it speaks of; sent by a lease loop, at least once.
CREATE TABLE mail_outbox (
  message_id text PRIMARY KEY,
  order_id   text NOT NULL REFERENCES "order",
  kind       text NOT NULL CHECK (kind IN ('rejected', 'cancelled', 'refunded')),
  created_at timestamptz NOT NULL DEFAULT now(),
  next_at    timestamptz NOT NULL DEFAULT now(),
  sent_at    timestamptz
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_at) WHERE sent_at IS NULL;

-- Down Migration

DROP TABLE mail_outbox, order_event, shipment, refund, payment_entry, payment, barrier,
  idempotency_claim, reservation, order_line, "order", order_status_move, stock, product, api_key,
  tenant;
DROP FUNCTION payment_entry_is_append_only;
DROP TYPE order_status;
DROP TYPE order_gate;
