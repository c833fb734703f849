import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { createHarness, createProcess, getOf, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('To a browser, every answer', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const STRICT = {
    'strict-transport-security': /^max-age=\d{8}/,
    'x-content-type-options': /^nosniff$/,
    'x-frame-options': /^SAMEORIGIN$/,
    'referrer-policy': /^no-referrer$/,
    'cross-origin-resource-policy': /^same-origin$/,
    'cross-origin-opener-policy': /^same-origin$/,
  };
  const ORIGIN = { Origin: 'https://evil.example' };

  function assertStrict(what: string, { headers }: Response): void {
    for (const [name, value] of Object.entries(STRICT)) {
      assert.match(headers.get(name) ?? '', value, `${what}: ${name}`);
    }
    const cors = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
    assert.deepEqual(cors, [], what);
  }

  it('is strict, also of errors and documentation, and lets no other origin read it', async () => {
    const { acme } = api;
    const asked: [status: number, path: string, init: RequestInit][] = [
      [200, '/v1/products', getOf(acme)],
      [202, '/v1/orders', postOf(acme)],
      [400, '/v1/orders', postOf(acme, { body: '{' })],
      [401, '/v1/products', {}],
      [403, '/v1/orders', postOf({ key: acme.readOnlyKey })],
      [404, '/v1/nothing', {}],
      [404, '/v1/products/mgu', getOf(acme)],
      [405, '/v1/orders', { method: 'DELETE' }],
      [413, '/v1/orders', postOf(acme, { body: ' '.repeat(70_000) })],
      [415, '/v1/orders', postOf(acme, { headers: { 'Content-Type': 'text/plain' } })],
      [200, '/docs', {}],
      [200, '/v1/openapi.json', {}],
      [200, '/problems/not-found', {}],
      [404, '/problems/none', {}],
    ];
    for (const [status, path, init] of asked) {
      const headers = { ...(init.headers as Record<string, string>), ...ORIGIN };
      const answer = await api.app.request(path, { ...init, headers });
      assert.equal(answer.status, status, path);
      assertStrict(`${status} ${path}`, answer);
    }
  });

  it('is strict when there is too much to do, and when something is broken', async () => {
    const full = { enter: () => 'requests' as const, stop: () => undefined, inFlight: 0 };
    const shedding = createApp({ ...api.deps, load: full });
    const shed = await shedding.request('/v1/products', getOf(api.acme));
    assert.equal(shed.status, 503);
    assertStrict('503', shed);
    const credentials = { authenticate: () => Promise.reject(new Error('a bug')) };
    const broken = await createApp({ ...api.deps, credentials }).request(
      '/v1/products',
      getOf(api.acme),
    );
    assert.equal(broken.status, 500);
    assertStrict('500', broken);
    const limited = createProcess(api.database.url, 2, { perMinute: 0 });
    const spent = await limited.app.request('/v1/products', getOf(api.acme));
    assert.equal(spent.status, 429);
    assertStrict('429', spent);
    await limited.close();
  });

  it('refuses what a browser asks before it asks across origins', async () => {
    const preflight = await api.app.request('/v1/orders', {
      method: 'OPTIONS',
      headers: { ...ORIGIN, 'Access-Control-Request-Method': 'POST' },
    });
    assert.equal(preflight.status, 405);
    assertStrict('OPTIONS', preflight);
  });
});
