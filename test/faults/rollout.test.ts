/** Two builds of the worker side by side, with orders half done: each order ends where it began. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { OrderId } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { eventually } from '../api/harness.ts';
import { halfDoneOrders } from '../support/half-done.ts';
import type { HalfDone } from '../support/half-done.ts';
import { operator } from '../support/operator.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { nextRelease } from '../support/releases.ts';

const A = 'build-a';
const B = 'build-b';

describe('a roll-out', function () {
  // A workflow task that fails, or whose worker was killed, is tried again after ten seconds.
  this.timeout(180_000);
  const next = nextRelease();
  let stack: ProcessStack;
  let orders: HalfDone;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 100);
    orders = halfDoneOrders(stack, () => api.url);
  });
  after(() => stack.close());

  let deployment: string;
  let queue: { readonly TEMPORAL_TASK_QUEUE: string };
  let api: Running & { readonly url: string };
  let workers: Running[];
  beforeEach(async () => {
    deployment = `test-${randomBytes(6).toString('hex')}`;
    queue = { TEMPORAL_TASK_QUEUE: deployment };
    api = await stack.startApi({ ...queue, WATCHER_SILENCE_SECONDS: '1' });
    workers = [];
  });
  afterEach(async () => {
    await orders.heal();
    await Promise.all([api, ...workers].map((child) => child.stop()));
  });

  const start = async (settings: Readonly<Record<string, string>> = {}) => {
    const worker = await stack.startWorker({ ...queue, ...settings });
    workers.push(worker);
    return worker;
  };
  const startBuild = (build: string, settings = {}) =>
    start({ WORKER_DEPLOYMENT_NAME: deployment, WORKER_BUILD_ID: build, ...settings });
  const startA = () => startBuild(A);
  const startB = () => startBuild(B, { WORKFLOW_BUNDLE: next() });
  const makeCurrent = (build: string) =>
    eventually(() =>
      operator.makeCurrent(deployment, build).then(
        () => true,
        () => false,
      ),
    );
  const buildsOf = async (ids: readonly OrderId[]) => {
    const runs = await Promise.all(ids.map((id) => stack.client.workflow.getHandle(id).describe()));
    const versions = runs.map(({ raw }) => raw.workflowExecutionInfo?.versioningInfo);
    return [...new Set(versions.map((version) => version?.deploymentVersion?.buildId))];
  };
  const failedTasks = async (id: OrderId) => {
    const { events } = await stack.client.workflow.getHandle(id).fetchHistory();
    return (events ?? []).flatMap(
      ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
    );
  };
  const requireNoFailedTask = async (ids: readonly OrderId[]) =>
    assert.deepEqual((await Promise.all(ids.map(failedTasks))).flat(), []);
  /** What operators are told of the orders, once they are told of all. */
  const operatorsAreTold = async (ids: readonly OrderId[]) => {
    let told: readonly { readonly orderId: OrderId; readonly detail: string }[] = [];
    await eventually(async () => {
      const lines = (await stack.logOf('api')).split('\n');
      const calls = lines.filter((line) => line.includes('"an operator is needed"'));
      told = calls.map((line) => JSON.parse(line) as (typeof told)[number]);
      return ids.every((id) => told.some(({ orderId }) => orderId === id));
    });
    return told.filter(({ orderId }) => ids.includes(orderId)).map(({ detail }) => detail);
  };

  it('lets orders end on the build they began on, and new ones run on the new build', async () => {
    const a = await startA();
    await makeCurrent(A);
    const old = await orders.halfDone();
    await startB();
    old.push(...(await orders.placeSome()));
    await orders.held(old);
    await makeCurrent(B);
    const fresh = await orders.placeSome();
    await orders.held(fresh);
    assert.equal(await operator.drainage(deployment, A), 'draining');
    await orders.heal();
    await orders.requireCompleted([...old, ...fresh]);
    assert.deepEqual([await buildsOf(old), await buildsOf(fresh)], [[A], [B]]);

    await eventually(async () => (await operator.drainage(deployment, A)) === 'drained');
    await a.stop();
    fresh.push(...(await orders.placeSome()));
    await orders.requireCompleted(fresh);
    await requireNoFailedTask([...old, ...fresh]);
  });

  it('can be taken back: new orders run on the old build again', async () => {
    await Promise.all([startA(), startB()]);
    await makeCurrent(B);
    const some = await orders.halfDone();
    await makeCurrent(A);
    const later = await orders.placeSome();
    await orders.held(later);
    await orders.heal();
    await orders.requireCompleted([...some, ...later]);
    assert.deepEqual([await buildsOf(some), await buildsOf(later)], [[B], [A]]);
    await requireNoFailedTask([...some, ...later]);
  });

  it('without build IDs blocks the orders that are half done, until they are reset', async () => {
    const a = await start();
    const old = await orders.halfDone();
    await a.stop();
    await start({ WORKFLOW_BUNDLE: next() });
    await orders.heal();
    for (const id of old) {
      await eventually(async () => (await failedTasks(id)).length > 0);
      assert.match((await failedTasks(id))[0] ?? '', /Nondeterminism/);
      await operator.reset(id);
    }
    await orders.requireCompleted(old);
  });

  it('that leaves orders without a worker of their build is told, and a reset moves them', async () => {
    const a = await startA();
    await makeCurrent(A);
    const old = [...(await orders.unshipped()), await orders.askingTheCarrier()];
    process.kill(-a.pid, 'SIGKILL');
    await startB();
    await makeCurrent(B);
    await orders.heal();
    for (const detail of await operatorsAreTold(old)) {
      assert.match(detail, /no worker of build build-a /);
    }
    await operator.resetAll(deployment, A);
    await orders.requireCompleted(old);
    assert.deepEqual(await buildsOf(old), [B]);
  });

  it('of a build that replays the same can take over the orders of one that is gone', async () => {
    const a = await startA();
    await makeCurrent(A);
    const old = await orders.halfDone();
    await a.stop();
    await startBuild('build-a2');
    await makeCurrent('build-a2');
    for (const id of old) await operator.pin(id, deployment, 'build-a2');
    await orders.heal();
    await orders.requireCompleted(old);
    assert.deepEqual(await buildsOf(old), ['build-a2']);
    await requireNoFailedTask(old);
  });

  it('can begin with orders half done on a worker without a build ID', async () => {
    const unversioned = await start();
    const old = await orders.halfDone();
    await startA();
    old.push(...(await orders.placeSome()));
    await orders.held(old);
    assert.deepEqual(await buildsOf(old), [undefined]);
    await makeCurrent(A);
    await unversioned.stop();
    await orders.heal();
    await orders.requireCompleted(old);
    assert.deepEqual(await buildsOf(old), [A]);
    await requireNoFailedTask(old);
  });

  it('whose flip was forgotten keeps new orders waiting, and operators are told', async () => {
    await startA();
    const ids = await orders.placeSome();
    for (const detail of await operatorsAreTold(ids)) {
      assert.match(detail, /no worker has taken its work/);
    }
    await makeCurrent(A);
    await orders.requireCompleted(ids);
  });
});
