import assert from 'node:assert/strict';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { addKey, createHarness, createProcess, getOf, newKey, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

const NEWEST = '(SELECT id FROM api_key ORDER BY created_at DESC LIMIT 1)';

describe('Credentials', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const post = (init: RequestInit) => api.app.request('/v1/orders', init);

  it('are asked for first, also of a replay and of a body that is not valid', async () => {
    const key = newKey();
    await post(postOf(api.acme, { key }));
    const stranger = { key: 'mg_dev_nobody' };
    for (const init of [postOf(stranger, { key }), postOf(stranger, { body: '{' })]) {
      const response = await post(init);
      assert.equal(response.status, 401);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="makegood"/);
      assert.match(await response.text(), /"type":"\/problems\/unauthenticated"/);
    }
  });

  it('are refused when they are missing, mistyped, of another kind, or sent twice', async () => {
    const { key } = api.acme;
    const flipped = `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;
    const headers = ['', key, `Basic ${key}`, `Bearer ${flipped}`, `Bearer ${key}, Bearer ${key}`];
    for (const authorization of headers) {
      const init = { headers: { Authorization: authorization } };
      assert.equal((await api.app.request('/v1/products', init)).status, 401, authorization);
    }
  });

  it('are refused with another secret for a known ID', async () => {
    const key = await addKey(api.pool, api.acme.id, ['orders:read']);
    const wrong = Buffer.alloc(32);
    await api.pool.query(`UPDATE api_key SET secret_hash = $1 WHERE id = ${NEWEST}`, [wrong]);
    assert.equal((await api.app.request('/v1/products', getOf({ key }))).status, 401);
  });

  it('are refused from the moment they are revoked', async () => {
    const key = await addKey(api.pool, api.acme.id, ['orders:read']);
    const read = () => api.app.request('/v1/products', getOf({ key }));
    assert.equal((await read()).status, 200);
    await api.pool.query(`UPDATE api_key SET revoked_at = now() WHERE id = ${NEWEST}`);
    assert.equal((await read()).status, 401);
  });

  it('of development open nothing in production', async () => {
    const { key } = api.acme;
    assert.match(key, /^mg_dev_/);
    const inProduction = createCredentials(api.tenants, { onlyLive: true });
    assert.equal(await inProduction.authenticate(key), undefined);
    const live = makeApiKey('live');
    await api.pool.query(
      'INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)',
      [live.id, api.acme.id, live.secretHash, ['orders:read']],
    );
    assert.equal((await inProduction.authenticate(live.key))?.tenantId, api.acme.id);
  });

  it('without the scope get 403, which names it, and use no key up', async () => {
    const claims = await api.count('idempotency_claim');
    const response = await post(postOf({ key: api.acme.readOnlyKey }));
    assert.equal(response.status, 403);
    assert.match(response.headers.get('www-authenticate') ?? '', /scope="orders:write"/);
    assert.match(await response.text(), /orders:write/);
    assert.equal(await api.count('idempotency_claim'), claims);
  });

  // What anybody may read. A route that is not here has to declare a scope.
  const PUBLIC = [
    'GET /v1/openapi.json',
    'GET /docs',
    'GET /docs/start.js',
    'GET /docs/5.35.0/:name',
    'GET /problems/:code',
    // Its credential is the signature: test/api/gateway-webhooks.test.ts.
    'POST /v1/webhooks/stripe',
  ];

  it('are needed by every route but the documentation: each declares a scope', async () => {
    const paths = new Set(
      api.app.routes
        .filter(({ method }) => method !== 'ALL')
        .map(({ method, path }) => `${method} ${path}`),
    );
    for (const route of PUBLIC) assert.ok(paths.delete(route), `${route} is not there`);
    assert.equal(paths.size, ROUTES.length);
    const noScopes = await addKey(api.pool, api.acme.id, []);
    for (const route of paths) {
      const [method = '', path = ''] = route.split(' ');
      const headers = { Authorization: `Bearer ${noScopes}` };
      assert.equal((await api.app.request(path, { method })).status, 401, route);
      assert.equal((await api.app.request(path, { method, headers })).status, 403, route);
    }
  });

  it('get nobody to a route that declares no scope', async () => {
    const process = createProcess(api.database.url);
    process.app.get('/v1/forgotten', (c) => c.json({ secret: true }));
    const response = await process.app.request('/v1/forgotten', getOf(api.acme));
    assert.equal(response.status, 500);
    assert.ok(!(await response.text()).includes('secret'));
    await process.close();
  });
});
