/** What has a key: placing an order, cancelling, refunding, shipping one. Rows are told of all alike. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { OrderId } from '../../../src/domain/order.ts';
import type { RefundId } from '../../../src/domain/refund.ts';
import { bookCompleted, euros } from '../../support/refunds.ts';
import { bookHeld, bookPart } from '../../support/shipments.ts';
import { newKey, validBody } from '../harness.ts';
import type { Tenant } from '../harness.ts';
import type { Books, HeldClaim, Scene } from './scene.ts';
import { bodyOf, send } from './wire.ts';
import type { Seen, Sent } from './wire.ts';

/** Of the order that a valid body makes. */
const TOTAL = 2048n;

export interface Subject {
  readonly name: 'order' | 'cancel' | 'refund' | 'shipment';
  /** A request that will be granted, and whatever has to be there before. */
  readonly request: (scene: Scene, tenant?: Tenant) => Promise<Sent>;
  /** What granting it adds to the books. */
  readonly adds: Partial<Books>;
  /** The function of the books that decides. */
  readonly decides: HeldClaim['fn'];
  /** Takes what was granted to its happy end, and tells what GET shows then. */
  readonly succeed: (scene: Scene, granted: Seen) => Promise<string>;
  /** The same to its refusal, where it has one. */
  readonly refuse?: (scene: Scene, granted: Seen) => Promise<string>;
  /** Another body for the same key, where it has a body. */
  readonly other?: (sent: Sent) => Sent;
  /** What an equal request of another process would have told PostgreSQL. */
  readonly held: (sent: Sent) => HeldClaim;
}

const order: Subject = {
  name: 'order',
  request: (scene, tenant = scene.acme) => Promise.resolve(post('/v1/orders', tenant, validBody())),
  adds: { orders: 1, claims: 1, runs: 1 },
  decides: 'place_order',
  async succeed({ book }, granted) {
    await bookCompleted(book, orderIn(granted), TOTAL);
    return 'completed';
  },
  async refuse({ book }, granted) {
    await book.beginUnwind(orderIn(granted), 'out-of-stock');
    await book.closeOrder(orderIn(granted));
    return 'rejected';
  },
  other: (sent) => withBody(sent, { ...validBody(), paymentMethod: 'pm_other' }),
  held: (sent) => ({
    ...claimed(sent, 'place_order'),
    after: [JSON.stringify({ ...parsed(sent), id: newId('ord'), requestId: 'req_rival' })],
  }),
};

const cancel: Subject = {
  name: 'cancel',
  async request(scene, tenant = scene.acme) {
    return post(`/v1/orders/${await placed(scene, tenant)}/cancel`, tenant);
  },
  adds: { cancels: 1, claims: 1 },
  decides: 'cancel_order',
  async succeed({ book }, granted) {
    await book.closeOrder(orderIn(granted));
    return 'cancelled';
  },
  held: (sent) => ({ ...claimed(sent, 'cancel_order'), before: [orderOf(sent)] }),
};

const refund: Subject = {
  name: 'refund',
  async request(scene, tenant = scene.acme) {
    const id = await completed(scene, tenant);
    return post(`/v1/orders/${id}/refunds`, tenant, { amount: euros('100') });
  },
  adds: { refunds: 1, claims: 1, runs: 1 },
  decides: 'request_refund',
  async succeed({ book }, granted) {
    const { id, amount } = await asked(book, granted);
    await book.recordRefundSucceeded(id, { id: `re_${id.id}`, status: 'succeeded', amount });
    return 'succeeded';
  },
  async refuse({ book }, granted) {
    const { id, amount } = await asked(book, granted);
    await book.recordRefundFailed(id, { id: `re_${id.id}`, status: 'failed', amount });
    return 'failed';
  },
  other: (sent) => withBody(sent, { amount: euros('101') }),
  held: (sent) => ({
    ...claimed(sent, 'request_refund'),
    before: [orderOf(sent)],
    after: [JSON.stringify({ ...parsed(sent), id: newId('rfd'), requestId: 'req_rival' })],
  }),
};

const shipment: Subject = {
  name: 'shipment',
  async request(scene, tenant = scene.acme) {
    const id = await placed(scene, tenant);
    await bookHeld(scene.pool, scene.book, id, TOTAL);
    return post(`/v1/orders/${id}/shipments`, tenant, {});
  },
  adds: { shipments: 1, claims: 1 },
  decides: 'ask_for_shipment',
  async succeed({ book }, granted) {
    await bookPart(book, orderIn(granted), 1, TOTAL);
    await book.recordReceipt(orderIn(granted));
    return 'completed';
  },
  async refuse({ book }, granted) {
    const id = orderIn(granted);
    await book.nextShipment(id, 1, 0);
    await book.recordPartRefused(id, 1, 'address-refused', 'Nobody lives there.');
    return 'authorized';
  },
  other: (sent) => withBody(sent, { lines: [{ sku: 'TEA', quantity: 1 }] }),
  held: (sent) => ({
    ...claimed(sent, 'ask_for_shipment'),
    before: [orderOf(sent)],
    after: [JSON.stringify({ ...parsed(sent), id: newId('shp'), requestId: 'req_rival' })],
  }),
};

export const SUBJECTS = [order, cancel, refund, shipment] as const;
export const WITH_A_BODY = [order, refund, shipment] as const;

// --- requests ------------------------------------------------------------------------------------

/** All requests of a cell have one request ID, so that problems are byte-identical, too. */
const REQUEST_ID = 'the-same';

export function post(path: string, tenant: Tenant | undefined, body?: unknown): Sent {
  return {
    method: 'POST',
    path,
    headers: {
      ...(tenant && { Authorization: `Bearer ${tenant.key}` }),
      'Idempotency-Key': newKey(),
      'X-Request-Id': REQUEST_ID,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

export function get(path: string, { key }: Tenant): Sent {
  const headers = { Authorization: `Bearer ${key}`, 'X-Request-Id': REQUEST_ID };
  return { method: 'GET', path, headers };
}

/** With other headers, or without those that are undefined. */
export function withHeaders(sent: Sent, change: Readonly<Record<string, unknown>>): Sent {
  const headers = Object.entries({ ...sent.headers, ...change });
  const kept = headers.filter(([, value]) => value !== undefined);
  return { ...sent, headers: Object.fromEntries(kept) as Sent['headers'] };
}

export function withBody(sent: Sent, body: unknown): Sent {
  return { ...sent, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function keyOf({ headers }: Sent): string {
  return String(headers['Idempotency-Key']);
}

export async function placed(scene: Scene, tenant = scene.acme): Promise<OrderId> {
  return orderIn(await send(scene.url(), post('/v1/orders', tenant, validBody())));
}

export async function completed(scene: Scene, tenant = scene.acme): Promise<OrderId> {
  const id = await placed(scene, tenant);
  await bookCompleted(scene.book, id, TOTAL);
  return id;
}

// --- what was answered -----------------------------------------------------------------------------

/** The order that an answer is about. */
export function orderIn(seen: Seen): OrderId {
  const { id, orderId = id } = bodyOf(seen);
  assert.match(String(orderId), /^ord_/, seen.bytes.toString());
  return orderId as OrderId;
}

/** A shipment is shown where its order is. */
export function selfOf(seen: Seen): string {
  const { links } = bodyOf(seen) as { links: { self?: string; order: string } };
  return links.self ?? links.order;
}

async function asked(book: Scene['book'], granted: Seen) {
  const id = bodyOf(granted)['id'] as RefundId;
  await book.openRefund(id);
  const ref = { id, orderId: orderIn(granted), tenantId: 'ten_acme', requestId: REQUEST_ID };
  return { id: ref, amount: { amountMinor: 100n, currency: 'EUR' } };
}

// --- the rival's words --------------------------------------------------------------------------------

function claimed(sent: Sent, fn: HeldClaim['fn']): HeldClaim {
  const body = sent.body === undefined ? null : parsed(sent);
  return { fn, route: `POST ${sent.path}`, key: keyOf(sent), sent: body, before: [], after: [] };
}

function parsed({ body = '{}' }: Sent): object {
  return JSON.parse(body) as object;
}

function orderOf({ path }: Sent): string {
  return path.split('/')[3] ?? assert.fail(path);
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(13).toString('hex')}`;
}
