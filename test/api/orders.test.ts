import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { createHarness, getOf, linksOf, newKey, orderIn, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

const UNKNOWN = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';

describe('An order', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const place = async (): Promise<OrderId> =>
    (await orderIn(await api.app.request('/v1/orders', postOf(api.acme)))).id;
  const get = (id: string, headers: Record<string, string> = {}, tenant = api.acme) =>
    api.app.request(`/v1/orders/${id}`, getOf(tenant, headers));
  const cancel = (id: string, key: string | undefined = newKey(), tenant = api.acme) =>
    api.app.request(`/v1/orders/${id}/cancel`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tenant.key}`, ...(key && { 'Idempotency-Key': key }) },
    });

  it('is shown as it is now, without personal data', async () => {
    const id = await place();
    const response = await get(id);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'private, no-cache');
    const { createdAt, updatedAt, ...order } = (await response.json()) as Record<string, unknown>;
    assert.equal(createdAt, updatedAt);
    assert.deepEqual(order, {
      id,
      status: 'accepted',
      amount: { value: '2048', currency: 'EUR' },
      lines: [
        { sku: 'CUP', quantity: 1, unitPrice: { value: '1250', currency: 'EUR' } },
        { sku: 'TEA', quantity: 2, unitPrice: { value: '399', currency: 'EUR' } },
      ],
      payment: { authorized: '0', captured: '0', refunded: '0' },
      needsOperator: false,
      metadata: {},
      links: linksOf(id),
    });
  });

  it('has an ETag that changes when the order does', async () => {
    const id = await place();
    const etag = (await get(id)).headers.get('etag') ?? '';
    const same = await get(id, { 'If-None-Match': etag });
    assert.equal(same.status, 304);
    assert.equal(same.headers.get('etag'), etag);
    assert.equal(same.headers.get('cache-control'), 'private, no-cache');
    assert.ok(same.headers.get('x-request-id'));
    await api.book.reserveStock(id);
    assert.equal((await get(id, { 'If-None-Match': etag })).status, 200);
  });

  it('of another tenant is answered as an unknown one, byte by byte', async () => {
    const id = await place();
    const headers = { 'X-Request-Id': 'the-same' };
    const answers = [
      await get(id, headers, api.globex),
      await get(UNKNOWN, headers),
      await get('ord_x', headers),
    ];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const { status } of answers) assert.equal(status, 404);
    assert.equal(new Set(texts).size, 1);
    assert.equal((await get('ord_%00', headers)).status, 404);
  });

  it('is cancelled by its gate, once, and every repeat gets the same bytes', async () => {
    const id = await place();
    const key = newKey();
    const response = await cancel(id, key);
    assert.equal(response.status, 202);
    const text = await response.text();
    assert.equal(text, `{"id":"${id}","links":${JSON.stringify(linksOf(id))}}`);
    assert.equal(api.sagas.cancelled.at(-1), id);
    const replay = await cancel(id, key);
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
    assert.equal(await replay.text(), text);
    const another = await cancel(id);
    assert.equal(another.status, 202);
    assert.equal(another.headers.get('idempotent-replayed'), null);
    assert.deepEqual(await api.book.beginUnwind(id, 'out-of-stock'), {
      gate: 'unwinding',
      reason: 'cancelled',
    });
    await api.book.closeOrder(id);
    assert.equal((await orderIn(await get(id))).status, 'cancelled');
  });

  it('is cancelled with Temporal down', async () => {
    const id = await place();
    api.sagas.down = true;
    assert.equal((await cancel(id)).status, 202);
    api.sagas.down = false;
    assert.equal((await api.book.reserveStock(id)).state, 'refused');
  });

  it('may have the key that placed it: each route has its own', async () => {
    const key = newKey();
    const { id } = await orderIn(await api.app.request('/v1/orders', postOf(api.acme, { key })));
    const response = await cancel(id, key);
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('idempotent-replayed'), null);
  });

  it('is not cancelled once its payment is being captured, and the key stays free', async () => {
    for (const gate of ['committing', 'committed']) {
      const id = await place();
      await api.pool.query(`UPDATE "order" SET gate = $1 WHERE id = $2`, [gate, id]);
      const key = newKey();
      const claims = await api.count('idempotency_claim');
      const response = await cancel(id, key);
      assert.equal(response.status, 409);
      const { type } = (await response.json()) as ProblemBody;
      assert.equal(type, '/problems/too-late-to-cancel');
      assert.equal(await api.count('idempotency_claim'), claims);
    }
  });

  it('is not cancelled by another tenant, without a key, or with a body', async () => {
    const id = await place();
    assert.equal((await cancel(id, newKey(), api.globex)).status, 404);
    assert.equal((await cancel(UNKNOWN)).status, 404);
    assert.equal((await cancel(id, '')).status, 400);
    const withBody = await api.app.request(
      `/v1/orders/${id}/cancel`,
      postOf(api.acme, { body: '{}' }),
    );
    assert.equal(withBody.status, 400);
    assert.equal(((await withBody.json()) as ProblemBody).errors?.[0]?.field, 'body');
    assert.equal((await api.book.reserveStock(id)).state, 'done');
  });
});

describe('The catalogue', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const read = (path: string) => api.app.request(path, getOf(api.acme));

  it('shows a product with its price and what is left of it', async () => {
    const response = await read('/v1/products/CUP');
    assert.deepEqual(await response.json(), {
      sku: 'CUP',
      name: 'The CUP',
      price: { value: '1250', currency: 'EUR' },
      available: 1000,
      links: { self: '/v1/products/CUP' },
    });
    assert.equal((await read('/v1/products/NOPE')).status, 404);
    assert.equal((await read('/v1/products/%00')).status, 404);
  });

  it('comes in pages, in SKU order', async () => {
    const skus: string[] = [];
    let path = '/v1/products?limit=2';
    for (let pages = 1; path !== ''; pages++) {
      const page = (await (await read(path)).json()) as {
        data: { sku: string }[];
        nextCursor: string | null;
      };
      skus.push(...page.data.map(({ sku }) => sku));
      path = page.nextCursor === null ? '' : `/v1/products?limit=2&cursor=${page.nextCursor}`;
      assert.ok(pages <= 3);
    }
    assert.deepEqual(skus, ['BAGEL', 'CUP', 'GONE', 'LAST', 'TEA']);
  });

  it('refuses a limit and a cursor that are none, by name', async () => {
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=many', 'limit'],
      ['cursor=AA', 'cursor'],
      ['cursor=%00', 'cursor'],
    ]) {
      const response = await read(`/v1/products?${query ?? ''}`);
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as ProblemBody).errors?.[0]?.field, field);
    }
  });
});
