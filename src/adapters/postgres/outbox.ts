/** Mails that were written with the status they speak of, leased to one sender at a time. */
import type pg from 'pg';
import type { Outbox, OutboxMail } from '../../activities/ports.ts';
import { query } from './pool.ts';

export function createOutbox(pool: pg.Pool): Outbox {
  return {
    async lease(limit, leaseMs) {
      const rows = await query<Row>(pool, 'lease_mails', LEASE, [limit, leaseMs]);
      return rows.map(({ amount: amountMinor, currency, name, email, ...mail }) => ({
        ...mail,
        amount: { amountMinor, currency },
        customer: { name, email },
      }));
    },
    async sent(id) {
      await query(pool, 'mail_sent', SENT, [id]);
    },
    async postpone(id) {
      await query(pool, 'postpone_mail', POSTPONE, [id]);
    },
  };
}

interface Row extends Omit<OutboxMail, 'amount' | 'customer'> {
  readonly amount: bigint;
  readonly currency: string;
  readonly name: string;
  readonly email: string;
}

const LEASE = `
  UPDATE mail_outbox m SET next_at = now() + make_interval(secs => $2::float8 / 1000)
  FROM "order" o
  WHERE o.id = m.order_id AND m.message_id IN (
    SELECT message_id FROM mail_outbox WHERE sent_at IS NULL AND next_at <= now()
    ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING m.message_id AS id, m.order_id AS "orderId", o.request_id AS "requestId", m.kind,
    o.reason, o.amount, o.currency, o.customer_name AS name, o.customer_email AS email`;

// After as long again as it has waited, so that a short trouble delays a mail little, and a long one
// asks the mail server of each mail once a minute.
const POSTPONE = `
  UPDATE mail_outbox
  SET next_at = now() + least(greatest(now() - created_at, interval '1 s'), interval '1 min')
  WHERE message_id = $1 AND sent_at IS NULL`;

const SENT = `UPDATE mail_outbox SET sent_at = now() WHERE message_id = $1`;
