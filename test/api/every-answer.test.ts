import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createHarness, getOf, newKey, orderIn, postOf, validBody } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

describe('Every answer', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const request = (path: string, init?: RequestInit) => api.app.request(path, init);

  it('carries a request ID: the client’s own if it is harmless, else a new one', async () => {
    const idOf = async (sent: string) => {
      const response = await request('/v1/products', getOf(api.acme, { 'X-Request-Id': sent }));
      return response.headers.get('x-request-id') ?? '';
    };
    assert.equal(await idOf('cart-7.try_2'), 'cart-7.try_2');
    for (const odd of ['a b', 'x'.repeat(129), '<script>', ''])
      assert.match(await idOf(odd), /^req_/);
    for (const secret of [
      api.acme.key,
      'pm_1Nx9',
      'a.sk_live_1',
      '4242424242424242',
      '4242-4242-4242-4242',
    ])
      assert.match(await idOf(secret), /^req_/);
  });

  it('that placed an order has its request ID on the order', async () => {
    const headers = { 'X-Request-Id': 'cart-7' };
    const { id } = await orderIn(await request('/v1/orders', postOf(api.acme, { headers })));
    const { rows } = await api.pool.query(`SELECT request_id FROM "order" WHERE id = $1`, [id]);
    assert.deepEqual(rows, [{ request_id: 'cart-7' }]);
  });

  it('to an unknown path is a 404 problem, with or without a credential', async () => {
    for (const path of ['/', '/v1', '/v1/ordres', '/v1/orders/ord_x/lines', '/v1/orders/']) {
      const response = await request(path);
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal(((await response.json()) as ProblemBody).type, '/problems/not-found');
    }
  });

  it('to an unknown method is a 405 problem that names the known ones', async () => {
    for (const [method, path, allowed] of [
      ['DELETE', '/v1/orders/ord_x', 'GET, HEAD'],
      ['PUT', '/v1/orders', 'POST, GET, HEAD'],
      ['GET', '/v1/orders/ord_x/cancel', 'POST'],
      ['PATCH', '/v1/openapi.json', 'GET, HEAD'],
    ]) {
      const response = await request(path ?? '', { method: method ?? '' });
      assert.equal(response.status, 405, path);
      assert.equal(response.headers.get('allow'), allowed);
      assert.equal(((await response.json()) as ProblemBody).type, '/problems/method-not-allowed');
    }
  });

  it('is kept by no cache, sniffed by no browser and framed by no page', async () => {
    for (const init of [getOf(api.acme), {}]) {
      const { headers } = await request('/v1/products', init);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN');
    }
  });

  it('to a bug is a 500 problem that tells nothing, and a log line that tells all but the data', async () => {
    const body = { ...validBody(), lines: [{ sku: 'DEAR', quantity: 1000 }] };
    await api.pool.query(`INSERT INTO product VALUES ($1, 'DEAR', 'Dear', $2, 'EUR')`, [
      api.acme.id,
      (2n ** 63n - 1n).toString(),
    ]);
    const response = await request('/v1/orders', postOf(api.acme, { body }));
    assert.equal(response.status, 500);
    const problem = (await response.json()) as ProblemBody;
    assert.equal(problem.type, '/problems/internal');
    assert.ok(!/bigint|sql|range/i.test(JSON.stringify(problem)));
    const line = api.lines.find(({ msg }) => msg === 'bug');
    assert.equal(line?.['requestId'], problem.instance);
    assert.match(JSON.stringify(line), /bigint out of range/);
  });

  it('leaves one log line with coordinates, and no trace of person, key or credential', async () => {
    const from = api.lines.length;
    const key = newKey();
    const { id } = await orderIn(await request('/v1/orders', postOf(api.acme, { key })));
    await request(`/v1/orders/${id}`, getOf(api.globex));
    const lines = api.lines.slice(from).map(({ time, ms, requestId, ...line }) => {
      assert.ok(time !== undefined && typeof ms === 'number' && typeof requestId === 'string');
      return line;
    });
    const common = { level: 'info', name: 'test', msg: 'request', orderId: id };
    assert.deepEqual(lines, [
      { ...common, tenantId: 'ten_acme', method: 'POST', route: '/v1/orders', status: 202 },
      { ...common, tenantId: 'ten_globex', method: 'GET', route: '/v1/orders/:id', status: 404 },
    ]);
    const { customer, shippingAddress, paymentMethod } = validBody();
    const secrets = [...Object.values(customer), ...Object.values(shippingAddress), paymentMethod];
    const logged = JSON.stringify(api.lines);
    for (const secret of [...secrets.filter((text) => text.length > 2), key, api.acme.key]) {
      assert.ok(!logged.includes(secret), secret);
    }
  });

  it('is described by the OpenAPI document, which is public', async () => {
    const response = await request('/v1/openapi.json');
    assert.equal(response.status, 200);
    const document = (await response.json()) as { openapi: string; paths: object };
    assert.equal(document.openapi, '3.1.0');
    const committed = JSON.parse(await readFile('openapi.json', 'utf8')) as { paths: object };
    assert.deepEqual(Object.keys(document.paths), Object.keys(committed.paths));
  });
});
