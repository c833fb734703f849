/** Runs that cannot go on by themselves, on a real Temporal server: an operator is called, once. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { timeLeftMs } from '../../src/activities/attempt.ts';
import { createActivities } from '../../src/activities/index.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import type { SagaClient } from '../../src/client/ports.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { createLogger } from '../../src/log.ts';
import { BROKEN_AMOUNT } from '../support/broken-workflows.ts';
import { operator } from '../support/operator.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { auditRefunds, complete, euros, requested } from '../support/refunds.ts';
import { service } from '../support/services.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';
import { SHORT_BUDGETS } from '../support/stage.ts';
import { eventually } from '../api/harness.ts';

const SILENCE_SECONDS = 0.5;

describe('a run that cannot go on', function () {
  // Temporal waits up to ten seconds before it tries a failed workflow task for the third time.
  this.timeout(90_000);
  let shop: Shop;
  let outside: RunningParties;
  let connection: Connection;
  let native: NativeConnection;
  let client: Client;
  let sagas: SagaClient;
  let taskQueue: string;
  let stop: (() => Promise<void>)[];
  let lines: { refundId?: string; detail?: string; msg: string }[];

  before(async () => {
    const { address } = await service('temporal');
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    shop = await createShop();
    outside = await startParties(shop);
    for (const sku of ['MUG', 'BROKEN', 'FAILING']) await shop.stock(sku, 10);
    connection = await Connection.connect({ address });
    native = await NativeConnection.connect({ address });
    client = new Client({ connection });
  });
  after(async () => {
    await Promise.all([connection.close(), native.close()]);
    await outside.close();
    await shop.close();
  });

  beforeEach(async () => {
    const { address } = await service('temporal');
    taskQueue = `test-${randomBytes(6).toString('hex')}`;
    sagas = connectSagaClient({ address, namespace: 'default', taskQueue, budgets: SHORT_BUDGETS });
    lines = [];
    stop = [() => sagas.close()];
  });
  afterEach(async () => {
    for (const end of stop.toReversed()) await end();
  });

  const work = async (workflows: object): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: native,
      taskQueue,
      activities: createActivities({ ...outside.deps, timeLeftMs }),
      ...workflows,
    });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  };
  const breakRelease = () =>
    work({
      workflowsPath: fileURLToPath(new URL('../support/broken-workflows.ts', import.meta.url)),
    });
  const mendRelease = async () =>
    stop.push(await work({ workflowBundle: { codePath: (await service('bundle')).file } }));

  const start = async (sku: string): Promise<OrderFacts> => {
    const order = await shop.order([{ sku, quantity: 1 }]);
    await sagas.startCheckout(order);
    await createOrderStore(shop.pool).stampStarted([order.id]);
    watch();
    return order;
  };
  /** Of an order that is sold already. */
  const startRefund = async (value: string): Promise<RefundFacts> => {
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await complete(createActivities({ ...outside.deps, timeLeftMs: () => 5_000 }), order);
    const store = createRefundStore(shop.pool);
    const refund = await requested(store, order, { amount: euros(value) });
    await sagas.startRefund(refund);
    await store.stampStarted([refund.id]);
    watch();
    return refund;
  };
  const watch = (): void => {
    const destination = {
      write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
    };
    const log = createLogger({ level: 'info', name: 'test', destination });
    const watcher = createWatcher({
      store: createWatchStore(shop.pool),
      sagas,
      log,
      touched: () => undefined,
      silenceSeconds: SILENCE_SECONDS,
      everyMs: 50,
    });
    stop.push(() => watcher.stop());
  };
  const flag = async (id: OrderId) => {
    const { rows } = await shop.pool.query<{ flag: boolean }>(
      'SELECT needs_operator AS flag FROM "order" WHERE id = $1',
      [id],
    );
    return rows[0]?.flag === true;
  };
  const calls = () => lines.filter(({ msg }) => msg === 'an operator is needed');
  const requireMended = async (id: OrderId) => {
    await eventually(async () => (await shop.row(id)).status === 'completed');
    await requireOneCall(id);
  };
  const requireRefunded = async ({ id, orderId, amountMinor }: RefundFacts) => {
    await eventually(async () => (await shop.events(orderId)).at(-1) === 'refund.succeeded');
    await requireOneCall(orderId);
    await auditRefunds(outside.parties.gatewayUrl, orderId, { [id]: Number(amountMinor) });
  };
  /** There was one event that called an operator, and no other shows the flag. */
  const requireOneCall = async (id: OrderId) => {
    assert.equal(await flag(id), false);
    const events = await shop.events(id);
    assert.equal(events.filter((type) => type === 'order.needs_operator').length, 1);
    const { rows } = await shop.pool.query(
      `SELECT type FROM order_event WHERE order_id = $1 AND (data ->> 'needsOperator')::boolean`,
      [id],
    );
    assert.deepEqual(rows, [{ type: 'order.needs_operator' }]);
  };

  it('is told in plain words when its workflow task fails, and goes on once it is mended', async () => {
    const end = await breakRelease();
    const { id } = await start('BROKEN');
    await eventually(() => flag(id));
    await end();
    await mendRelease();
    await requireMended(id);
    assert.equal(calls().length, 1);
    assert.match(calls()[0]?.detail ?? '', /the workflow task fails.*broken on purpose/);
  });

  it('is told when no worker asks for its work, and goes on once one does', async () => {
    const { id } = await start('MUG');
    await eventually(() => flag(id));
    await mendRelease();
    await requireMended(id);
    assert.match(calls()[0]?.detail ?? '', new RegExp(`no worker .* ${taskQueue} since 20`));
  });

  it('is told when it ended and its order did not, and goes on when an operator resets it', async () => {
    const end = await breakRelease();
    const { id } = await start('MUG');
    await eventually(() => flag(id));
    await end();
    assert.match(calls()[0]?.detail ?? '', /completed, but the order has not ended/);
    await mendRelease();
    await operator.reset(id);
    await requireMended(id);
  });

  it('is told when it fails every time, and goes on once it is mended', async () => {
    const end = await breakRelease();
    const { id } = await start('FAILING');
    await eventually(() => flag(id));
    assert.ok(lines.filter(({ msg }) => msg === 'started again').length >= 3);
    await end();
    await mendRelease();
    await requireMended(id);
    assert.match(calls()[0]?.detail ?? '', /ended 3 times without news.*failed/);
  });

  it('of a refund is told in plain words, and the refund paid once it is mended', async () => {
    const end = await breakRelease();
    const refund = await startRefund(BROKEN_AMOUNT);
    await eventually(() => flag(refund.orderId));
    await end();
    await mendRelease();
    await requireRefunded(refund);
    assert.equal(calls().length, 1);
    assert.equal(calls()[0]?.refundId, refund.id);
    assert.match(calls()[0]?.detail ?? '', /the workflow task fails.*broken on purpose/);
  });

  it('of a refund is told when it ended and the refund did not', async () => {
    const end = await breakRelease();
    const refund = await startRefund('300');
    await eventually(() => flag(refund.orderId));
    await end();
    assert.match(calls()[0]?.detail ?? '', /completed, but the refund has not ended/);
    await mendRelease();
    await operator.reset(refund.id);
    await requireRefunded(refund);
  });

  it('hears of its cancel although that was not delivered, and once', async () => {
    const { id } = await start('MUG');
    await shop.pool.query(`SELECT begin_unwind($1, 'cancelled')`, [id]);
    const asked = async () => {
      const { raw } = await client.workflow.getHandle(id).describe();
      return raw.workflowExtendedInfo?.cancelRequested === true;
    };
    await eventually(asked);
    await mendRelease();
    await eventually(async () => (await shop.row(id)).status === 'cancelled');
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    const cancels = events?.filter((e) => e.workflowExecutionCancelRequestedEventAttributes);
    assert.equal(cancels?.length, 1);
  });
});
