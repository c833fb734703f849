/**
 * What operators do to the run of an order (operator.test.ts), done to that of a refund: before the
 * gateway is asked, after it has paid and before that is written down, and after the end. The
 * watcher brings the refund back, and the gateway's book says that it was paid once.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import type { Loop } from '../../src/api/loop.ts';
import type { RefundStore } from '../../src/api/ports.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { createLogger } from '../../src/log.ts';
import { unavailable } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import { operator } from '../support/operator.ts';
import { auditRefunds, complete, paidBack, requested } from '../support/refunds.ts';
import { TENANT } from '../support/shop.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

const DEEDS = ['reset', 'terminate', 'cancel', 'delete', 'start again'] as const;
type Deed = (typeof DEEDS)[number];

/** The deeds that leave no run behind. */
const ENDING: readonly Deed[] = ['terminate', 'delete'];

describe('an operator, with refunds,', () => {
  let stage: Stage;
  let store: RefundStore;
  let watcher: Loop;
  let orders = 0;

  before(async () => {
    stage = await createStage();
    store = createRefundStore(stage.shop.pool);
    watcher = createWatcher({
      store: createWatchStore(stage.shop.pool),
      sagas: stage.sagas,
      touched: () => undefined,
      log: createLogger({ level: 'silent', name: 'test' }),
      silenceSeconds: 0.5,
      everyMs: 50,
    });
  });
  after(async () => {
    await watcher.stop();
    await stage.close();
  });

  /** All the money of an order for 20.00 EUR. */
  const asked = async (): Promise<RefundFacts> => {
    const sku = `SKU-${(orders += 1)}`;
    await stage.shop.stock(sku, 2);
    const order = await stage.shop.order([{ sku, quantity: 2 }]);
    await complete(createActivities({ ...stage.deps, timeLeftMs: () => 5_000 }), order);
    return await requested(store, order);
  };
  const start = async (refund: RefundFacts): Promise<void> => {
    await stage.sagas.startRefund(refund);
    await store.stampStarted([refund.id]);
  };
  const perform = async (deed: Deed, refund: RefundFacts): Promise<void> => {
    if (deed === 'start again') await operator.startRefundAgain(refund, stage.taskQueue);
    else await operator[deed](refund.id);
  };
  const runOf = async ({ id }: RefundFacts) => (await stage.sagas.describe(id, 60)).state;
  const requirePaidOnce = async (refund: RefundFacts) => {
    const { id, orderId } = refund;
    const status = async () => (await store.find(TENANT, orderId, id))?.status;
    await eventually(async () => (await status()) === 'succeeded');
    await eventually(async () => (await runOf(refund)) !== 'running');
    await stage.tidy();
    await auditRefunds(stage.parties.gatewayUrl, orderId, { [id]: 2000 });
    const events = await stage.shop.events(orderId);
    const last = ['refund.requested', 'refund.succeeded', 'order.refunded'];
    // A watcher with this little patience may call an operator while the machine is busy.
    const since = events.slice(events.indexOf('refund.requested'));
    assert.deepEqual(
      since.filter((event) => event !== 'order.needs_operator'),
      last,
    );
    assert.equal((await stage.shop.row(orderId)).needsOperator, false);
    return await runOf(refund);
  };

  for (const deed of DEEDS) {
    it(`may ${deed} its run in the local try`, async () => {
      const refund = await asked();
      stage.beforeStep('sendRefund', () => perform(deed, refund));
      await start(refund);
      await requirePaidOnce(refund);
    });

    for (const isPaid of [false, true]) {
      it(`may ${deed} its run ${isPaid ? 'after' : 'before'} the gateway has paid`, async () => {
        const refund = await asked();
        let paid: number | undefined;
        stage.beforeStep('sendRefund', () => {
          stage.beforeStep('sendRefund', async () => {
            paid = await paidBack(stage.parties.gatewayUrl, refund.orderId);
            await perform(deed, refund);
            if (ENDING.includes(deed)) throw unavailable('lost with its run');
          });
          if (!isPaid) return Promise.reject(unavailable('not at this try'));
          stage.failBook({ method: 'recordRefundSucceeded', fault: 'fail-before', times: 1 });
          return Promise.resolve();
        });
        await start(refund);
        assert.equal(await requirePaidOnce(refund), 'completed');
        assert.equal(paid, isPaid ? 2000 : 0);
      });
    }

    it(`may ${deed} its run after its end`, async () => {
      const refund = await asked();
      await start(refund);
      await requirePaidOnce(refund);
      if (deed === 'terminate') await assert.rejects(perform(deed, refund), /already completed/);
      else await perform(deed, refund);
      await requirePaidOnce(refund);
    });
  }
});
