/**
 * An operator resets, terminates, cancels, deletes and starts again the run of an order, just before
 * each of its steps and after its end, by the `temporal` command on a real server. The activity that
 * is about to act waits for the deed and then goes on, as a zombie does, or is lost; starter and
 * watcher bring the order back; and the books of the parties outside say whether anything happened twice.
 */
import assert from 'node:assert/strict';
import type { Activities } from '../../src/activities/index.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import type { Loop } from '../../src/api/loop.ts';
import { createStarter } from '../../src/api/starter.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import { isEnded } from '../../src/domain/order.ts';
import type { OrderFacts, OrderId, OrderStatus } from '../../src/domain/order.ts';
import { createLogger } from '../../src/log.ts';
import { unavailable } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import { audit } from '../support/audit.ts';
import { operator } from '../support/operator.ts';
import type { OrderChange } from '../support/shop.ts';
import { createStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

type Step = keyof Activities;

const DEEDS = ['reset', 'terminate', 'cancel', 'delete', 'start again'] as const;
type Deed = (typeof DEEDS)[number];

interface Way {
  readonly what: string;
  readonly ends: OrderStatus;
  readonly steps: readonly Step[];
  readonly order?: OrderChange;
  readonly cancelled?: boolean;
}

const WAYS: readonly Way[] = [
  {
    what: 'that goes well',
    ends: 'completed',
    steps: ['reserveStock', 'authorizePayment', 'capturePayment', 'requestShipment', 'sendReceipt'],
  },
  {
    what: 'that is unwound',
    ends: 'cancelled',
    steps: ['voidAuthorization', 'releaseStock', 'closeOrder'],
    cancelled: true,
  },
  {
    what: 'that is made good',
    ends: 'refunded',
    steps: ['cancelShipment', 'refundPayment', 'restock', 'closeOrder'],
    order: { postalCode: '00000' },
  },
];

/** The deeds that leave no run behind. */
const ENDING: readonly Deed[] = ['terminate', 'delete'];

const CANCELLED: readonly OrderStatus[] = ['cancelled'];
const UNTIL_CAPTURE: readonly Step[] = ['reserveStock', 'authorizePayment', 'capturePayment'];

describe('an operator', () => {
  let stage: Stage;
  let loops: Loop[];
  let cells = 0;
  const counts = new Map<string, number>();
  const ended = new Map<Way, Awaited<ReturnType<typeof place>>>();

  before(async () => {
    stage = await createStage();
    const options = {
      sagas: stage.sagas,
      touched: () => undefined,
      log: createLogger({ level: 'silent', name: 'test' }),
      everyMs: 50,
    };
    loops = [
      createStarter({
        ...options,
        store: createOrderStore(stage.shop.pool),
        refunds: createRefundStore(stage.shop.pool),
        graceSeconds: 0.5,
      }),
      createWatcher({
        ...options,
        store: createWatchStore(stage.shop.pool),
        silenceSeconds: 0.5,
      }),
    ];
    for (const way of WAYS) ended.set(way, await run(way));
  });
  after(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    await stage.close();
    console.log(`      ${[...counts].map(([what, n]) => `${what}: ${n}`).join(', ')}`);
  });

  const place = async ({ order, cancelled }: Way) => {
    const sku = `SKU-${(cells += 1)}`;
    await stage.shop.stock(sku, 5);
    const placed = await stage.shop.order([{ sku, quantity: 2 }], order);
    if (cancelled === true) {
      stage.beforeStep('capturePayment', async (id) => {
        await stage.deps.book.beginUnwind(id, 'cancelled');
      });
    }
    return { order: placed, sku };
  };
  const run = async (way: Way) => {
    const placed = await place(way);
    await stage.run(placed.order);
    return placed;
  };
  /** What is lost with its run does not act any more; what is not goes on beside the next run. */
  const perform = async (deed: Deed, order: OrderFacts, isLost = false): Promise<void> => {
    counts.set(deed, (counts.get(deed) ?? 0) + 1);
    if (deed === 'start again') await operator.startAgain(order, stage.taskQueue);
    else await operator[deed](order.id);
    if (isLost) await notNow();
  };
  const statusOf = async (id: OrderId) => (await stage.shop.row(id)).status as OrderStatus;
  const runOf = async (id: OrderId) => (await stage.sagas.describe(id, 60)).state;

  const requireEnd = async (order: OrderFacts, sku: string, ends: readonly OrderStatus[]) => {
    await eventually(async () => isEnded(await statusOf(order.id)));
    await eventually(async () => (await runOf(order.id)) !== 'running');
    await stage.tidy();
    const status = await statusOf(order.id);
    assert.ok(ends.includes(status), status);
    assert.equal(await stage.shop.shelf(sku), status === 'completed' ? '3/0/2' : '5/0/0');
    const events = await stage.shop.events(order.id);
    assert.equal(new Set(events).size, events.length, events.join());
    assert.equal(events.at(-1), `order.${status}`);
    await audit(stage.parties, order, status);
    const run = await runOf(order.id);
    counts.set(`run ${run}`, (counts.get(`run ${run}`) ?? 0) + 1);
    return run;
  };

  for (const way of WAYS) {
    for (const step of way.steps) {
      for (const deed of DEEDS) {
        for (const speed of ['local', 'regular'] as const) {
          it(`may ${deed} a run ${way.what}, in its ${speed} ${step}`, async () => {
            const { order, sku } = await place(way);
            stage.beforeStep(step, async () => {
              if (speed === 'regular') {
                stage.beforeStep(step, () => perform(deed, order, ENDING.includes(deed)));
                await notNow();
              }
              await perform(deed, order);
            });
            await stage.sagas.startCheckout(order);
            const mayCancel = deed === 'cancel' && UNTIL_CAPTURE.includes(step);
            const run = await requireEnd(order, sku, [way.ends, ...(mayCancel ? CANCELLED : [])]);
            // A worker does not hear that its run has ended before its local activities have: it
            // may have brought the order to its end by then, so that nobody starts another run.
            if (speed === 'regular' || !ENDING.includes(deed)) assert.equal(run, 'completed');
          });
        }
      }
    }
  }

  for (const way of WAYS) {
    for (const deed of DEEDS) {
      it(`may ${deed} a run ${way.what}, after its end`, async () => {
        // A run that has just ended is deleted half a minute later; these ended a while ago.
        const { order, sku } = (deed === 'delete' && ended.get(way)) || (await run(way));
        const events = await stage.shop.events(order.id);
        if (deed === 'terminate') await assert.rejects(perform(deed, order), /already completed/);
        else await perform(deed, order);
        if (deed === 'delete') {
          await eventually(async () => (await runOf(order.id)) === 'missing');
          await stage.sagas.startCheckout(order);
        }
        assert.equal(await requireEnd(order, sku, [way.ends]), 'completed');
        assert.deepEqual(await stage.shop.events(order.id), events);
      });
    }
  }
});

function notNow(): Promise<never> {
  return Promise.reject(unavailable('not at this try'));
}
