/** The shop's own server: who is answered, what passes to the API, and where there is no shop. */
import assert from 'node:assert/strict';
import { Hono } from 'hono';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { mayOpen } from '../../src/launcher/storefront/index.ts';
import { createStorefront } from '../../src/launcher/storefront/server.ts';
import { moneyIn } from '../../src/launcher/storefront/party-books.ts';
import type { Line } from '../../src/launcher/storefront/party-books.ts';

const HERE = { host: '127.0.0.1:3002' };
const KEY = 'mg_dev_secret';

describe('The shop’s server', () => {
  let api: Listening;
  const asked: { readonly request: string; readonly headers: Headers; readonly body: string }[] =
    [];
  const broken: string[] = [];
  const storefront = (url: string) =>
    createStorefront({
      api: { url, key: KEY },
      books: () => Promise.resolve(undefined),
      breaker: (trouble, requestId) => {
        broken.push(`${trouble} ${requestId}`);
        return Promise.resolve();
      },
      world: { operationsUrl: 'http://127.0.0.1:3001', standIns: ['gateway'] },
    });
  before(async () => {
    const app = new Hono();
    app.all('*', async (c) => {
      const { method, path } = c.req;
      asked.push({
        request: `${method} ${path}`,
        headers: c.req.raw.headers,
        body: await c.req.text(),
      });
      return c.json({ id: 'ord_1' }, 202, { 'Set-Cookie': 'a=b', 'X-Request-Id': 'req_1' });
    });
    api = await listen({ app, hostname: '127.0.0.1', port: 0 });
  });
  beforeEach(() => {
    asked.length = 0;
    broken.length = 0;
  });
  after(() => api.close());

  it('passes what the page needs to the API, in its own name and no other', async () => {
    const answer = await storefront(api.url).request('/v1/orders', {
      method: 'POST',
      headers: {
        ...HERE,
        Origin: 'http://127.0.0.1:3002',
        Authorization: 'Bearer somebody-else',
        Cookie: 'a=b',
        'Content-Type': 'application/json',
        'Idempotency-Key': 'one',
        'Shop-Trouble': 'hangs',
      },
      body: '{"lines":[]}',
    });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.equal(answer.headers.get('x-request-id'), 'req_1');
    const [{ request, headers, body } = assert.fail('the API was not asked')] = asked;
    assert.equal(request, 'POST /v1/orders');
    assert.equal(body, '{"lines":[]}');
    assert.equal(headers.get('authorization'), `Bearer ${KEY}`);
    assert.equal(headers.get('cookie'), null);
    assert.equal(headers.get('x-request-id'), 'shop-one');
    assert.deepEqual(broken, ['hangs shop-one']);
  });

  it('passes nothing else, and breaks nothing that it does not know', async () => {
    const app = storefront(api.url);
    const statuses = [];
    for (const [method, path] of [
      ['GET', '/v1/orders'],
      ['GET', '/v1/operations/queue'],
      ['GET', '/docs'],
      ['POST', '/v1/products'],
      ['DELETE', '/v1/orders/ord_1'],
      ['GET', '/shop/tsconfig.json'],
      ['GET', '/shop/..%2Fbooks.ts'],
      ['GET', '/api/operations-page/acts.js'],
      ['GET', '/shop/books/ord_1'],
    ] as const) {
      statuses.push((await app.request(path, { method, headers: HERE })).status);
    }
    assert.deepEqual(new Set(statuses), new Set([404]));
    assert.equal(asked.length, 0);
    const headers = { ...HERE, 'Shop-Trouble': 'constructor', 'Idempotency-Key': 'two' };
    await app.request('/v1/orders', { method: 'POST', headers, body: '{}' });
    assert.deepEqual(broken, []);
  });

  it('answers no other page that the same browser has open', async () => {
    const app = storefront(api.url);
    for (const headers of [
      { host: 'evil.example' },
      { host: '127.0.0.1.evil.example:3002' },
      { ...HERE, origin: 'https://evil.example' },
      { ...HERE, origin: 'null' },
    ]) {
      assert.equal((await app.request('/shop', { headers })).status, 403);
      assert.equal((await app.request('/v1/products', { headers })).status, 403);
    }
    assert.equal(asked.length, 0);
    assert.equal((await app.request('/shop', { headers: { host: 'localhost:3002' } })).status, 200);
  });

  it('says in the API’s form that the API is down', async () => {
    const answer = await storefront('http://127.0.0.1:9').request('/v1/products', {
      headers: HERE,
    });
    assert.equal(answer.status, 502);
    assert.equal(((await answer.json()) as { title: string }).title, 'The API does not answer');
  });

  it('serves a page that is complete, runs nothing but its own files, and shows no key', async () => {
    const app = storefront(api.url);
    const get = (path: string) => app.request(path, { headers: HERE });
    const page = await get('/shop');
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/);
    const html = await page.text();
    const paths = new Set([...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, at = '']) => at));
    for (const path of paths) {
      const file = await get(path);
      assert.equal(file.status, 200, path);
      const text = await file.text();
      assert.ok(!text.includes(KEY));
      for (const [, name = ''] of text.matchAll(/ from '([^']+)';$/gm)) {
        paths.add(new URL(name, `http://shop${path}`).pathname);
      }
    }
    assert.ok(paths.has('/shop/story.js') && paths.has('/api/operations-page/dom.js'));
  });
});

describe('There is no shop', () => {
  it('in production, nor where the gateway’s key is of real money', () => {
    assert.equal(mayOpen({}), true);
    assert.equal(mayOpen({ STRIPE_SECRET_KEY: 'sk_test_1' }), true);
    assert.equal(mayOpen({ MAKEGOOD_ENV: 'production' }), false);
    assert.equal(mayOpen({ STRIPE_SECRET_KEY: 'sk_live_1' }), false);
    assert.equal(mayOpen({ STRIPE_SECRET_KEY: 'rk_live_1' }), false);
  });
});

describe('The gateway’s book, for one order', () => {
  const line = (effect: string, amount: number): Line => ({
    at: '',
    kind: 'effect',
    operation: '',
    orderId: 'ord_1',
    effect,
    amount,
  });
  const held = line('authorized', 1999);

  it('says what is held, taken and given back', () => {
    const of = (...lines: Line[]) => {
      const { held, taken, givenBack } = moneyIn(lines);
      return [held, taken, givenBack];
    };
    assert.deepEqual(of(line('created', 1999)), ['0', '0', '0']);
    assert.deepEqual(of(held), ['1999', '0', '0']);
    assert.deepEqual(of(held, line('canceled', 1999)), ['0', '0', '0']);
    assert.deepEqual(of(held, line('captured', 1999)), ['0', '1999', '0']);
    const whole = [held, line('captured', 1999), line('refund-pending', 1999)];
    assert.deepEqual(of(...whole, line('refunded', 1999)), ['0', '1999', '1999']);
  });

  it('counts what must not happen twice', () => {
    const back = line('refunded', 1);
    const lines = [held, held, line('captured', 2), back, back];
    const { timesHeld, timesTaken, timesGivenBack } = moneyIn(lines);
    assert.deepEqual([timesHeld, timesTaken, timesGivenBack], [2, 1, 2]);
  });
});
