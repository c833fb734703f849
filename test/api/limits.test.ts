import assert from 'node:assert/strict';
import { createLimits } from '../../src/api/limits.ts';
import { recordStatements } from '../support/statements.ts';
import { addKey, createHarness, createProcess, eventually, getOf, newKey } from './harness.ts';
import { PLENTY, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

/** As a server would hand it over. */
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

async function problemOf(answer: Response): Promise<string> {
  return ((await answer.json()) as ProblemBody).type;
}

describe('The quota of a tenant', () => {
  let api: Harness;
  let process: ReturnType<typeof createProcess>;
  before(async () => (api = await createHarness()));
  beforeEach(() => (process = createProcess(api.database.url, 10, { perMinute: 2 })));
  afterEach(() => process.close());
  after(() => api.close());

  const read = (tenant: { key: string }, path = '/v1/products') =>
    process.app.request(path, getOf(tenant));

  it('is told on every answer, and one request more is refused until it is filled again', async () => {
    const left = [];
    for (let n = 0; n < 3; n++) {
      const { status, headers } = await read(api.acme);
      assert.equal(headers.get('ratelimit-policy'), '"default";q=2;w=60');
      left.push([status, headers.get('ratelimit')?.replace(/;t=.*/, '')]);
    }
    assert.deepEqual(left, [
      [200, '"default";r=1'],
      [200, '"default";r=0'],
      [429, '"default";r=0'],
    ]);
    const refused = await read(api.acme);
    const [, seconds] = /;t=(\d+)$/.exec(refused.headers.get('ratelimit') ?? '') ?? [];
    assert.equal(refused.headers.get('retry-after'), seconds);
    assert.ok(Number(seconds) >= 1 && Number(seconds) <= 60);
    assert.equal(await problemOf(refused), '/problems/quota-exceeded');
  });

  it('is the tenant’s own, and each route’s own', async () => {
    for (let n = 0; n < 3; n++) await read(api.acme);
    const other = await addKey(api.pool, api.acme.id, ['orders:read']);
    assert.equal((await read({ key: other })).status, 429, 'another key is no other tenant');
    assert.equal((await read(api.globex)).status, 200);
    assert.equal((await read(api.acme, '/v1/products/TEA')).status, 200);
    for (const sku of ['CUP', 'LAST']) await read(api.acme, `/v1/products/${sku}`);
    assert.equal((await read(api.acme, '/v1/products/TEA')).status, 429, 'of all IDs together');
  });

  it('is asked before the order is: a request too many uses no key up', async () => {
    for (let n = 0; n < 2; n++) await process.app.request('/v1/orders', postOf(api.acme));
    const statements = recordStatements(process.tenants, []);
    const init = postOf(api.acme, { key: newKey() });
    assert.equal((await process.app.request('/v1/orders', init)).status, 429);
    assert.deepEqual(statements, ['authenticate']);
    assert.equal((await api.app.request('/v1/orders', init)).status, 202);
  });

  it('counts what a key without the scope asks too', async () => {
    for (const status of [403, 403, 429]) {
      const asked = process.app.request('/v1/orders', postOf({ key: api.acme.readOnlyKey }));
      assert.equal((await asked).status, status);
    }
  });
});

describe('Failed logins', () => {
  let api: Harness;
  let process: ReturnType<typeof createProcess>;
  let unknown: string;
  before(async () => {
    api = await createHarness();
    unknown = await addKey(api.pool, api.acme.id, []);
    await api.pool.query('DELETE FROM api_key WHERE scopes = $1', [[]]);
  });
  const limited = { failuresPerMinute: 2 };
  beforeEach(() => (process = createProcess(api.database.url, 10, limited)));
  afterEach(() => process.close());
  after(() => api.close());

  const login = async (key: string, address: string, headers = {}) =>
    (await process.app.request('/v1/products', getOf({ key }, headers), from(address))).status;
  const lockOut = async (address: string) => {
    for (let n = 0; n < 2; n++) assert.equal(await login(unknown, address), 401);
  };

  it('are answered 429 after so many from one address, without a look at the credential', async () => {
    await lockOut('192.0.2.1');
    const statements = recordStatements(process.tenants, []);
    for (const key of [unknown, 'nonsense', api.acme.key]) {
      assert.equal(await login(key, '192.0.2.1'), 429);
    }
    assert.deepEqual(statements, []);
    assert.equal(await login(api.acme.key, '192.0.2.2'), 200);
  });

  it('do not lock out a key that has worked before, wherever it comes from', async () => {
    assert.equal(await login(api.acme.key, '192.0.2.2'), 200);
    await lockOut('192.0.2.1');
    assert.equal(await login(api.acme.key, '192.0.2.1'), 200);
  });

  it('are counted by an IPv6 network, of which one client has all addresses', async () => {
    assert.equal(await login(unknown, '2001:db8::1'), 401);
    assert.equal(await login(unknown, '2001:db8:0:0:ffff::2'), 401);
    assert.equal(await login(unknown, '2001:db8:0:0:1:2:3:4'), 429);
    assert.equal(await login(unknown, '2001:db8:0:1::1'), 401);
    await lockOut('::ffff:192.0.2.9');
    assert.equal(await login(unknown, '192.0.2.9'), 429);
  });

  it('are counted by what our own proxies say, and not by what a client says of itself', async () => {
    await process.close();
    const forwarded = (list: string) => ({ 'X-Forwarded-For': list });
    process = createProcess(api.database.url, 10, limited);
    for (const [n, status] of [401, 401, 429].entries()) {
      assert.equal(await login(unknown, '192.0.2.1', forwarded(`198.51.100.${n}`)), status);
    }
    await process.close();
    process = createProcess(api.database.url, 10, { ...limited, trustedProxies: 1 });
    for (const [n, status] of [401, 401, 429].entries()) {
      const list = `203.0.113.${n}, 198.51.100.1`;
      assert.equal(await login(unknown, '192.0.2.1', forwarded(list)), status);
    }
    assert.equal(await login(unknown, '192.0.2.1', forwarded('198.51.100.2')), 401);
  });

  it('take no more memory, however many addresses fail', async () => {
    const limits = createLimits({ ...PLENTY, failuresPerMinute: 1 });
    const context = (n: number) =>
      ({
        env: from(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`),
        req: { header: () => '' },
      }) as never;
    const addresses = 30_000;
    for (let n = 0; n < addresses; n++) await limits.failed(context(n));
    // With a counter for each, all others would be free; with 65,536, about 630 of 1000 are.
    let free = 0;
    for (let n = addresses; n < addresses + 1_000; n++) {
      await limits.admit(context(n), '').then(
        () => free++,
        () => 0,
      );
    }
    assert.ok(free < 800, `${free} of 1000 are free`);
  });
});

describe('A process with too much to do', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  it('refuses one request more before it is begun, and takes the next when there is room', async () => {
    const process = createProcess(api.database.url, 10, { mostInFlight: 1 });
    const placed = await process.app.request('/v1/orders', postOf(api.acme));
    const path = `${placed.headers.get('location') ?? ''}?wait=30`;
    const hangUp = new AbortController();
    const waiting = process.app.request(path, { ...getOf(api.acme), signal: hangUp.signal });
    const statements = recordStatements(process.tenants, []);
    const init = postOf(api.acme, { key: newKey() });
    const refused = await process.app.request('/v1/orders', init);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal(await problemOf(refused), '/problems/overloaded');
    assert.ok(!statements.includes('place_order'));
    hangUp.abort();
    await waiting;
    assert.equal((await process.app.request('/v1/orders', init)).status, 202);
    await process.close();
  });

  it('refuses while too many queries wait for a connection', async () => {
    const process = createProcess(api.database.url, 2, { mostQueued: 1 });
    const holders = await Promise.all([process.tenants.connect(), process.tenants.connect()]);
    const first = process.app.request('/v1/products', getOf(api.acme));
    await eventually(() => process.tenants.waitingCount === 1);
    assert.equal((await process.app.request('/v1/products', getOf(api.acme))).status, 503);
    holders.forEach((holder) => holder.release());
    assert.equal((await first).status, 200);
    assert.equal((await process.app.request('/v1/products', getOf(api.acme))).status, 200);
    await process.close();
  });

  it('refuses while its event loop is late', async () => {
    const process = createProcess(api.database.url, 2, { mostLagMs: 20 });
    const status = async () => (await process.app.request('/v1/openapi.json')).status;
    const block = () => {
      const end = performance.now() + 250;
      while (performance.now() < end);
    };
    let late = true;
    const blocking = setInterval(() => late && block(), 1);
    await eventually(async () => (await status()) === 503);
    late = false;
    await eventually(async () => (await status()) === 200);
    clearInterval(blocking);
    await process.close();
  });
});
