/**
 * Judges an order from the books of the parties outside, not from what makegood says of itself:
 * money at the gateway, parcels at the carrier, letters in the mail.
 */
import assert from 'node:assert/strict';
import type pg from 'pg';
import type { OrderFacts } from '../../src/domain/order.ts';

export interface Parties {
  readonly gatewayUrl: string;
  readonly carrierUrl: string;
  readonly mailUrl: string;
}

/** Throws unless our own payment entries tell the same sums as the gateway's book. */
export async function auditEntries(
  { gatewayUrl }: Pick<Parties, 'gatewayUrl'>,
  pool: pg.Pool,
  id: OrderFacts['id'],
  read = readBook,
): Promise<void> {
  const { rows } = await pool.query<Record<string, string>>(
    `SELECT coalesce(sum(authorized), 0)::text AS authorized,
       coalesce(sum(captured), 0)::text AS captured, coalesce(sum(voided), 0)::text AS canceled,
       coalesce(sum(refunded), 0)::text AS refunded
     FROM payment_entry WHERE order_id = $1`,
    [id],
  );
  const money = (await read(gatewayUrl)).filter(({ orderId }) => orderId === id);
  const gateway = ['authorized', 'captured', 'canceled', 'refunded'].map((effect) => [
    effect,
    sumOf(money, effect).toString(),
  ]);
  assert.deepEqual(rows[0], Object.fromEntries(gateway), 'our entries and the gateway agree');
}

function sumOf(lines: readonly Line[], effect: string): number {
  return lines
    .filter((line) => line.kind === 'effect' && line.effect === effect)
    .reduce((total, { amount = 0 }) => total + amount, 0);
}

interface Line {
  readonly kind: 'effect' | 'request';
  readonly orderId: string | null;
  readonly requestId: string | null;
  readonly effect?: string;
  readonly amount?: number;
  readonly operation: string;
  readonly key?: string | null;
}

export async function readBook(url: string): Promise<readonly Line[]> {
  const response = await fetch(`${url}/control/book`);
  return (await response.json()) as Line[];
}

/** Throws unless the three books agree that this order ended so, and only so. */
export async function audit(
  { gatewayUrl, carrierUrl, mailUrl }: Parties,
  { id, amountMinor }: Pick<OrderFacts, 'id' | 'amountMinor'>,
  status: string,
  read = readBook,
): Promise<void> {
  const ofOrder = async (url: string) => (await read(url)).filter((line) => line.orderId === id);
  const money = await ofOrder(gatewayUrl);
  const sum = (effect: string) => sumOf(money, effect);
  const total = Number(amountMinor);
  const completed = status === 'completed';

  assert.ok([0, total].includes(sum('captured')), 'captured once, in full, or not at all');
  assert.equal(sum('captured') - sum('refunded'), completed ? total : 0, 'net money');
  if (sum('authorized') > 0) {
    assert.equal(sum('authorized'), total, 'authorized once');
    assert.equal(sum('authorized') - sum('captured') - sum('canceled'), 0, 'no live authorization');
  }

  const parcels = (await ofOrder(carrierUrl)).filter((line) => line.kind === 'effect');
  const shipped = parcels.filter(({ effect }) => effect === 'shipped').length;
  const calledBack = parcels.filter(({ effect }) => effect === 'cancelled').length;
  assert.equal(shipped - calledBack, completed ? 1 : 0, 'parcels under way');

  const mails = (await (await fetch(`${mailUrl}/mails?orderId=${id}`)).json()) as {
    messageId: string;
  }[];
  const letters = new Set(mails.map(({ messageId }) => messageId));
  assert.deepEqual([...letters], [`<${id}.${status}@makegood>`], 'one letter, about what happened');
}
