/** What piles up: work that nobody has taken yet, and what finished work leaves until the next vacuum. */
import type pg from 'pg';

/**
 * As after an outage: so many orders that wait for their start, half of them tried before; as many
 * started ones and refunds that have gone silent; as many mails, claims and payments that are due, and
 * steps that are parked.
 */
export async function pileUp(admin: pg.Client, count: number): Promise<void> {
  await admin.query('SET session_replication_role = replica');
  await admin.query(`
    INSERT INTO "order" ${COLUMNS}, run_started_at, start_tried_at, watched_at, needs_operator)
    SELECT 'ord_u' || lpad(n::text, 25, '0'), ${VALUES}, 'accepted'::order_status, now() - interval '10 hours',
      NULL::timestamptz, CASE WHEN n % 2 = 0 THEN now() - interval '5 hours' END, now(), false
    FROM generate_series(1, ${count}) n
    UNION ALL
    SELECT 'ord_w' || lpad(n::text, 25, '0'), ${VALUES}, 'paid'::order_status, now() - interval '10 hours',
      now(), NULL, now() - interval '10 hours', true
    FROM generate_series(1, ${count}) n;
    INSERT INTO order_line SELECT id, 'SKU-000', 1, 1000 FROM "order" WHERE id LIKE 'ord\\_u%';
    INSERT INTO order_line SELECT id, 'SKU-000', 1, 1000 FROM "order" WHERE id LIKE 'ord\\_w%';
    INSERT INTO payment (order_id, intent_id, state, authorized, captured)
    SELECT id, 'pi_' || id, 'captured', 1000, 1000 FROM "order" WHERE id LIKE 'ord\\_w%';
    INSERT INTO payment_entry (order_id, operation, n, kind, gateway_id, authorized, captured)
    SELECT id, 'capture', 1, 'answered', 'pi_' || id, 1000, 1000 FROM "order" WHERE id LIKE 'ord\\_w%';
    INSERT INTO refund (id, order_id, amount, request_id, requested_at, run_started_at,
      start_tried_at, watched_at)
    SELECT 'rfd_u' || n, 'ord_w' || lpad(n::text, 25, '0'), 1, 'req', now() - interval '10 hours',
      NULL, CASE WHEN n % 2 = 0 THEN now() - interval '5 hours' END, now()
    FROM generate_series(1, ${count}) n;
    INSERT INTO mail_outbox (message_id, order_id, kind)
    SELECT '<' || id || '>', id, 'cancelled' FROM "order" WHERE id LIKE 'ord\\_w%';
    INSERT INTO parked_step (saga_id, step, direction, order_id, detail)
    SELECT id, 'request shipment', 'do', id, 'the carrier answered 503'
    FROM "order" WHERE id LIKE 'ord\\_w%';
    INSERT INTO payment_check (intent_id, named_order, due_at)
    SELECT 'pi_' || id, id, now() FROM "order" WHERE id LIKE 'ord\\_w%';
    UPDATE idempotency_claim SET created_at = created_at - interval '90 days', archived_at = NULL
    WHERE ctid IN (SELECT ctid FROM idempotency_claim ORDER BY created_at LIMIT ${count})`);
  await admin.query('RESET session_replication_role');
  await admin.query('VACUUM (ANALYZE)');
}

const COLUMNS = `(id, tenant_id, amount, currency, payment_method, customer_name, customer_email,
  shipping_address, request_id, status, created_at`;
const VALUES = `'ten_000000', 1000, 'EUR', 'pm', 'Ada', 'ada@example.com', '{}'::jsonb, 'req'`;

/** So many orders that have come and gone, and no vacuum since: every queue holds what they left. */
export async function passThrough(admin: pg.Client, count: number): Promise<void> {
  await admin.query('SET session_replication_role = replica');
  await admin.query(`
    INSERT INTO "order" ${COLUMNS}, watched_at)
    SELECT 'ord_p' || lpad(n::text, 25, '0'), ${VALUES}, 'accepted'::order_status, now(), now()
    FROM generate_series(1, ${count}) n;
    INSERT INTO mail_outbox (message_id, order_id, kind)
    SELECT '<' || id || '>', id, 'cancelled' FROM "order" WHERE id LIKE 'ord\\_p%';
    INSERT INTO payment_check (intent_id, named_order, due_at)
    SELECT 'pi_' || id, id, now() FROM "order" WHERE id LIKE 'ord\\_p%';
    INSERT INTO refund (id, order_id, amount, request_id)
    SELECT 'rfd_p' || id, id, 1, 'req' FROM "order" WHERE id LIKE 'ord\\_p%';
    INSERT INTO idempotency_claim (tenant_id, route, key_hash, fingerprint, order_id, created_at)
    SELECT tenant_id, 'POST', sha256(id::bytea), '', id, now() - interval '99 days'
    FROM "order" WHERE id LIKE 'ord\\_p%'`);
  for (const statement of [
    `UPDATE "order" SET run_started_at = now() WHERE id LIKE 'ord\\_p%'`,
    `UPDATE "order" SET status = 'cancelled', gate = 'unwinding', watched_at = NULL WHERE id LIKE 'ord\\_p%'`,
    `UPDATE mail_outbox SET sent_at = now() WHERE order_id LIKE 'ord\\_p%'`,
    `UPDATE payment_check SET due_at = NULL WHERE named_order LIKE 'ord\\_p%'`,
    `UPDATE refund SET run_started_at = now() WHERE id LIKE 'rfd\\_p%'`,
    `UPDATE refund SET state = 'succeeded', watched_at = NULL WHERE id LIKE 'rfd\\_p%'`,
    `UPDATE idempotency_claim SET archived_at = now() WHERE order_id LIKE 'ord\\_p%'`,
  ]) {
    await admin.query(statement);
  }
  await admin.query('RESET session_replication_role');
}
