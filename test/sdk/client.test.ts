import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { createClient, ProblemError, StillWaitingError } from '../../src/sdk/index.ts';
import { createHarness, validBody } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';
import { bookHeld } from '../support/shipments.ts';
import { badLine, failure, fakeClock, NOBODY, problem } from './support.ts';
import type { Fetch, Turn } from './support.ts';

/** Two TEA at 3.99 and a CUP at 12.50. */
const TOTAL = 2048n;

describe('The client, at the API', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const through: Fetch = async (url, init) => await api.app.request(url, init);
  const on = (script: readonly Turn[] = []) => {
    const line = badLine(script, through);
    const options = { baseUrl: 'http://localhost', apiKey: api.acme.key, fetch: line.fetch };
    return { ...line, client: createClient(options, fakeClock()) };
  };
  const idOf = (id: string) => id as OrderId;

  it('places one order, whatever is lost on the way', async () => {
    for (const script of [
      ['lost'],
      ['answer lost'],
      ['answer cut', 'answer lost', 'lost'],
      [problem(429, 'quota-exceeded', { 'Retry-After': '1' }), 'answer lost', problem(500, 'any')],
    ] as const) {
      const orders = await api.count('order');
      const { client, sent } = on(script);
      const { order, replayed, idempotencyKey } = await client.orders.place(validBody());
      assert.equal(await api.count('order'), orders + 1);
      assert.equal(
        replayed,
        script.some((turn) => typeof turn === 'string' && turn !== 'lost'),
      );
      assert.deepEqual([...new Set(sent.map(({ key }) => key))], [idempotencyKey]);
      assert.equal((await client.orders.get(order.id)).id, order.id);
    }
  });

  it('finds out with the key what became of an order whose answers were all lost', async () => {
    const orders = await api.count('order');
    const key = 'kept before it was sent';
    const idempotencyKey = key.replaceAll(' ', '-');
    const lost = on(['answer lost', 'answer lost', 'answer lost', 'lost', 'lost', 'lost']).client;
    await failure(lost.orders.place(validBody(), { idempotencyKey }));
    const { replayed } = await on().client.orders.place(validBody(), { idempotencyKey });
    assert.equal(replayed, true);
    assert.equal(await api.count('order'), orders + 1);
  });

  it('cancels and refunds once, whatever is lost on the way', async () => {
    const { client } = on(['through', 'answer lost', 'through']);
    const { order } = await client.orders.place(validBody());
    const cancelled = await client.orders.cancel(order.id);
    assert.deepEqual([cancelled.order.id, cancelled.replayed], [order.id, true]);

    const other = on(['through', 'answer lost', 'answer cut']).client;
    const { id } = (await other.orders.place(validBody())).order;
    await bookCompleted(api.book, idOf(id), TOTAL);
    const amount = { value: '500', currency: 'EUR' };
    const { refund, replayed } = await other.refunds.request(id, { amount });
    assert.deepEqual([refund.amount, replayed], [amount, true]);
    assert.equal(await api.count('refund'), 1);
    assert.equal((await other.refunds.get(id, refund.id)).status, 'requested');
  });

  it('ships once, whatever is lost on the way', async () => {
    const { client } = on(['through', 'answer lost', 'answer cut']);
    const { id } = (await client.orders.place(validBody())).order;
    await bookHeld(api.pool, api.book, idOf(id), TOTAL);
    const lines = [{ sku: 'CUP', quantity: 1 }];
    const { shipment, replayed } = await client.shipments.request(id, { lines });
    assert.equal(replayed, true);
    assert.ok('lines' in shipment);
    assert.deepEqual([shipment.amount.value, shipment.lines], ['1250', lines]);
    const { shipments = [] } = await client.orders.get(id);
    assert.deepEqual(
      shipments.map((one) => [one.id, one.status]),
      [[shipment.id, 'requested']],
    );
  });

  it('answers the order as it is now where it waited for the decision', async () => {
    const { client } = on();
    const placing = client.orders.place(validBody(), { wait: 30 });
    const started = api.sagas.started.length;
    const id = await new Promise<OrderId>((resolve) => {
      const look = setInterval(() => {
        const last = api.sagas.started.at(started);
        if (last === undefined) return;
        clearInterval(look);
        resolve(last.id);
      }, 5);
    });
    await bookPaid(api.book, id, TOTAL);
    const placed = await placing;
    assert.equal(placed.decided && placed.order.status, 'paid');
    const soon = await client.orders.place(validBody(), { wait: 0 });
    assert.equal(soon.decided, false);
  });

  it('waits for an order to be decided, or to end', async () => {
    const { client, sent } = on();
    const { id } = (await client.orders.place(validBody())).order;
    const ended = client.orders.waitFor(id);
    await bookPaid(api.book, idOf(id), TOTAL);
    assert.equal((await client.orders.waitFor(id, { until: 'decided' })).status, 'paid');
    await api.book.recordShipment(idOf(id), 'MG1');
    await api.book.recordReceipt(idOf(id));
    assert.equal((await ended).status, 'completed');
    assert.ok(sent.some(({ url }) => url.endsWith(`${id}?wait=25`)));
  });

  it('waits no longer than it is told to, and says what it saw last', async () => {
    const { client } = on();
    const { id } = (await client.orders.place(validBody())).order;
    const wrong = await failure(client.orders.waitFor(id, { timeoutMs: 0 }));
    assert.ok(wrong instanceof StillWaitingError);
    assert.equal(wrong.order.status, 'accepted');
    const enough = AbortSignal.abort(new Error('enough'));
    assert.equal(
      String(await failure(client.orders.waitFor(id, { signal: enough }))),
      'Error: enough',
    );
  });

  it('throws what the API says against a request, field by field', async () => {
    const { client } = on();
    const lines = [{ sku: 'GONE', quantity: 1 }];
    const wrong = await failure(client.orders.place({ ...validBody(), lines }));
    assert.ok(wrong instanceof ProblemError);
    assert.equal(wrong.code, 'sold-out');
    assert.equal(wrong.type, '/problems/sold-out');
    assert.equal(wrong.status, 409);
    assert.deepEqual(wrong.body.skus, ['GONE']);
    assert.deepEqual(wrong.errors, [
      { field: 'lines[0].sku', detail: 'Fewer than that are left.' },
    ]);
    assert.match(wrong.requestId ?? '', /^req_/);
  });

  it('pages through the products, and finds one by its SKU', async () => {
    const { client } = on();
    const skus: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.products.list({ limit: 2, cursor });
      skus.push(...page.data.map(({ sku }) => sku));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(skus, ['BAGEL', 'CUP', 'GONE', 'LAST', 'TEA']);
    assert.equal((await client.products.get('TEA')).price.value, '399');
  });

  it('asks for what it was given and nothing else, whatever is in an ID', async () => {
    const { client, sent } = on();
    for (const id of ['a/../b', 'ord_1?wait=1', '#', '%2e%2e']) {
      const wrong = await failure(client.orders.get(id));
      assert.ok(wrong instanceof ProblemError && wrong.code === 'not-found', id);
      assert.equal(sent.at(-1)?.url, `http://localhost/v1/orders/${encodeURIComponent(id)}`);
    }
    for (const id of ['', '.', '..']) await assert.rejects(client.orders.get(id), TypeError);
  });

  it('uses the API key it was made with', async () => {
    const stranger = createClient(
      { baseUrl: 'http://localhost', apiKey: 'mg_dev_nobody', fetch: through },
      fakeClock(),
    );
    const wrong = await failure(stranger.products.list());
    assert.ok(wrong instanceof ProblemError && wrong.code === 'unauthenticated');
    assert.throws(() => createClient({ baseUrl: 'nowhere', apiKey: '', fetch: NOBODY }), TypeError);
  });
});
