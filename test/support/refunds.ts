/** Orders that have ended, refunds asked of them, and the gateway's word on what became of those. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { typeid } from 'typeid-js';
import type { Activities } from '../../src/activities/index.ts';
import type { OrderBook } from '../../src/activities/ports.ts';
import type { NewRefund, RefundAnswer, RefundStore } from '../../src/api/ports.ts';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { readBook } from './audit.ts';
import { TENANT } from './shop.ts';

/** Walks an order to its happy end at the parties outside, without Temporal. */
export async function complete(act: Activities, order: OrderFacts): Promise<void> {
  await act.reserveStock(order);
  await act.authorizePayment(order);
  await act.capturePayment(order);
  await act.requestShipment(order);
  await act.sendReceipt(order);
}

/** Writes an order's way into the book as far as it is asked to, without anybody outside. */
export async function bookPaid(book: OrderBook, id: OrderId, amountMinor: bigint): Promise<void> {
  const intent = {
    id: `pi_${id}`,
    status: 'succeeded',
    amount: { amountMinor, currency: 'EUR' },
    capturableMinor: amountMinor,
    capturedMinor: amountMinor,
  } as const;
  await book.reserveStock(id);
  await book.beginAuthorization(id);
  await book.commitIntent(id, intent.id);
  await book.recordAuthorization(id, intent);
  await book.beginCapture(id);
  await book.recordCapture(id, intent);
}

/** As far as its customer having somewhere to go. */
export async function bookAsked(
  book: OrderBook,
  id: OrderId,
  amountMinor: bigint,
  actionUrl: string,
): Promise<void> {
  const amount = { amountMinor, currency: 'EUR' };
  const intent = { id: `pi_${id}`, amount, capturableMinor: 0n, capturedMinor: 0n };
  await book.reserveStock(id);
  await book.beginAuthorization(id);
  await book.recordWaiting(id, { ...intent, status: 'requires_action', actionUrl }, 900_000);
}

export async function bookCompleted(book: OrderBook, id: OrderId, amount: bigint): Promise<void> {
  await bookPaid(book, id, amount);
  await book.recordShipment(id, 'MG1');
  await book.recordReceipt(id);
}

type Wanted = Omit<NewRefund, 'id' | 'requestId'>;

/** As the API would ask for it. */
export function request(
  store: RefundStore,
  { id }: Pick<OrderFacts, 'id'>,
  wanted: Wanted = {},
): Promise<RefundAnswer> {
  const claim = {
    tenantId: TENANT,
    route: `POST /v1/orders/${id}/refunds`,
    keyHash: randomBytes(32),
    fingerprint: randomBytes(32),
  };
  const refund: NewRefund = { id: typeid('rfd').toString(), requestId: 'req_refund', ...wanted };
  return store.request(claim, id, refund);
}

export async function requested(...asked: Parameters<typeof request>): Promise<RefundFacts> {
  const answer = await request(...asked);
  assert.equal(answer.state, 'requested');
  return answer.refund.facts;
}

export function euros(value: string): { value: string; currency: string } {
  return { value, currency: 'EUR' };
}

/**
 * Throws unless the gateway's book says that just so much went back, at no moment more than was
 * captured, and each refund once.
 */
export async function auditRefunds(
  gatewayUrl: string,
  orderId: OrderId,
  expected: Readonly<Record<string, number>>,
  read = readBook,
): Promise<void> {
  const lines = (await read(gatewayUrl)).filter((line) => line.orderId === orderId);
  let captured = 0;
  let refunded = 0;
  for (const { effect, amount = 0 } of lines.filter(({ kind }) => kind === 'effect')) {
    if (effect === 'captured') captured += amount;
    if (effect === 'refunded') refunded += amount;
    assert.ok(refunded <= captured, 'never more refunded than captured');
  }
  const made = lines.filter(
    ({ effect = '', operation }) =>
      operation === 'refund' && ['refunded', 'refund-pending'].includes(effect),
  );
  assert.deepEqual(
    made.map(({ key, amount }) => `${key}: ${amount}`).sort(),
    Object.entries(expected)
      .map(([id, amount]) => `${id}:refund:1: ${amount}`)
      .sort(),
    'each refund once, under the key of the business',
  );
}

/** What the gateway has paid back for this order, net of what failed. */
export async function paidBack(gatewayUrl: string, orderId: OrderId): Promise<number> {
  return (await readBook(gatewayUrl))
    .filter((line) => line.orderId === orderId && line.effect === 'refunded')
    .reduce((sum, { amount = 0 }) => sum + amount, 0);
}
