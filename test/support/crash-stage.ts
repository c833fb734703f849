/**
 * Orders and refunds of every kind side by side on real processes, each held at a failpoint of its
 * own until the workers die: so one death is many, each at its very point.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createCarrier } from '../../src/adapters/carrier/index.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { PRODUCTION_BUDGETS } from '../../src/saga/index.ts';
import type { Budgets } from '../../src/saga/index.ts';
import { eventually } from '../api/harness.ts';
import type { Crossing } from './failpoints/crossing.ts';
import { openDesk } from './failpoints/desk.ts';
import type { Plan } from './failpoints/desk.ts';
import { createProcessStack } from './processes.ts';
import { complete, requested } from './refunds.ts';
import { service } from './services.ts';
import { captureLater, endSoon, lapseSecond, shipNext } from './shipments.ts';
import type { OrderChange } from './shop.ts';
import { tellAll } from './tales.ts';
import type { Subject } from './tales.ts';

export const SCENARIOS = {
  completed: {},
  declined: { change: { paymentMethod: 'pm_card_chargeDeclined' } },
  'sold out': { sku: 'RARE' },
  cancelled: { cancelledAt: 'before book.beginCapture' },
  approved: {
    change: { paymentMethod: 'pm_card_threeDSecure2Required', returnUrl: 'http://localhost:1' },
    approvedAt: 'before book.recordWaiting',
  },
  'made good': { change: { postalCode: '00000' } },
  'with a voucher': { change: { voucherCode: 'MANY' } },
  'its voucher given back': {
    change: { voucherCode: 'MANY', paymentMethod: 'pm_card_chargeDeclined' },
  },
  'its voucher returned': { change: { voucherCode: 'MANY', postalCode: '00000' } },
  parked: { parkedAt: 'before carrier.requestShipment' },
  'shipped in parts': { isLater: true },
  'called back': { isLater: true, cancelledAt: 'before book.beginPartCapture' },
  'not paid for': { isLater: true, lapses: true },
  'held again': { isLater: true, isHeldAgain: true },
  refunded: { isRefund: true, restock: true },
  'refunded late': { isRefund: true, change: { paymentMethod: 'pm_card_pendingRefund' } },
  'not refunded': { isRefund: true, change: { paymentMethod: 'pm_card_refundFail' } },
} as const satisfies Readonly<Record<string, ScenarioDetails>>;

export type Scenario = keyof typeof SCENARIOS;

interface ScenarioDetails {
  readonly sku?: string;
  readonly change?: OrderChange;
  /** The customer cancels there. */
  readonly cancelledAt?: string;
  /** The customer confirms the payment there. */
  readonly approvedAt?: string;
  /** That fails until an operator has been called. */
  readonly parkedAt?: string;
  /** It is captured at shipment: one of two goes out, and then the other. */
  readonly isLater?: true;
  /** Its hold is gone before the second. */
  readonly lapses?: true;
  /** Its hold ends soon when the first goes out. */
  readonly isHeldAgain?: true;
  readonly isRefund?: true;
  readonly restock?: true;
}

interface Started extends Subject {
  readonly start: () => Promise<void>;
}

export type CrashStage = Awaited<ReturnType<typeof createCrashStage>>;

/**
 * So long that nothing is given up while many are brought to their points: who is held there spends
 * an attempt every ten seconds.
 */
const PATIENT: Partial<Budgets> = {
  localTimeoutMs: 10_000,
  attempts: 30,
  hotAttempts: 8,
  firstRetryMs: 50,
};

export async function createCrashStage(budgets: Partial<Budgets> = PATIENT) {
  const [stack, desk, temporal] = [
    await createProcessStack(),
    await openDesk(),
    await service('temporal'),
  ];
  const { shop, parties, client, taskQueue } = stack;
  await shop.stock('MUG', 10_000);
  await shop.stock('RARE', 0);
  await shop.voucher('MANY', 10_000);
  const book = createOrderBook(shop.pool, () => undefined);
  const store = createRefundStore(shop.pool);
  const sagas = connectSagaClient({
    address: temporal.address,
    namespace: 'default',
    taskQueue,
    budgets: { ...PRODUCTION_BUDGETS, slowestRetryMs: 1_000, ...budgets },
  });
  const byHand = createActivities({
    book,
    gateway: createStripeGateway({ secretKey: 'sk_test_standin', apiBase: parties.gatewayUrl }),
    carrier: createCarrier({ baseUrl: parties.carrierUrl }),
    mailer: { send: () => Promise.resolve() },
    timeLeftMs: () => 5_000,
  });
  const dashboard = createStripeGateway({
    secretKey: 'sk_test_dashboard',
    apiBase: parties.gatewayUrl,
  });
  let workers: Running[] = [];

  const approve = async (id: OrderFacts['id']): Promise<void> => {
    const text = 'SELECT intent_id AS id FROM payment WHERE order_id = $1';
    const { rows } = await shop.pool.query<{ id: string }>(text, [id]);
    await fetch(`${parties.gatewayUrl}/control/payments/${rows[0]?.id ?? ''}`, {
      method: 'PUT',
      body: JSON.stringify({ answer: 'approve' }),
    });
  };
  const meanwhile = async (
    { isLater, lapses, isHeldAgain }: ScenarioDetails,
    act: string,
    order: OrderFacts,
  ) => {
    if (isLater && act === 'awaitShipment') await shipNext(shop.pool, order);
    if (isHeldAgain && act === 'requestPart') await endSoon(shop.pool, order);
    if (lapses && act === 'capturePart') await lapseSecond(shop.pool, dashboard, order);
  };

  /** What happens to such an order anyway, wherever it is held. */
  const plotOf = (details: ScenarioDetails, order: OrderFacts): Plan => {
    const { cancelledAt, approvedAt, parkedAt } = details;
    let isCalled = false;
    return async ({ orderId, act, at }) => {
      if (orderId !== order.id) return undefined;
      if (at === 'begin') await meanwhile(details, act, order);
      if (at === cancelledAt) await book.beginUnwind(order.id, 'cancelled');
      if (at === approvedAt) await approve(order.id);
      if (act === 'callOperator' && at === 'end') isCalled = true;
      return at === parkedAt && !isCalled ? 'fail' : undefined;
    };
  };

  /** An order or refund that is about to go that way. */
  const prepare = async (scenario: Scenario): Promise<Started> => {
    const details: ScenarioDetails = SCENARIOS[scenario];
    const order = await shop.order([{ sku: details.sku ?? 'MUG', quantity: 2 }], details.change);
    desk.plan(plotOf(details, order));
    if (details.isLater) await captureLater(shop.pool, order.id);
    if (details.isRefund === undefined) {
      const placed = details.isLater ? { ...order, capture: 'at-shipment' as const } : order;
      return { sagaId: order.id, orderId: order.id, start: () => sagas.startCheckout(placed) };
    }
    await complete(byHand, order);
    const wanted = details.restock && { lines: order.lines, restock: true };
    const refund = await requested(store, order, wanted);
    return { sagaId: refund.id, orderId: order.id, start: () => sagas.startRefund(refund) };
  };
  const startWorkers = async (count: number): Promise<readonly Running[]> => {
    const wanted = Array.from({ length: count }, () => stack.startWorker(desk.settings));
    const started = await Promise.all(wanted);
    workers.push(...started);
    return started;
  };
  const allMailsSent = async (): Promise<void> => {
    const unsent = 'SELECT FROM mail_outbox WHERE sent_at IS NULL';
    await eventually(async () => (await shop.pool.query(unsent)).rowCount === 0);
  };
  const ended = async (subjects: readonly Subject[]): Promise<void> => {
    await Promise.all(subjects.map(({ sagaId }) => client.workflow.getHandle(sagaId).result()));
    await allMailsSent();
  };
  const killWorkers = async (): Promise<void> => {
    // A mail whose sender dies is leased for a minute.
    await allMailsSent();
    for (const { pid } of workers) process.kill(-pid, 'SIGKILL');
    await Promise.all(workers.map((worker) => worker.ended));
    for (const { pid } of workers) desk.forget(pid);
    workers = [];
  };
  const tell = (subjects: readonly Subject[]) =>
    tellAll({ pool: shop.pool, parties, client }, subjects);
  const heldOrEnded = ({ sagaId, orderId }: Started) =>
    Promise.race([
      desk.reached((crossing) => crossing.orderId === orderId),
      client.workflow.getHandle(sagaId).result(),
    ]);
  const startAll = async (subjects: readonly Started[]): Promise<void> => {
    for (let from = 0; from < subjects.length; from += STARTS_AT_ONCE) {
      await Promise.all(subjects.slice(from, from + STARTS_AT_ONCE).map(({ start }) => start()));
    }
    await Promise.all(subjects.map(heldOrEnded));
  };

  /**
   * Brings each to its point, kills all workers at once, and the next ones at the next points; the
   * last ones take over for good. Answers what became of each.
   */
  const dieAt = async (deaths: readonly Death[]): Promise<readonly object[]> => {
    let life = 0;
    const started: Started[] = [];
    for (const death of deaths) {
      const subject = await prepare(death.scenario);
      started.push(subject);
      desk.plan((crossing) =>
        crossing.orderId === subject.orderId ? holdIn(life, death, crossing) : undefined,
      );
    }
    const crew = Math.ceil(deaths.filter(({ isLocal }) => isLocal).length / HELD_PER_WORKER) + 1;
    await startWorkers(crew);
    // First those who leave the workers free for more.
    await startAll(started.filter((_, n) => deaths[n]?.isLocal === false));
    await startAll(started.filter((_, n) => deaths[n]?.isLocal === true));
    const held = new Set(desk.held().map(({ orderId }) => orderId));
    assert.equal(held.size, deaths.length, 'each has reached its point');
    const lives = Math.max(...deaths.map(({ points }) => points.length));
    for (life = 1; life <= lives; life += 1) {
      await killWorkers();
      await startWorkers(life === lives ? 1 : crew);
      if (life < lives) await Promise.all(started.map(heldOrEnded));
    }
    await ended(started);
    return await tell(started);
  };

  return {
    ...stack,
    activities: Object.keys(byHand),
    desk,
    prepare,
    startWorkers,
    killWorkers,
    ended,
    tell,
    dieAt,
    async close() {
      desk.close();
      await sagas.close();
      await stack.close();
    },
  };
}

// Each has two seconds, and on a busy machine a hundred at once take longer.
const STARTS_AT_ONCE = 10;

// A worker does 40 workflow tasks at once, and one that is held in such a task does no other.
const HELD_PER_WORKER = 36;

export interface Death {
  readonly scenario: Scenario;
  /** Whether the first is within a workflow task, where each step is tried first. */
  readonly isLocal: boolean;
  /** One for each life of the workers. */
  readonly points: readonly Point[];
}

function holdIn(life: number, { isLocal, points }: Death, { act, at, ...how }: Crossing) {
  const point = points[life];
  if (point?.act !== act) return undefined;
  if (life === 0 && !isLocal && how.isLocal) return at === 'begin' ? 'fail' : undefined;
  return point.at === at ? 'hold' : undefined;
}

/** Where a process may die: the name of the activity and the place in it. */
export type Point = Pick<Crossing, 'act' | 'at'>;

/**
 * All states that the world outside can be left in: before each call that leaves the process, which
 * is after the call before it, and once everything is done and nobody knows.
 */
export function pointsOf(crossed: readonly Crossing[], { orderId }: Subject): readonly Point[] {
  const points = new Map<string, Point>();
  for (const { act, at, ...who } of crossed) {
    const isPoint = who.orderId === orderId && /^before|^end$/.test(at);
    if (isPoint) points.set(`${act} ${at}`, { act, at });
  }
  assert.ok(points.size > 0, 'it crossed failpoints');
  return [...points.values()];
}
