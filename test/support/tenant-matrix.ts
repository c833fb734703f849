/**
 * What a tenant can name in a request to each route: its own order, refund, key, cursor. The matrix of
 * test/api/two-tenants.test.ts then lets another tenant name the same.
 */
import assert from 'node:assert/strict';
import { addKey, createHarness, EVERYTHING, newKey, orderIn, validBody } from '../api/harness.ts';
import type { Harness, OrderBody, Tenant } from '../api/harness.ts';
import type { Holder, Line } from './matrix-line.ts';
import { bookCompleted } from './refunds.ts';
import { bookHeld } from './shipments.ts';
import { linesOfWebhooks } from './webhook-lines.ts';

export async function createMatrix() {
  const api = await createHarness();
  const holders = [await endow(api, api.acme), await endow(api, api.globex)] as const;
  return { ...api, holders, lines: linesOf(api) };
}

// Dear enough to be refunded in part.
const PRICE = 1000n;

async function endow(api: Harness, tenant: Tenant): Promise<Holder> {
  const sku = `ONLY-${tenant.id}`;
  const product = `INSERT INTO product VALUES ($1, $2, 'Its own', $3, 'EUR')`;
  await api.pool.query(product, [tenant.id, sku, PRICE]);
  await api.pool.query('INSERT INTO stock VALUES ($1, $2, 1000)', [tenant.id, sku]);
  const key = await addKey(api.pool, tenant.id, EVERYTHING);
  const holder = { ...tenant, key, sku };
  const { id: orderId } = await completed(api, holder);
  const { id: refunded } = await completed(api, holder);
  const asked = await send(api, holder, `/v1/orders/${refunded}/refunds`, {});
  const { id: refundId } = (await asked.json()) as { id: string };
  await placed(api, holder);
  const voucherCode = `ONLY-${tenant.id.slice(4).toUpperCase()}`;
  const voucher = `INSERT INTO voucher (tenant_id, code, currency, amount_off, uses)
    VALUES ($1, $2, 'EUR', 100, 1000)`;
  await api.pool.query(voucher, [tenant.id, voucherCode]);
  return { ...holder, voucherCode, orderId, refund: { orderId: refunded, refundId } };
}

export type Matrix = Awaited<ReturnType<typeof createMatrix>>;

export function linesFor(operation: string, { lines }: Pick<Matrix, 'lines'>): readonly Line[] {
  return lines.filter((line) => line.operation === operation);
}

type Buyer = Pick<Holder, 'key' | 'sku'>;

async function placed(api: Harness, buyer: Buyer): Promise<OrderBody> {
  return await orderIn(await send(api, buyer, '/v1/orders', orderOf(buyer.sku)));
}

async function completed(api: Harness, buyer: Buyer): Promise<OrderBody> {
  const order = await placed(api, buyer);
  await bookCompleted(api.book, order.id, PRICE);
  return order;
}

function orderOf(sku: string | undefined) {
  return { ...validBody(), lines: [{ sku, quantity: 1 }] };
}

async function send(
  api: Harness,
  { key }: Pick<Buyer, 'key'>,
  path: string,
  body?: unknown,
): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${key}`,
    ...(body !== undefined && { 'Idempotency-Key': newKey(), 'Content-Type': 'application/json' }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await api.app.request(path, init);
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer;
}

function linesOf(api: Harness): readonly Line[] {
  const cursorOf = async (holder: Holder, path: string) => {
    const page = await send(api, holder, `${path}?limit=1`);
    return ((await page.json()) as { nextCursor: string }).nextCursor;
  };
  const etagOf = async (holder: Holder, path: string) =>
    (await send(api, holder, path)).headers.get('etag') ?? assert.fail();
  const key = () => ({ 'Idempotency-Key': newKey() });
  return [
    {
      operation: 'POST /v1/orders',
      own: ({ sku }) => Promise.resolve({ ...key(), sku }),
      body: ({ sku }) => orderOf(sku),
    },
    {
      operation: 'POST /v1/orders',
      says: 'with a voucher',
      own: ({ sku, voucherCode }) => Promise.resolve({ ...key(), sku, voucherCode }),
      body: ({ sku, voucherCode }) => ({ ...orderOf(sku), voucherCode }),
    },
    {
      operation: 'GET /v1/orders',
      own: async (holder) => ({ cursor: await cursorOf(holder, '/v1/orders') }),
    },
    {
      operation: 'GET /v1/orders/{id}',
      own: async (holder) => {
        const { orderId: id } = holder;
        return { id, 'If-None-Match': await etagOf(holder, `/v1/orders/${id}`) };
      },
    },
    {
      operation: 'GET /v1/orders/{id}/events',
      own: async (holder) => {
        const { orderId: id } = holder;
        return { id, cursor: await cursorOf(holder, `/v1/orders/${id}/events`) };
      },
    },
    {
      operation: 'GET /v1/orders/{id}/events',
      says: 'as a stream',
      headers: { Accept: 'text/event-stream' },
      own: async (holder) => {
        const { orderId: id } = holder;
        const page = await send(api, holder, `/v1/orders/${id}/events`);
        const { data } = (await page.json()) as { data: readonly { id: string }[] };
        return { id, 'Last-Event-ID': data[0]?.id ?? assert.fail() };
      },
    },
    {
      operation: 'POST /v1/orders/{id}/cancel',
      own: async (holder) => ({ ...key(), id: (await placed(api, holder)).id }),
    },
    {
      operation: 'POST /v1/orders/{id}/payment/return',
      own: async (holder) => ({ id: (await placed(api, holder)).id }),
    },
    {
      operation: 'POST /v1/orders/{id}/refunds',
      own: async (holder) => ({
        ...key(),
        id: (await completed(api, holder)).id,
        sku: holder.sku,
      }),
      body: ({ sku }) => ({ lines: [{ sku, quantity: 1 }] }),
    },
    {
      operation: 'POST /v1/orders/{id}/shipments',
      own: async (holder) => {
        const { id } = await placed(api, holder);
        await bookHeld(api.pool, api.book, id, PRICE);
        return { ...key(), id, sku: holder.sku };
      },
      body: ({ sku }) => ({ lines: [{ sku, quantity: 1 }] }),
    },
    {
      operation: 'GET /v1/orders/{id}/refunds/{refundId}',
      own: async (holder) => {
        const { orderId: id, refundId } = holder.refund;
        const etag = await etagOf(holder, `/v1/orders/${id}/refunds/${refundId}`);
        return { id, refundId, 'If-None-Match': etag };
      },
    },
    {
      operation: 'GET /v1/products',
      own: ({ sku }) => Promise.resolve({ cursor: Buffer.from(sku).toString('base64url') }),
    },
    {
      operation: 'GET /v1/products/{sku}',
      own: ({ sku }) => Promise.resolve({ sku }),
    },
    ...linesOfWebhooks(api),
  ];
}
