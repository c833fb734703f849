/**
 * Orders made by set-based SQL, in the states that a shop of some age has: half a year of them, most ended,
 * the last few hundred under way, with all that each leaves in the other tables. No trigger runs, so what
 * the triggers see to (foreign keys, counts) is seen to here.
 */
import type pg from 'pg';

export interface Shop {
  readonly orders: number;
  readonly tenants: number;
  /** Of each order, and as many more SKUs as a tenant sells. */
  readonly lines: number;
  readonly skus: number;
  /** False: beside those that are there already, unseen by the planner. */
  readonly isOld?: boolean;
}

/** However many there are, so many are under way. */
const UNDER_WAY = 200;

/** `admin` is the superuser; leaves the tables vacuumed and analyzed. */
export async function fillShop(admin: pg.Client, shop: Shop): Promise<void> {
  await admin.query('SET session_replication_role = replica');
  if (shop.isOld !== false) await admin.query(tenantsOf(shop));
  await admin.query(ordersOf(shop));
  for (const statement of rowsOf(shop)) await admin.query(statement);
  await admin.query(PLACES);
  await admin.query('DROP TABLE made; RESET session_replication_role');
  if (shop.isOld !== false) await admin.query('VACUUM (ANALYZE)');
}

/** The tenant of this number; the first one has the order of this number as well. */
export function tenantId(n: number): string {
  return `ten_${String(n).padStart(6, '0')}`;
}

export function sku(n: number): string {
  return `SKU-${String(n).padStart(3, '0')}`;
}

function tenantsOf({ tenants, skus }: Shop): string {
  const tenant = `'ten_' || lpad(t::text, 6, '0')`;
  return `
    INSERT INTO tenant (id, name) SELECT ${tenant}, 'shop ' || t FROM generate_series(0, ${tenants - 1}) t;
    INSERT INTO api_key (id, tenant_id, secret_hash, scopes)
    SELECT 'key' || lpad(t::text, 6, '0'), ${tenant}, sha256(t::text::bytea), '{orders:read,orders:write}'
    FROM generate_series(0, ${tenants - 1}) t;
    INSERT INTO product (tenant_id, sku, name, unit_price, currency)
    SELECT ${tenant}, 'SKU-' || lpad(s::text, 3, '0'), 'A thing', 1000, 'EUR'
    FROM generate_series(0, ${tenants - 1}) t, generate_series(0, ${skus - 1}) s;
    INSERT INTO stock (tenant_id, sku, available) SELECT tenant_id, sku, 100000000 FROM product`;
}

// Numbers that those who were there before have not.
const YOUNGER = 10_000_000;

/** Of a hundred two are rejected and one made good; some were cancelled, but none of late. */
function ordersOf({ orders: count, tenants, isOld = true }: Shop): string {
  const [first, orders] = isOld ? [1, count] : [YOUNGER, YOUNGER + count];
  return `
    CREATE UNLOGGED TABLE made AS
    SELECT n, 'ord_' || lpad(n::text, 26, '0') AS id,
      'ten_' || lpad((n % ${tenants})::text, 6, '0') AS tenant_id,
      CASE WHEN n > ${orders - UNDER_WAY} THEN
          (ARRAY['accepted', 'reserved', 'authorized', 'paid', 'shipped'])[n % 5 + 1]
        WHEN n % 50 = 1 THEN 'rejected'
        WHEN n % 100 = 2 AND n < ${(first + orders) / 2} THEN 'cancelled'
        WHEN n % 100 = 3 THEN 'refunded' ELSE 'completed' END::order_status AS status,
      CASE WHEN n > ${orders - UNDER_WAY} THEN now() - (${orders} - n) * interval '0.1 s'
        ELSE now() - interval '1 min' - interval '180 days' * ((${orders} - n)::float8 / ${orders})
      END AS at
    FROM generate_series(${first}, ${orders}) n;
    ALTER TABLE made ADD COLUMN ended boolean GENERATED ALWAYS AS (has_ended(status)) STORED,
      ADD COLUMN paid boolean GENERATED ALWAYS AS
        (status IN ('paid', 'shipped', 'completed', 'refunded')) STORED;
    ANALYZE made`;
}

function rowsOf({ lines, skus }: Shop): readonly string[] {
  const line = `generate_series(0, ${lines - 1}) s`;
  const name = `'SKU-' || lpad(((n + s) % ${skus})::text, 3, '0')`;
  return [
    `INSERT INTO "order" (id, tenant_id, status, gate, reason, amount, currency, payment_method,
       customer_name, customer_email, shipping_address, request_id, last_sequence, created_at,
       updated_at, run_started_at, watched_at)
     SELECT id, tenant_id, status, CASE WHEN paid THEN 'committed'
         WHEN ended THEN 'unwinding' ELSE 'forward' END::order_gate,
       CASE status WHEN 'rejected' THEN 'payment-declined' WHEN 'cancelled' THEN 'cancelled'
         WHEN 'refunded' THEN 'address-refused' END,
       1000 * ${lines}, 'EUR', 'pm_card_visa', 'Ada', 'c' || n / 3 || '@example.com',
       '{"name": "Ada", "line1": "Allee 1", "city": "Berlin", "postalCode": "10115", "country": "DE"}',
       'req_' || n, 6, at, at + interval '1 s', at + interval '10 ms',
       CASE WHEN NOT ended THEN at END
     FROM made ORDER BY n`,
    `INSERT INTO order_line (order_id, sku, quantity, unit_price)
     SELECT id, ${name}, 1, 1000 FROM made, ${line} ORDER BY n`,
    `INSERT INTO reservation (order_id, sku, tenant_id, quantity, state)
     SELECT id, ${name}, tenant_id, 1,
       CASE WHEN paid THEN 'sold' WHEN ended THEN 'released' ELSE 'held' END
     FROM made, ${line} WHERE status <> 'accepted' ORDER BY n`,
    `INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id, created_at,
       archived_at)
     SELECT tenant_id, 'POST /v1/orders', sha256(id::bytea), sha256(id::bytea), id, at,
       CASE WHEN at < now() - interval '90 days' THEN at + interval '90 days' END
     FROM made ORDER BY n`,
    `INSERT INTO barrier (saga_id, step, direction, result, created_at)
     SELECT id, step, 'do', '{"ok": {}}', at FROM made, unnest(ARRAY['reserve stock',
       'authorize payment', 'capture payment', 'request shipment', 'send receipt']) step
     WHERE ended ORDER BY n`,
    `INSERT INTO payment (order_id, intent_id, state, authorized, captured, voided, refunded)
     SELECT id, 'pi_' || n, CASE WHEN paid THEN 'captured' WHEN ended THEN 'voided'
         ELSE 'authorized' END, 1000 * ${lines}, CASE WHEN paid THEN 1000 * ${lines} ELSE 0 END,
       CASE WHEN ended AND NOT paid THEN 1000 * ${lines} ELSE 0 END,
       CASE WHEN status = 'refunded' THEN 1000 * ${lines} ELSE 0 END
     FROM made WHERE status NOT IN ('accepted', 'reserved') ORDER BY n`,
    `INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, authorized, captured,
       voided, refunded, occurred_at)
     SELECT id, operation, 1, kind, 'pi_' || n,
       CASE WHEN operation = 'confirm' THEN told ELSE 0 END,
       CASE WHEN operation = 'capture' THEN told ELSE 0 END,
       CASE WHEN operation = 'cancel' THEN told ELSE 0 END,
       CASE WHEN operation = 'refund' THEN told ELSE 0 END, at
     FROM made, unnest('{create,confirm,capture,cancel,refund}'::text[]) operation,
       unnest('{requested,answered}'::text[]) kind,
       LATERAL (SELECT CASE kind WHEN 'answered' THEN 1000 * ${lines} ELSE 0 END) t(told)
     WHERE status NOT IN ('accepted', 'reserved') AND CASE operation WHEN 'capture' THEN paid
       WHEN 'cancel' THEN ended AND NOT paid WHEN 'refund' THEN status = 'refunded' ELSE true END
     ORDER BY n`,
    `INSERT INTO shipment (order_id, tracking_number, created_at)
     SELECT id, 'MG' || n, at FROM made WHERE status IN ('shipped', 'completed') ORDER BY n`,
    `INSERT INTO order_event (order_id, sequence, id, type, occurred_at, data)
     SELECT id, step, first_event_id(at) || lpad(to_hex(n * 8 + step), 20, '0'),
       'order.' || CASE WHEN step = 6 THEN status::text
         ELSE (ARRAY['accepted', 'reserved', 'authorized', 'paid', 'shipped'])[step] END, at,
       jsonb_build_object('id', id, 'status', status, 'amount', money(1000 * ${lines}, 'EUR'),
         'lines', '[{"sku": "SKU-000", "quantity": 1, "unitPrice": {"value": "1000", "currency": "EUR"}}]'::jsonb,
         'createdAt', at, 'updatedAt', at)
     FROM made, generate_series(1, 6) step WHERE ended OR step < 3 ORDER BY n`,
    `INSERT INTO mail_outbox (message_id, order_id, kind, created_at, next_at, sent_at)
     SELECT '<' || id || '.' || status || '@makegood>', id, status::text, at, at, at
     FROM made WHERE status IN ('rejected', 'cancelled', 'refunded') ORDER BY n`,
    `INSERT INTO refund (id, order_id, amount, state, gateway_id, request_id, requested_at,
       settled_at, run_started_at, watched_at)
     SELECT 'rfd_' || lpad(n::text, 26, '0'), id, 1000 * ${lines}, 'succeeded', 're_' || n,
       'req_r' || n, at, at, at, NULL FROM made WHERE status = 'refunded' ORDER BY n`,
    `INSERT INTO payment_check (intent_id, named_order, due_at, checked_at, agreed)
     SELECT 'pi_' || n, id, CASE WHEN ended THEN NULL ELSE now() + interval '1 day' END, at,
       CASE WHEN ended THEN '0/' || 1000 * ${lines} END
     FROM made WHERE paid ORDER BY n`,
    `INSERT INTO reconciliation_difference (subject, kind, state, intent_id, named_order, detail,
       found_at, settled_at)
     SELECT 'own pi_' || n, 'amounts-differ', 'settled', 'pi_' || n, id, 'n', at, at
     FROM made WHERE n % 1000 = 9 AND ended ORDER BY n`,
    `INSERT INTO operator_action (order_id, saga_id, action, operator, why, before, after,
       occurred_at)
     SELECT id, id, 'refund', 'ann', 'asked', '{}', '{}', at
     FROM made WHERE n % 1000 = 9 AND ended ORDER BY n`,
  ];
}

/** All of it is counted and compared, as it is where metrics are read and the reconciler runs. */
const PLACES = `
  UPDATE tally_place SET event_id = first_event_id(clock_timestamp());
  UPDATE reconciler_place SET place = (SELECT max(id)::text FROM payment_entry)
    WHERE reader = 'payment entries';
  UPDATE reconciler_place SET place = 'evt_0' WHERE reader = 'gateway events'`;
