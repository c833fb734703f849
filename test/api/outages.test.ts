import assert from 'node:assert/strict';
import { Hono } from 'hono';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { createDatabaseCheck } from '../../src/adapters/postgres/health.ts';
import { addHealth } from '../../src/api/health.ts';
import { createStarter } from '../../src/api/starter.ts';
import { recordingSagas } from '../support/recording-sagas.ts';
import type { RecordingSagas } from '../support/recording-sagas.ts';
import { createHarness, createProcess, eventually, getOf, orderIn, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

describe('With PostgreSQL down', () => {
  const api = createProcess(NOWHERE);
  const tenant = makeApiKey('dev');
  after(() => api.close());

  it('every answer is a 503 problem that says to retry with the same key', async () => {
    for (const [path, init] of [
      ['/v1/orders', postOf(tenant)],
      ['/v1/products', getOf(tenant)],
    ] as const) {
      const response = await api.app.request(path, init);
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '2');
      const problem = (await response.json()) as ProblemBody;
      assert.equal(problem.type, '/problems/temporarily-unavailable');
      assert.match(problem.detail, /same key/);
      assert.ok(!JSON.stringify(problem).includes('127.0.0.1'));
    }
  });
});

describe('When the answer to the commit is lost', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  it('the client gets a 503, and its retry the order that was placed', async () => {
    const init = postOf(api.acme);
    const lossy = createProcess(api.database.url, 2);
    const query = lossy.tenants.query.bind(lossy.pool) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(lossy.tenants, {
      async query(config: { name?: string }, ...rest: unknown[]) {
        const answer = await query(config, ...rest);
        if (config.name === 'place_order') throw new Error('Connection terminated unexpectedly');
        return answer;
      },
    });
    const lost = await lossy.app.request('/v1/orders', init);
    assert.equal(lost.status, 503);
    await lossy.close();
    const orders = await api.count('order');
    const retry = await api.app.request('/v1/orders', init);
    assert.equal(retry.status, 202);
    assert.equal(retry.headers.get('idempotent-replayed'), 'true');
    assert.equal(await api.count('order'), orders);
    assert.equal(api.sagas.started.at(-1)?.id, (await orderIn(retry)).id);
  });
});

describe('The starter', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const place = async (n: number) => {
    api.sagas.down = true;
    const answers = Array.from({ length: n }, () =>
      api.app.request('/v1/orders', postOf(api.acme)),
    );
    const ids = await Promise.all(answers.map(async (answer) => (await orderIn(await answer)).id));
    api.sagas.down = false;
    return ids;
  };
  const unstarted = async () => {
    const { rows } = await api.pool.query<{ n: number }>(
      'SELECT count(*)::integer n FROM "order" WHERE run_started_at IS NULL',
    );
    return rows[0]?.n;
  };

  it('starts, once, what was accepted while Temporal was down', async () => {
    const ids = await place(120);
    await api.pool.query(`UPDATE "order" SET created_at = created_at - interval '1 minute'`);
    const sagas = recordingSagas();
    const starters = [30, 30, 30].map((graceSeconds) =>
      createStarter({ ...api, sagas, graceSeconds, everyMs: 10 }),
    );
    await eventually(async () => (await unstarted()) === 0);
    await Promise.all(starters.map((starter) => starter.stop()));
    assert.deepEqual(sagas.started.map(({ id }) => id).sort(), [...ids].sort());
    const [first] = sagas.started;
    assert.equal(first?.amountMinor, '2048');
    assert.equal(first.lines.length, 2);
  });

  it('asks once per pass while Temporal is down, and goes on when it is back', async () => {
    await place(5);
    const sagas = recordingSagas();
    sagas.down = true;
    let asked = 0;
    const startCheckout: RecordingSagas['startCheckout'] = (order) => {
      asked++;
      return sagas.startCheckout(order);
    };
    // A pass lends all five for the grace, so that each grace sees one question.
    const options = { ...api, sagas: { ...sagas, startCheckout }, everyMs: 10 };
    const starter = createStarter({ ...options, graceSeconds: 0.3 });
    await eventually(() => asked > 0);
    assert.equal(asked, 1);
    sagas.down = false;
    await eventually(async () => (await unstarted()) === 0);
    assert.equal(asked, 6);
    await starter.stop();
  });

  it('leaves young orders to the request that placed them', async () => {
    await place(1);
    const leased = await api.store.leaseUnstarted(60, 50);
    assert.deepEqual(leased, []);
  });
});

describe('Readiness', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const ask = async (options: {
    temporal?: boolean;
    draining?: boolean;
    pool?: Harness['pool'];
  }) => {
    const { temporal = true, draining = false, pool = api.pool } = options;
    const app = new Hono();
    addHealth(app, {
      checkDatabase: createDatabaseCheck(pool),
      checkTemporal: () => Promise.resolve(temporal),
      isDraining: () => draining,
    });
    const response = await app.request('/health/ready');
    const { temporal: shown } = (await response.json()) as { temporal: string };
    return { status: response.status, temporal: shown };
  };

  it('needs PostgreSQL with every migration, and shows Temporal without needing it', async () => {
    assert.equal((await ask({})).status, 200);
    const withoutTemporal = await ask({ temporal: false });
    assert.equal(withoutTemporal.status, 200);
    assert.equal(withoutTemporal.temporal, 'down');
    assert.equal((await ask({ draining: true })).status, 503);
    const elsewhere = createProcess(NOWHERE);
    assert.equal((await ask({ pool: elsewhere.pool })).status, 503);
    await elsewhere.close();
    await api.pool.query(`DELETE FROM migration WHERE name LIKE '%api'`);
    assert.equal((await ask({})).status, 503);
  });
});
