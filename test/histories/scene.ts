/** One order or refund on its way over a stage, with what the world and its people may do to it. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { Decision, OperatorsDesk } from '../../src/operator/ports.ts';
import { resolveParked } from '../../src/operator/resolve.ts';
import { unavailable } from '../../src/saga/index.ts';
import { CHECKOUT } from '../../src/workflows/contract.ts';
import { eventually } from '../api/harness.ts';
import { operator } from '../support/operator.ts';
import { complete, requested } from '../support/refunds.ts';
import { lapseSecond, laterOrder, shipNext } from '../support/shipments.ts';
import type { OrderChange } from '../support/shop.ts';
import { SHORT_BUDGETS } from '../support/stage.ts';
import type { BookFault, PartyFaults, Stage } from '../support/stage.ts';

export interface Path {
  /** The status that the run answers; undefined when it is terminated. */
  readonly ends: string | undefined;
  readonly order?: OrderChange;
  /** On the shelf; two are ordered. */
  readonly units?: number;
  /** How often its voucher may be used, where it has one. */
  readonly voucherUses?: number;
  readonly faults?: PartyFaults;
  readonly book?: BookFault;
  /** The activities whose first, local try fails. */
  readonly slowly?: readonly (keyof Activities)[];
  /** Arranged before the run is started. */
  readonly before?: (scene: Scene) => void;
  /** Done once it is started. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  /** Started as where the namespace knows no search attributes. */
  readonly isUnlisted?: true;
  /** Of a refund of the whole order, whose checkout has ended. */
  readonly isRefund?: true;
  /** It is captured at shipment. */
  readonly isLater?: true;
}

export const REJECTED = { fault: 'reject' } as const;
export const DECLINED = {
  order: { paymentMethod: 'pm_card_chargeDeclined' },
  ends: 'rejected',
} as const;
export const ASKED = {
  order: {
    paymentMethod: 'pm_card_threeDSecure2Required',
    returnUrl: 'http://localhost:8080/thanks',
  },
} as const;
export const UNSHIPPABLE = { order: { postalCode: '00000' }, ends: 'refunded' } as const;

export function down(method: BookFault['method'], times: number): BookFault {
  return { method, fault: 'fail-before', times };
}

/** Waits until the step is parked, and has an operator decide. */
export const decided =
  (step: string, action: Parameters<Scene['decide']>[1]) => async (scene: Scene) => {
    await scene.parked(step);
    // What has to succeed by itself does so from now on.
    if (action === 'retry') await scene.heal();
    await scene.decide(step, action);
  };
/** Waits until the step is parked, and lets it succeed by itself. */
export const healed = (step: string) => async (scene: Scene) => {
  await scene.parked(step);
  await scene.heal();
};

/** Walks the path to its end, and answers the ID of its run. */
export async function walk(stage: Stage, path: Path): Promise<string> {
  const order = await placed(stage, path);
  const { id, start } = await saga(stage, path, order);
  const scene = createScene(stage, order, id, start);
  await stage.breakParties(path.faults ?? {});
  if (path.book !== undefined) stage.failBook(path.book);
  for (const step of path.slowly ?? []) stage.beforeStep(step, notAtOnce);
  path.before?.(scene);
  await start();
  await path.meanwhile?.(scene);
  await scene.became(path.ends === undefined ? 'terminated' : 'completed');
  if (path.ends !== undefined) {
    const result = (await stage.client.workflow.getHandle(id).result()) as { status: string };
    assert.equal(result.status, path.ends);
  }
  await Promise.all(scene.deeds);
  await stage.tidy();
  return id;
}

export type Scene = ReturnType<typeof createScene>;

function createScene(stage: Stage, order: OrderFacts, id: SagaId, start: () => Promise<void>) {
  const { id: orderId } = order;
  const desk = createOperatorsDesk(stage.shop.pool);
  const handle = stage.client.workflow.getHandle(id);
  const decision = (step: string, action: Decision['action']): Decision => ({
    ...{ sagaId: id, step, action, trackingNumber: 'BY-HAND-1' },
    ...{ operator: 'ann', why: 'she has called them' },
  });
  /** What goes wrong in a hook would look like a failure of its activity. */
  const deeds: Promise<unknown>[] = [];
  const before = (step: keyof Activities, act: () => Promise<unknown>, then?: typeof notAtOnce) =>
    stage.beforeStep(step, async () => {
      const deed = act();
      deeds.push(deed);
      await deed;
      await then?.();
    });
  /** In the regular activity: what happened in a workflow task that never ends is not in a history. */
  const beforeRegular: typeof before = (step, ...deed) =>
    stage.beforeStep(step, () => {
      before(step, ...deed);
      return notAtOnce();
    });
  const cancelInTheBooks = () => stage.deps.book.beginUnwind(orderId, 'cancelled');
  const cancelInTemporal = () => handle.cancel();
  const cancel = async () => {
    await cancelInTheBooks();
    await cancelInTemporal();
  };
  const became = (state: string) =>
    eventually(async () => (await stage.sagas.describe(id, 60)).state === state);
  return {
    stage,
    deeds,
    became,
    cancel,
    heal: () => stage.tidy(),
    /** Once they are asked; the run hears of it or not. */
    async customer(answer: 'approve' | 'decline' | 'nothing', isHeard = true) {
      await eventually(async () =>
        (await stage.shop.events(orderId)).includes('order.action_required'),
      );
      const text = 'SELECT action_url AS url FROM payment WHERE order_id = $1';
      const { rows } = await stage.shop.pool.query<{ url: string }>(text, [orderId]);
      if (answer === 'nothing') return;
      const body = new URLSearchParams({ answer });
      await fetch(rows[0]?.url ?? '', { method: 'POST', body, redirect: 'manual' });
      if (isHeard) await stage.sagas.hearPayment(orderId);
    },
    /** As the API does, or only half of it. */
    cancelBefore(step: keyof Activities, how?: 'in the books alone' | 'in Temporal alone') {
      const halves = {
        'in the books alone': cancelInTheBooks,
        'in Temporal alone': cancelInTemporal,
      };
      before(step, how === undefined ? cancel : halves[how]);
    },
    shipEach: (how?: Shipping) => shipEach(stage, order, how),
    /** While the activity is under way, until its run has given it up. */
    cancelDuring(step: keyof Activities) {
      beforeRegular(step, async () => {
        await cancel();
        await eventually(async () => {
          const { events } = await handle.fetchHistory();
          return events?.some((event) => event.activityTaskCancelRequestedEventAttributes) ?? false;
        });
      });
    },
    /** The activity is lost with its run. */
    terminateBefore: (step: keyof Activities) =>
      beforeRegular(step, () => handle.terminate(), notAtOnce),
    resetBefore: (step: keyof Activities) =>
      beforeRegular(step, () => operator.reset(id), notAtOnce),
    /** Once the first run is gone, and into new trouble. */
    async startAgain(book?: BookFault) {
      await became('terminated');
      if (book !== undefined) stage.failBook(book);
      await start();
    },
    parked: (step: string) =>
      eventually(async () =>
        (await desk.queue(100)).some(
          (entry) => 'step' in entry && entry.sagaId === id && entry.step === step,
        ),
      ),
    /** What was decided is in the books, and nobody wakes the run. */
    async writeDown(step: string, action: Decision['action']) {
      assert.equal((await desk.resolve(decision(step, action))).state, 'resolved');
    },
    async decide(step: string, action: Decision['action']) {
      const patient = { ...desk, resolve: (word: Decision) => decideBetween(stage, desk, word) };
      const to = { desk: patient, sagas: stage.sagas };
      const resolved = await resolveParked(to, decision(step, action));
      assert.deepEqual([resolved.state, resolved.asleep], ['resolved', undefined]);
    },
  };
}

interface Shipping {
  /** The first look for a shipment, and the first capture, fail at the first try. */
  readonly isSlow?: true;
  /** The hold is gone before the second capture. */
  readonly lapses?: true;
}

// More calls of one activity than any path has.
const EACH = 100;

/** One of two when the run waits for it, and then the other. */
function shipEach(stage: Stage, order: OrderFacts, { isSlow, lapses }: Shipping = {}): void {
  const { pool } = stage.shop;
  const apiBase = stage.parties.gatewayUrl;
  const dashboard = createStripeGateway({ secretKey: 'sk_test_dashboard', apiBase });
  const tried = new Set<string>();
  const first = async (step: string) => {
    if (!isSlow || tried.has(step)) return;
    tried.add(step);
    await notAtOnce();
  };
  const act = async (step: keyof Activities, deed: () => Promise<void>) => {
    await deed();
    await first(step);
  };
  const ship = () => act('awaitShipment', () => shipNext(pool, order));
  const lapse = () => act('capturePart', () => lapseSecond(pool, dashboard, order));
  stage.beforeStep('awaitShipment', ship, EACH);
  if (lapses) stage.beforeStep('capturePart', lapse, EACH);
}

/** Attempts come so fast here that there is always one under way: as if the last were a while ago. */
async function decideBetween({ shop }: Stage, desk: OperatorsDesk, word: Decision) {
  for (;;) {
    await shop.pool.query(`UPDATE parked_step SET tried_at = tried_at - interval '1 minute'`);
    const decided = await desk.resolve(word);
    if (decided.state !== 'under-way') return decided;
  }
}

type SagaId = Decision['sagaId'];

async function placed(
  stage: Stage,
  { order, units = 5, voucherUses, isRefund, isLater }: Path,
): Promise<OrderFacts> {
  const sku = `SKU-${(skus += 1)}`;
  await stage.shop.stock(sku, units);
  if (isLater) return await laterOrder(stage.shop, [{ sku, quantity: 2 }], order);
  if (voucherUses !== undefined) await stage.shop.voucher(sku, voucherUses);
  const change = { ...order, ...(voucherUses !== undefined && { voucherCode: sku }) };
  const facts = await stage.shop.order([{ sku, quantity: 2 }], change);
  if (isRefund) await complete(createActivities({ ...stage.deps, timeLeftMs: () => 5_000 }), facts);
  return facts;
}

let skus = 0;

async function saga(
  { shop, sagas, client, taskQueue }: Stage,
  { isRefund, isUnlisted }: Path,
  order: OrderFacts,
): Promise<{ readonly id: SagaId; readonly start: () => Promise<void> }> {
  if (isRefund) {
    const refund = await requested(createRefundStore(shop.pool), order);
    return { id: refund.id, start: () => sagas.startRefund(refund) };
  }
  const startUnlisted = async () => {
    const args = [{ order, budgets: SHORT_BUDGETS }];
    await client.workflow.start(CHECKOUT, { workflowId: order.id, taskQueue, args });
  };
  const start = isUnlisted ? startUnlisted : () => sagas.startCheckout(order);
  return { id: order.id, start };
}

function notAtOnce(): Promise<never> {
  return Promise.reject(unavailable('not at the first try'));
}
