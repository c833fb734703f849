/** Admission: how many new orders are let in, as a rule and over HTTP. */
import assert from 'node:assert/strict';
import { createAdmission } from '../../src/api/admission.ts';
import type { AdmissionOptions } from '../../src/api/admission.ts';
import { createWaitingOrders } from '../../src/adapters/postgres/waiting-orders.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createHarness, createProcess, getOf, newKey } from './harness.ts';
import { orderIn, postOf, validBody } from './harness.ts';
import type { Harness, ProblemBody, Tenant } from './harness.ts';

describe('Admission', () => {
  /** A second at a time: what workers begin, what comes, and how much of it was let in. */
  function simulate(options: Partial<AdmissionOptions> = {}) {
    let at = 0;
    let waiting = 0;
    const processes = options.processes ?? 1;
    const admissions = Array.from({ length: processes }, () =>
      createAdmission({
        ...{ processes, waitSeconds: 2, mostWaiting: 10_000, now: () => at },
        ...options,
      }),
    );
    return {
      admissions,
      waiting: () => waiting,
      second(offered: number, canBegin: number, to = admissions): number {
        let taken = 0;
        const before = waiting;
        for (let n = 0; n < offered; n += 1) {
          at += 1_000 / offered;
          if (to[n % to.length]?.take() === true) taken += 1;
        }
        if (offered === 0) at += 1_000;
        waiting = Math.max(0, before + taken - canBegin);
        const look = { at: '', seconds: 1, waiting, came: taken };
        admissions.forEach((admission) => admission.learn(look));
        return taken;
      },
    };
  }

  for (const canBegin of [3, 25, 400]) {
    for (const processes of [1, 4]) {
      it(`at ten times what ${processes} can pass on, ${canBegin} a second, keeps the workers busy and the wait short`, () => {
        const world = simulate({ processes });
        for (let n = 0; n < 60; n += 1) world.second(10 * canBegin, canBegin);
        const taken = Array.from({ length: 60 }, () => world.second(10 * canBegin, canBegin));
        const perSecond = taken.reduce((sum, each) => sum + each, 0) / 60;
        assert.ok(Math.abs(perSecond - canBegin) <= 0.05 * canBegin + 0.1, `${perSecond} a second`);
        assert.ok(world.waiting() > 0, 'a worker was idle');
        assert.ok(world.waiting() <= Math.max(12, 2.3 * canBegin), `${world.waiting()} wait`);
      });
    }
  }

  it('keeps the workers busy when all requests come to one process of two', () => {
    const world = simulate({ processes: 2 });
    for (let n = 0; n < 60; n += 1) world.second(100, 25, world.admissions.slice(0, 1));
    assert.ok(world.waiting() > 0 && world.waiting() <= 75, `${world.waiting()} wait`);
  });

  it('refuses nobody while workers keep up and the crowd grows by half each second', () => {
    const world = simulate();
    for (const offered of [10, 15, 22, 33, 50, 75, 110, 165, 20, 165]) {
      assert.equal(world.second(offered, 1_000), offered);
    }
  });

  it('does not forget what workers can do while little comes', () => {
    const world = simulate();
    for (const offered of [10, 20, 40, 60, 90]) world.second(offered, 1_000);
    for (let n = 0; n < 60; n += 1) world.second(2, 1_000);
    assert.equal(world.second(90, 1_000), 90);
  });

  it('lets wait whoever comes while nobody begins anything, up to the most', () => {
    const world = simulate({ mostWaiting: 500 });
    for (let n = 0; n < 4; n += 1) world.second(10, 0);
    let taken = 0;
    for (let n = 0; n < 30; n += 1) taken += world.second(30, 0);
    assert.ok(taken >= 450, `${taken} were let in`);
    assert.ok(world.waiting() <= 530, `${world.waiting()} wait`);
  });

  it('lets the crowd of an outage be begun before it lets more in', () => {
    const world = simulate();
    for (let n = 0; n < 20; n += 1) world.second(30, 0);
    for (let n = 0; n < 3; n += 1) world.second(0, 30);
    const before = world.waiting();
    for (let n = 0; n < 5; n += 1) assert.equal(world.second(30, 30), 0);
    assert.equal(world.waiting(), before - 150);
  });

  it('learns that it has become slower, and that it is fast again', () => {
    const world = simulate();
    for (const canBegin of [200, 5, 200]) {
      for (let n = 0; n < 60; n += 1) world.second(300, canBegin);
      const [perSecond = 0] = world.admissions.map(({ now }) => now.perSecond);
      assert.ok(Math.abs(perSecond - canBegin) < 0.1 * canBegin, `${perSecond} for ${canBegin}`);
    }
  });

  it('has back what was no new order', () => {
    let at = 0;
    const admission = createAdmission({
      ...{ processes: 1, waitSeconds: 2, mostWaiting: 10_000, now: () => at },
    });
    while (admission.take());
    admission.giveBack();
    assert.equal(admission.take(), true);
    assert.equal(admission.take(), false);
    at += 1_000;
    assert.equal(admission.take(), true);
  });
});

/** Without a body. */
function cancelOf(tenant: Pick<Tenant, 'key'>): RequestInit {
  return { method: 'POST', ...getOf(tenant, { 'Idempotency-Key': newKey() }) };
}

describe('A process with too many orders waiting', () => {
  let api: Harness;
  let process: ReturnType<typeof createProcess>;
  let hasRoom: boolean;
  let givenBack: number;
  before(async () => (api = await createHarness()));
  after(() => api.close());
  beforeEach(() => {
    [hasRoom, givenBack] = [true, 0];
    const admission = { take: () => hasRoom, giveBack: () => void (givenBack += 1) };
    process = createProcess(api.database.url, 10, {}, admission);
  });
  afterEach(() => process.close());

  const post = (init: RequestInit) => process.app.request('/v1/orders', init);
  const typeOf = async (answer: Response) => ((await answer.json()) as ProblemBody).type;

  it('refuses a new order with a word on when to come back, and writes nothing', async () => {
    hasRoom = false;
    const init = postOf(api.acme, { key: newKey() });
    const before = [await api.count('order'), await api.count('idempotency_claim')];
    const refused = await post(init);
    assert.equal(refused.status, 503);
    assert.equal(await typeOf(refused), '/problems/overloaded');
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 4, `${seconds} s`);
    assert.deepEqual([await api.count('order'), await api.count('idempotency_claim')], before);
    hasRoom = true;
    assert.equal((await post(init)).status, 202);
    assert.equal(givenBack, 0);
  });

  it('answers whatever is no new order as ever', async () => {
    const init = postOf(api.acme, { key: newKey() });
    const placed = await orderIn(await post(init));
    hasRoom = false;
    const replayed = await post(init);
    assert.equal(replayed.status, 202);
    assert.equal(replayed.headers.get('idempotent-replayed'), 'true');
    assert.equal((await orderIn(replayed)).id, placed.id);
    for (const [sku, type] of [
      ['NONE', '/problems/unknown-sku'],
      ['GONE', '/problems/sold-out'],
    ] as const) {
      const body = { ...validBody(), lines: [{ sku, quantity: 1 }] };
      assert.equal(await typeOf(await post(postOf(api.acme, { body }))), type);
    }
    assert.equal((await process.app.request(placed.links.self, getOf(api.acme))).status, 200);
    const cancelled = await process.app.request(placed.links.cancel, cancelOf(api.acme));
    assert.equal(cancelled.status, 202);
  });

  it('has the place back of a replay, and of what was refused for another reason', async () => {
    const key = newKey();
    const init = postOf(api.acme, { key });
    await post(init);
    assert.equal(givenBack, 0);
    await post(init);
    assert.equal(givenBack, 1);
    await post(postOf(api.acme, { body: { ...validBody(), lines: [] } }));
    assert.equal(givenBack, 1, 'that one asked for none');
    const other = { ...validBody(), lines: [{ sku: 'CUP', quantity: 1 }] };
    assert.equal((await post(postOf(api.acme, { key, body: other }))).status, 422);
    assert.equal(givenBack, 2);
  });
});

describe('The orders that wait', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  it('are those that no worker has begun, that nobody has cancelled and no operator looks after', async () => {
    const orders = createWaitingOrders(api.pool, 100);
    const first = await orders.look();
    assert.deepEqual([first.waiting, first.came, first.seconds], [0, 0, 10]);
    const ids: OrderId[] = [];
    for (let n = 0; n < 5; n += 1) {
      const placed = await api.app.request('/v1/orders', postOf(api.acme));
      ids.push((await orderIn(placed)).id);
    }
    const [begun, cancelled, parked] = ids;
    const second = await orders.look(first.at);
    assert.deepEqual([second.waiting, second.came], [5, 5]);
    assert.ok(second.seconds > 0);
    assert.ok(begun && cancelled && parked);
    await api.book.reserveStock(begun);
    await api.app.request(`/v1/orders/${cancelled}/cancel`, cancelOf(api.acme));
    await api.pool.query('UPDATE "order" SET needs_operator = true WHERE id = $1', [parked]);
    const third = await orders.look(second.at);
    assert.deepEqual([third.waiting, third.came], [2, 0]);
  });

  it('are counted no further than it matters', async () => {
    const { waiting, came } = await createWaitingOrders(api.pool, 1).look('epoch');
    assert.deepEqual([waiting, came], [2, 2]);
  });
});
