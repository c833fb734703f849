/**
 * What became of orders, whole: every effect that a party outside has in its book, and all that our
 * own books say. Without IDs and times, so that an order that had a hard time can be compared with
 * one that had none.
 */
import type pg from 'pg';
import type { Client } from '@temporalio/client';
import type { OrderId } from '../../src/domain/order.ts';
import { readBook } from './audit.ts';
import type { Parties } from './audit.ts';

/** A saga and the order that it is about. */
export interface Subject {
  readonly sagaId: string;
  readonly orderId: OrderId;
}

/** In the order of the subjects. */
export async function tellAll(
  { pool, parties, client }: { pool: pg.Pool; parties: Parties; client: Client },
  subjects: readonly Subject[],
): Promise<readonly object[]> {
  const { gatewayUrl, carrierUrl, mailUrl } = parties;
  const [money, parcels, mails] = await Promise.all([
    readBook(gatewayUrl),
    readBook(carrierUrl),
    readMails(mailUrl),
  ]);
  return Promise.all(
    subjects.map(async ({ sagaId, orderId }) => {
      const { status } = await client.workflow.getHandle(sagaId).describe();
      const { rows } = await pool.query<{ books: object }>(BOOKS, [orderId]);
      const mine = <Line extends { readonly orderId: string | null }>(lines: readonly Line[]) =>
        lines.filter((line) => line.orderId === orderId);
      const done = mine([...money, ...parcels]).filter(({ kind }) => kind === 'effect');
      const tale = {
        run: status.name,
        effects: done.map(({ effect, amount, key }) => ({ effect, amount, key })),
        keys: unique(mine(money).flatMap(({ key }) => key ?? [])),
        // SMTP delivers at least once.
        letters: unique(mails.filter((id) => id.includes(orderId))),
        ...rows[0]?.books,
      };
      const told = JSON.stringify(tale).replaceAll(sagaId, 'SAGA').replaceAll(orderId, 'ORDER');
      return JSON.parse(told) as object;
    }),
  );
}

const BOOKS = `
  SELECT jsonb_build_object(
    'order', (SELECT jsonb_build_array(status, gate, reason, needs_operator)
      FROM "order" WHERE id = $1),
    'payment', (SELECT jsonb_build_array(state, authorized, captured, voided, refunded)
      FROM payment WHERE order_id = $1),
    'goods', (SELECT jsonb_agg(jsonb_build_array(state, quantity, restocked) ORDER BY sku)
      FROM reservation WHERE order_id = $1),
    'voucher', (SELECT state FROM voucher_use WHERE order_id = $1),
    'entries', (SELECT jsonb_agg(jsonb_build_array(operation, n, kind, outcome, authorized,
        captured, voided, refunded) ORDER BY id)
      FROM payment_entry WHERE order_id = $1),
    'events', (SELECT jsonb_agg(type ORDER BY sequence) FROM order_event WHERE order_id = $1),
    'refunds', (SELECT jsonb_agg(jsonb_build_array(state, amount) ORDER BY requested_at)
      FROM refund WHERE order_id = $1),
    'steps', (SELECT jsonb_agg(jsonb_build_array(b.step, b.direction, b.result -> 'refused')
        ORDER BY b.created_at, b.step, b.direction)
      FROM barrier b
      WHERE b.saga_id = $1 OR b.saga_id IN (SELECT id FROM refund WHERE order_id = $1)),
    'parked', (SELECT jsonb_agg(step) FROM parked_step WHERE order_id = $1)
  ) AS books`;

async function readMails(mailUrl: string): Promise<readonly string[]> {
  const answer = await fetch(`${mailUrl}/mails`);
  const mails = (await answer.json()) as { readonly messageId: string }[];
  return mails.map(({ messageId }) => messageId);
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
