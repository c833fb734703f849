import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { createMetrics } from '../../src/api/metrics.ts';
import { createHarness, getOf, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('The metrics of an API process', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  function createMeasured(changes = {}) {
    const metrics = createMetrics({
      pools: { tenants: api.tenants },
      inFlight: () => 1,
      openStreams: () => 2,
      admission: () => ({ waiting: 3, limit: 60, perSecond: 30 }),
      books: { render: () => Promise.resolve(undefined) },
    });
    const app = createApp({ ...api.deps, ...changes, measured: metrics.measured });
    /** The lines of one metric. */
    const told = async (name: string) =>
      (await metrics.render()).split('\n').filter((line) => line.startsWith(name));
    return { app, metrics, told };
  }

  it('name routes by their patterns: no ID, and no URL that somebody made up', async () => {
    const { app, told } = createMeasured();
    const placed = await orderIn(await app.request('/v1/orders', postOf(api.acme)));
    for (let n = 0; n < 20; n++) await app.request(`/nowhere/${n}?q=${n}`);
    await app.request(placed.links.self, getOf(api.acme));
    await app.request(`${placed.links.self}?wait=0`, getOf(api.acme));
    await app.request(placed.links.self);
    for (const method of ['BREW', 'PROPFIND', 'REPORT']) {
      await app.request('/v1/orders', { method });
    }
    const counts = await told('makegood_http_request_duration_seconds_count');
    assert.deepEqual(
      counts.map((line) => line.replace('makegood_http_request_duration_seconds_count', '')).sort(),
      [
        '{method="GET",route="/*",status="404",ok="false",waits="false"} 20',
        '{method="GET",route="/v1/orders/:id",status="200",ok="true",waits="false"} 1',
        '{method="GET",route="/v1/orders/:id",status="200",ok="true",waits="true"} 1',
        '{method="GET",route="/v1/orders/:id",status="401",ok="false",waits="false"} 1',
        '{method="POST",route="/v1/orders",status="202",ok="true",waits="false"} 1',
        '{method="other",route="/*",status="405",ok="false",waits="false"} 3',
      ],
    );
    assert.ok(!(await told('')).join().includes(placed.id));
  });

  it('say what there was too much of where a request was turned away', async () => {
    for (const limit of ['requests', 'queries', 'loop lag'] as const) {
      const { app, told } = createMeasured({
        load: { enter: () => limit, stop: () => undefined, inFlight: 0 },
      });
      assert.equal((await app.request('/v1/products', getOf(api.acme))).status, 503);
      assert.deepEqual(await told('makegood_http_requests_refused_total'), [
        `makegood_http_requests_refused_total{problem="overloaded",limit="${limit}"} 1`,
      ]);
    }
  });

  it('count what the loops have done', async () => {
    const { metrics, told } = createMeasured();
    metrics.did('starter', 'started late', 3);
    metrics.did('starter', 'started late');
    assert.deepEqual(await told('makegood_loop_acts_total'), [
      'makegood_loop_acts_total{loop="starter",act="started late"} 4',
    ]);
  });

  it('count the gateway’s events, by types that there are', async () => {
    const { metrics, told } = createMeasured();
    metrics.counted('payment_intent.succeeded', 'new');
    metrics.counted('refund.created', 'repeated');
    metrics.counted('whatever.somebody.sends', 'new');
    metrics.counted('', 'refused');
    const name = 'makegood_gateway_events_total';
    assert.deepEqual(await told(name), [
      `${name}{type="payment_intent.succeeded",how="new"} 1`,
      `${name}{type="refund.created",how="repeated"} 1`,
      `${name}{type="other",how="new"} 1`,
      `${name}{type="other",how="refused"} 1`,
    ]);
  });

  it('say that PostgreSQL is down, and nothing of the books then', async () => {
    const { told } = createMeasured();
    assert.deepEqual(await told('makegood_database_up'), ['makegood_database_up 0']);
    assert.deepEqual(await told('makegood_orders'), []);
  });
});
