/** A shop, its gateway and a reconciler, without Temporal; and what people do at the gateway by hand. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createActivities, createReconcileActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { RUN_LIMITS } from '../../src/activities/reconcile.ts';
import type { News, ReconcileDeps } from '../../src/activities/reconcile-ports.ts';
import { createDifferencesDesk } from '../../src/adapters/postgres/differences-desk.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import {
  createReconcileBook,
  createSettlementBook,
} from '../../src/adapters/postgres/reconcile-book.ts';
import { createStripeLedger } from '../../src/adapters/stripe/ledger.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import type { Difference } from '../../src/operator/ports.ts';
import { runReconcile } from '../../src/workflows/reconcile.ts';
import { readBook } from './audit.ts';
import { startParties } from './parties.ts';
import type { RunningParties } from './parties.ts';
import { createShop } from './shop.ts';
import type { OrderChange, Shop } from './shop.ts';

const TOLERANCE_MS = 200;
const DAY_MS = 24 * 3_600_000;

export async function createReconcileScene(
  change: (deps: ReconcileDeps) => ReconcileDeps = same,
  neighbour?: Pick<RunningParties, 'parties' | 'deps'>,
) {
  const shop = await createShop();
  let clockMs = 0;
  const outside = neighbour
    ? await anotherAt(neighbour, shop)
    : await startParties(shop, { now: () => Date.now() + clockMs });
  const installation = await installationOf(shop);
  const { deps, parties } = outside;
  const act = createActivities(deps);
  const news: News[] = [];
  const failures: string[] = [];
  const ledger = createStripeLedger({
    secretKey: 'sk_test_standin',
    apiBase: parties.gatewayUrl,
  });
  const reconciler = createReconcileActivities(
    change({
      ledger,
      book: createReconcileBook(shop.pool),
      limits: { ...RUN_LIMITS, toleranceMs: TOLERANCE_MS, lapseMs: 6 * DAY_MS },
      onFound: (one) => news.push(one),
      onFailed: (id, error) => failures.push(`${id}: ${String(error)}`),
    }),
    { ...deps, settlements: createSettlementBook(shop.pool) },
  );
  await shop.stock('MUG', 10_000);
  const desk = createDifferencesDesk(shop.pool);
  const place = (change?: OrderChange) => shop.order([{ sku: 'MUG', quantity: 1 }], change);
  const settle = async (id: string) => {
    const ref = { id, tenantId: 'all', requestId: id };
    await reconciler.settleDifference(ref).catch((error: unknown) => {
      if ((error as { type?: string }).type !== 'Refusal') throw error;
    });
  };
  const ref = { id: 'reconciler', tenantId: 'all', requestId: 'run' };

  /** At the gateway's dashboard, with no key of ours. */
  const byHand = async (path: string, fields: Record<string, string> = {}) => {
    const response = await fetch(`${parties.gatewayUrl}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_dashboard' },
      body: new URLSearchParams(fields),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as { id: string }).id;
  };

  return {
    shop,
    deps,
    act,
    reconciler,
    ledger,
    news,
    failures,
    desk,
    parties,
    place,
    byHand,
    ref,
    settle,
    /** One run, and what the sagas that it starts do. */
    run: () => runReconcile(reconciler, ref, settle),
    /** Sets the gateway's clock back by so many days, or right again. */
    setBack: (days: number) => void (clockMs = -days * DAY_MS),
    /** All that moved before is old enough to be judged. */
    quiet: () => delay(TOLERANCE_MS + 50),
    differences: async (): Promise<readonly Difference[]> => await desk.differences({ limit: 200 }),
    async intentOf({ id }: OrderFacts): Promise<string> {
      const { rows } = await shop.pool.query<{ intent: string }>(
        'SELECT intent_id AS intent FROM payment WHERE order_id = $1',
        [id],
      );
      return rows[0]?.intent ?? assert.fail('there is no intent');
    },
    /** A payment that nobody here knows of, confirmed, and captured if so wished. */
    async stranger(
      orderId?: string,
      { isCaptured = false, amount = '1000', by = installation }: StrangerOptions = {},
    ) {
      const ours = {
        'metadata[order_id]': orderId ?? '',
        ...(by !== null && { 'metadata[installation_id]': by }),
      };
      const id = await byHand('payment_intents', {
        amount,
        currency: 'eur',
        capture_method: 'manual',
        payment_method: 'pm_card_visa',
        ...(orderId !== undefined && ours),
      });
      await byHand(`payment_intents/${id}/confirm`);
      if (isCaptured) await byHand(`payment_intents/${id}/capture`);
      return id;
    },
    /** What the gateway's own book says: the sum of each effect. */
    async moneyOf(intent: string): Promise<Record<string, number>> {
      const sums: Record<string, number> = {};
      for (const line of await readBook(parties.gatewayUrl)) {
        const { kind, effect = '', amount = 0 } = line;
        const isIts = 'intent' in line && line.intent === intent;
        if (kind === 'effect' && isIts) sums[effect] = (sums[effect] ?? 0) + amount;
      }
      return sums;
    },
    async close() {
      await outside.close();
      await shop.close();
    },
  };
}

/** Another installation with the same parties outside. The tests' databases are copies of one. */
async function anotherAt(
  { parties, deps }: Pick<RunningParties, 'parties' | 'deps'>,
  { pool }: Shop,
): Promise<Pick<RunningParties, 'parties' | 'deps' | 'close'>> {
  await pool.query('UPDATE installation SET id = DEFAULT');
  const book = createOrderBook(pool, () => undefined);
  return { parties, deps: { ...deps, book }, close: () => Promise.resolve() };
}

interface StrangerOptions {
  readonly isCaptured?: boolean;
  readonly amount?: string;
  /** In whose name; by itself in ours. Null: it says nothing of that. */
  readonly by?: string | null;
}

export async function installationOf({ pool }: Pick<Shop, 'pool'>): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('SELECT installation_id() AS id');
  return rows[0]?.id ?? assert.fail('there is no installation');
}

export type ReconcileScene = Awaited<ReturnType<typeof createReconcileScene>>;

const same = (deps: ReconcileDeps) => deps;

/** How far an order has come; each of them is in order. */
export const STAGES: readonly ((act: Activities, order: OrderFacts) => Promise<void>)[] = [
  () => Promise.resolve(),
  reserved,
  authorized,
  async (act, order) => {
    await authorized(act, order);
    await act.beginUnwind(order, 'cancelled');
    await act.voidAuthorization(order);
    await act.releaseStock(order);
    await act.closeOrder(order);
  },
  async (act, order) => {
    await authorized(act, order);
    await act.beginUnwind(order, 'cancelled');
  },
  paid,
  async (act, order) => {
    await paid(act, order);
    await act.requestShipment(order);
  },
  completed,
];

async function reserved(act: Activities, order: OrderFacts): Promise<void> {
  await act.reserveStock(order);
}

export async function authorized(act: Activities, order: OrderFacts): Promise<void> {
  await reserved(act, order);
  await act.authorizePayment(order);
}

export async function paid(act: Activities, order: OrderFacts): Promise<void> {
  await authorized(act, order);
  await act.capturePayment(order);
}

export async function completed(act: Activities, order: OrderFacts): Promise<void> {
  await paid(act, order);
  await act.requestShipment(order);
  await act.sendReceipt(order);
}

export const cancelled = STAGES[3] ?? completed;
