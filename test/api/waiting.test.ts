import assert from 'node:assert/strict';
import { isDecided } from '../../src/domain/order.ts';
import { createFeed, createNotifier } from '../../src/adapters/postgres/feed.ts';
import type { OrderSnapshot } from '../../src/api/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { bookAsked } from '../support/refunds.ts';
import { createHarness, eventually, getOf, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('Waiting for an order', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const post = (prefer?: string, init = postOf(api.acme)) => {
    const headers = {
      ...(init.headers as object),
      ...(prefer !== undefined && { Prefer: prefer }),
    };
    return api.app.request('/v1/orders', { ...init, headers });
  };
  const place = async (): Promise<OrderId> => (await orderIn(await post())).id;
  const get = (id: string, query = '', init: RequestInit = {}) =>
    api.app.request(`/v1/orders/${id}${query}`, { ...getOf(api.acme), ...init });
  const reject = async (id: OrderId) => {
    await api.book.beginUnwind(id, 'out-of-stock');
    await api.book.releaseStock(id);
    await api.book.closeOrder(id);
  };
  const newest = async (): Promise<OrderId> => {
    const known = api.sagas.started.length;
    await eventually(() => api.sagas.started.length > known);
    return api.sagas.started.at(-1)?.id ?? assert.fail();
  };

  it('answers 200 with the order as soon as it is decided', async () => {
    const answer = post('wait=20');
    const id = await newest();
    await api.book.reserveStock(id);
    await reject(id);
    const response = await answer;
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('preference-applied'), 'wait=20');
    assert.equal(response.headers.get('location'), `/v1/orders/${id}`);
    const shown = await response.text();
    assert.equal(shown, await (await get(id)).text());
    assert.match(shown, /"status":"rejected","reason":"out-of-stock"/);
  });

  it('answers 202 when the time is up first', async () => {
    const response = await post('respond-async, wait=1');
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('preference-applied'), 'wait=1');
  });

  it('ignores a wait beyond 30 seconds', async () => {
    for (const prefer of ['wait=31', 'wait=-1', 'wait=soon', 'await=5']) {
      const response = await post(prefer);
      assert.equal(response.status, 202);
      assert.equal(response.headers.get('preference-applied'), null);
    }
  });

  it('shows the order as it is now to a replay that waits, and the first bytes to one that does not', async () => {
    const init = postOf(api.acme);
    const first = await (await post(undefined, init)).text();
    await reject((JSON.parse(first) as { id: OrderId }).id);
    const waiting = await post('wait=5', init);
    assert.equal(waiting.status, 200);
    assert.equal(waiting.headers.get('idempotent-replayed'), 'true');
    assert.equal((await orderIn(waiting)).status, 'rejected');
    assert.equal(await (await post(undefined, init)).text(), first);
  });

  it('lasts on GET until the order has ended', async () => {
    const id = await place();
    const answer = get(id, '?wait=20');
    await api.book.reserveStock(id);
    await reject(id);
    assert.equal((await orderIn(await answer)).status, 'rejected');
    assert.equal((await orderIn(await get(id, '?wait=20'))).status, 'rejected');
  });

  const asks = (id: OrderId) => bookAsked(api.book, id, 2048n, 'https://bank.example');

  it('ends with 202 and a link as soon as the customer has to do something', async () => {
    const answer = post('wait=20');
    const id = await newest();
    await asks(id);
    const response = await answer;
    assert.equal(response.status, 202);
    const shown = await response.text();
    assert.equal(shown, await (await get(id)).text());
    assert.match(shown, /"action":\{"type":"redirect","url":"https:\/\/bank.example","expiresAt":/);
  });

  it('on GET ends with the link, and once that is known with the order', async () => {
    const id = await place();
    const first = get(id, '?wait=20');
    await asks(id);
    assert.match(await (await first).text(), /"action":/);
    const second = get(id, '?wait=20');
    await reject(id);
    const shown = await (await second).text();
    assert.match(shown, /"status":"rejected"/);
    assert.ok(!shown.includes('"action"'), 'nothing to do any more');
  });

  it('is cut short by word that the customer is back, for an order that may wait for it', async () => {
    const id = await place();
    const back = (order: string) =>
      api.app.request(`/v1/orders/${order}/payment/return`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${api.acme.key}` },
      });
    assert.equal((await back(id)).status, 202);
    assert.deepEqual(api.sagas.heard, [], 'nobody waits');
    await asks(id);
    for (let time = 0; time < 2; time += 1) {
      const answer = await back(id);
      assert.equal(answer.status, 202);
      assert.equal(await answer.text(), await (await get(id)).text());
    }
    assert.deepEqual(api.sagas.heard, [id, id]);
    assert.equal((await back('ord_00000000000000000000000000')).status, 404);
  });

  it('on GET for longer than 30 seconds is refused by name', async () => {
    const response = await get(await place(), '?wait=31');
    assert.equal(response.status, 400);
    assert.match(await response.text(), /"field":"wait"/);
  });

  it('ends when the client hangs up', async () => {
    const id = await place();
    const client = new AbortController();
    const answer = get(id, '?wait=30', { signal: client.signal });
    setTimeout(() => client.abort(), 50);
    assert.equal((await answer).status, 200);
  });

  it('is for each process its own, and each hears of what another one wrote', async () => {
    const id = await place();
    const elsewhere = createFeed({ url: api.database.url });
    const seen = elsewhere.wait(id, ({ status }) => isDecided(status), { timeoutMs: 20_000 });
    await reject(id);
    assert.equal((await seen)?.status, 'rejected');
    await elsewhere.close();
  });

  it('outlives its connection', async () => {
    const id = await place();
    const lost: Error[] = [];
    const feed = createFeed({ url: api.database.url, onLost: (error) => lost.push(error) });
    // Read once, so that the connection is known to stand.
    await feed.wait(id, () => true, { timeoutMs: 20_000 });
    const seen = feed.wait(id, ({ status }) => isDecided(status), { timeoutMs: 20_000 });
    const { rowCount } = await api.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'makegood-feed' AND datname = current_database()`,
    );
    assert.ok(rowCount);
    await eventually(() => lost.length > 0);
    await reject(id);
    assert.equal((await seen)?.status, 'rejected');
    await feed.close();
  });

  it('hears of an event whose notification was lost', async () => {
    const id = await place();
    let reads = 0;
    const until = ({ status }: OrderSnapshot) => ++reads > 0 && isDecided(status);
    const seen = api.feed.wait(id, until, { timeoutMs: 20_000 });
    await eventually(() => reads > 0);
    await api.pool.query(`SELECT begin_unwind($1, 'out-of-stock')`, [id]);
    await api.pool.query('SELECT close_order($1)', [id]);
    assert.equal((await seen)?.status, 'rejected');
  });

  it('ends with what was last seen when the process drains', async () => {
    const id = await place();
    const feed = createFeed({ url: api.database.url });
    await feed.wait(id, () => true, { timeoutMs: 20_000 });
    const seen = feed.wait(id, () => false, { timeoutMs: 20_000 });
    await feed.close();
    await seen;
    assert.equal(await feed.wait(id, () => true, { timeoutMs: 20_000 }), undefined);
  });

  it('never throws, also while there is no database', async () => {
    const feed = createFeed({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
    assert.equal(await feed.wait('ord_x', () => true, { timeoutMs: 50 }), undefined);
    await feed.close();
  });

  it('is woken by few notifications for many orders', async () => {
    const heard: string[] = [];
    const listener = await api.pool.connect();
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('LISTEN order_event');
    const notifier = createNotifier(api.pool);
    const ids = Array.from(
      { length: 450 },
      (_, n): OrderId => `ord_${String(n).padStart(26, '0')}`,
    );
    for (const id of [...ids, ...ids]) notifier.touched(id);
    await notifier.close();
    await eventually(() => heard.length >= 3);
    await listener.query('UNLISTEN order_event');
    listener.release();
    assert.deepEqual(
      heard.flatMap((payload) => payload.split(',')),
      ids,
    );
    assert.equal(heard.length, 3);
  });
});
