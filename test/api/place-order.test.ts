import assert from 'node:assert/strict';
import { createHarness, getOf, linksOf, newKey, orderIn, postOf, validBody } from './harness.ts';
import type { Harness, OrderBody, ProblemBody } from './harness.ts';

describe('POST /v1/orders', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const post = (init: RequestInit) => api.app.request('/v1/orders', init);

  it('accepts a first, valid request: one order, priced here, and its run is started', async () => {
    const response = await post(postOf(api.acme));
    assert.equal(response.status, 202);
    const { id, amount, links } = await orderIn(response);
    assert.match(id, /^ord_[0-9a-z]{26}$/);
    assert.deepEqual(amount, { value: '2048', currency: 'EUR' });
    assert.deepEqual(links, linksOf(id));
    assert.equal(response.headers.get('location'), `/v1/orders/${id}`);
    assert.equal(response.headers.get('idempotent-replayed'), null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const requestId = response.headers.get('x-request-id');
    assert.match(requestId ?? '', /^req_/);
    assert.deepEqual(api.sagas.started.at(-1), {
      id,
      tenantId: api.acme.id,
      requestId,
      amountMinor: '2048',
      currency: 'EUR',
      lines: [
        { sku: 'CUP', quantity: 1 },
        { sku: 'TEA', quantity: 2 },
      ],
    });
  });

  it('answers with exactly these bytes', async () => {
    const response = await post(postOf(api.acme));
    const text = await response.text();
    const { id, createdAt } = JSON.parse(text) as OrderBody;
    assert.equal(
      text,
      `{"id":"${id}","createdAt":"${createdAt}",` +
        '"amount":{"value":"2048","currency":"EUR"},' +
        `"links":${JSON.stringify(linksOf(id))}}`,
    );
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('replays byte by byte, also after a refusal, and starts a run only while none is known', async () => {
    const init = postOf(api.acme, { key: newKey() });
    const first = await post(init);
    const text = await first.text();
    const { id } = JSON.parse(text) as OrderBody;
    const startsOf = () => api.sagas.started.filter((order) => order.id === id).length;
    const replay = async () => {
      const again = await post(init);
      assert.equal(again.status, 202);
      assert.equal(again.headers.get('idempotent-replayed'), 'true');
      assert.equal(again.headers.get('location'), `/v1/orders/${id}`);
      assert.equal(await again.text(), text);
    };
    await replay();
    assert.equal(startsOf(), 2, 'a replay starts what may have died before its start');
    await api.book.beginUnwind(id, 'out-of-stock');
    await api.book.closeOrder(id);
    await replay();
    assert.equal(startsOf(), 2, 'a run that has moved the order is known');
  });

  it('takes the same members in another order for the same request', async () => {
    const key = newKey();
    const body = validBody();
    await post(postOf(api.acme, { key, body }));
    const reversed = Object.fromEntries(Object.entries(body).reverse());
    const again = await post(postOf(api.acme, { key, body: reversed }));
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
  });

  it('takes a quoted key and a bare one for the same key, and echoes what was sent', async () => {
    const key = newKey();
    const bare = await post(postOf(api.acme, { key }));
    const quoted = await post(postOf(api.acme, { key: `"${key}"` }));
    assert.equal(quoted.headers.get('idempotency-key'), `"${key}"`);
    assert.equal(await quoted.text(), await bare.text());
  });

  it('refuses a key that was used with another body, and does not tell of that body', async () => {
    const key = newKey();
    const { id } = await orderIn(await post(postOf(api.acme, { key })));
    const body = { ...validBody(), paymentMethod: 'pm_other' };
    const response = await post(postOf(api.acme, { key, body }));
    assert.equal(response.status, 422);
    const text = await response.text();
    assert.match(text, /idempotency-key-reused/);
    assert.ok(!text.includes(id) && !text.includes('pm_card_visa'));
  });

  it('keeps the keys of two tenants apart', async () => {
    const key = newKey();
    const ours = await orderIn(await post(postOf(api.acme, { key })));
    const theirs = await post(postOf(api.globex, { key }));
    assert.equal(theirs.status, 202);
    assert.equal(theirs.headers.get('idempotent-replayed'), null);
    assert.notEqual((await orderIn(theirs)).id, ours.id);
  });

  it('lets a replay win over a price that has changed and goods that are gone', async () => {
    const body = { ...validBody(), lines: [{ sku: 'LAST', quantity: 1 }] };
    const init = postOf(api.globex, { body });
    const first = await (await post(init)).text();
    await api.pool.query(`UPDATE stock SET available = 0 WHERE sku = 'LAST'`);
    await api.pool.query(`UPDATE product SET unit_price = 600 WHERE sku = 'LAST'`);
    assert.equal(await (await post(init)).text(), first);
  });

  describe('refuses without using the key up', () => {
    const refusals: {
      what: string;
      change: object;
      status: number;
      type: string;
      names: string[];
    }[] = [
      {
        what: 'an unknown SKU',
        change: {
          lines: [
            { sku: 'TEA', quantity: 1 },
            { sku: 'NOPE', quantity: 1 },
          ],
        },
        status: 400,
        type: 'unknown-sku',
        names: ['lines[1].sku'],
      },
      {
        what: 'lines in two currencies',
        change: {
          lines: [
            { sku: 'TEA', quantity: 1 },
            { sku: 'BAGEL', quantity: 1 },
          ],
        },
        status: 400,
        type: 'mixed-currencies',
        names: ['lines'],
      },
      {
        what: 'an expected amount that is not the price',
        change: { expectedAmount: { value: '1', currency: 'EUR' } },
        status: 409,
        type: 'price-changed',
        names: ['expectedAmount'],
      },
      {
        what: 'every line of which too few are left',
        change: {
          lines: [
            { sku: 'GONE', quantity: 1 },
            { sku: 'TEA', quantity: 1 },
            { sku: 'LAST', quantity: 1 },
            { sku: 'LAST', quantity: 1 },
          ],
        },
        status: 409,
        type: 'sold-out',
        names: ['lines[0].sku', 'lines[2].sku', 'lines[3].sku'],
      },
    ];
    for (const { what, change, status, type, names } of refusals) {
      it(what, async () => {
        const key = newKey();
        const claims = await api.count('idempotency_claim');
        const refused = await post(postOf(api.acme, { key, body: { ...validBody(), ...change } }));
        assert.equal(refused.status, status);
        const problem = (await refused.json()) as ProblemBody;
        assert.equal(problem.type, `/problems/${type}`);
        assert.deepEqual(
          problem.errors?.map(({ field }) => field),
          names,
        );
        assert.equal(await api.count('idempotency_claim'), claims);
        assert.equal((await post(postOf(api.acme, { key }))).status, 202);
      });
    }
  });

  it('tells the price and the SKUs that it refuses by', async () => {
    const expectedAmount = { value: '1', currency: 'EUR' };
    const changed = await post(postOf(api.acme, { body: { ...validBody(), expectedAmount } }));
    assert.deepEqual(((await changed.json()) as ProblemBody).amount, {
      value: '2048',
      currency: 'EUR',
    });
    const lines = [{ sku: 'GONE', quantity: 1 }];
    const soldOut = await post(postOf(api.acme, { body: { ...validBody(), lines } }));
    assert.deepEqual(((await soldOut.json()) as ProblemBody).skus, ['GONE']);
  });

  it('accepts an expected amount that is the price, and sums the same SKU', async () => {
    const lines = [
      { sku: 'TEA', quantity: 1 },
      { sku: 'TEA', quantity: 2 },
    ];
    const expectedAmount = { value: '1197', currency: 'EUR' };
    const body = { ...validBody(), lines, expectedAmount, metadata: { cart: 'c-1' } };
    const response = await post(postOf(api.acme, { body }));
    assert.equal(response.status, 202);
    const { links } = await orderIn(response);
    const order = (await (await api.app.request(links.self, getOf(api.acme))).json()) as object;
    assert.deepEqual('lines' in order && order.lines, [
      { sku: 'TEA', quantity: 3, unitPrice: { value: '399', currency: 'EUR' } },
    ]);
    assert.deepEqual('metadata' in order && order.metadata, { cart: 'c-1' });
  });

  it('accepts with Temporal down', async () => {
    api.sagas.down = true;
    const response = await post(postOf(api.acme));
    api.sagas.down = false;
    assert.equal(response.status, 202);
  });

  it('answers 409 with Retry-After while an equal request has been in flight for too long', async () => {
    const key = newKey();
    const rival = await api.pool.connect();
    await rival.query('BEGIN');
    await rival.query('SELECT place_order($1, $2, $3, $4, $5)', await claimValues(api, key));
    const response = await post(postOf(api.acme, { key }));
    await rival.query('ROLLBACK');
    rival.release();
    assert.equal(response.status, 409);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.match(await response.text(), /idempotency-in-progress/);
    assert.equal((await post(postOf(api.acme, { key }))).status, 202);
  });
});

/** What the API itself would send for this key: the rival is an equal request of another process. */
async function claimValues(api: Harness, key: string): Promise<unknown[]> {
  const { createHash } = await import('node:crypto');
  const keyHash = createHash('sha256').update(key).digest();
  const order = { ...validBody(), id: 'ord_rival', requestId: 'req_rival' };
  return [api.acme.id, 'POST /v1/orders', keyHash, Buffer.alloc(32), JSON.stringify(order)];
}
