/**
 * A whole checkout on a stage: a shop, a worker on a real Temporal server, and the three parties
 * outside over real HTTP and SMTP. Faults enter through the parties' control endpoints and, for
 * PostgreSQL, through the order book's port; never through production code.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { timeLeftMs } from '../../src/activities/attempt.ts';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { sendDueMails } from '../../src/activities/notifications.ts';
import type { Deps, OrderBook } from '../../src/activities/ports.ts';
import { createOutbox } from '../../src/adapters/postgres/outbox.ts';
import { connectSagaClient } from '../../src/client/temporal.ts';
import type { SagaClient } from '../../src/client/ports.ts';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import type { Budgets } from '../../src/saga/index.ts';
import type { Parties } from './audit.ts';
import { startParties } from './parties.ts';
import type { PartyOptions } from './parties.ts';
import { requireReplays } from './replays.ts';
import { setFaults } from './stand-ins.ts';
import { service } from './services.ts';
import { createShop } from './shop.ts';
import type { Shop } from './shop.ts';

/** Seconds, not minutes, until a checkout gives up: by input, not by sleeping. */
export const SHORT_BUDGETS: Budgets = {
  localTimeoutMs: 1_500,
  attemptTimeoutMs: 1_500,
  attempts: 2,
  hotAttempts: 2,
  firstRetryMs: 20,
  slowestRetryMs: 100,
};

export interface BookFault {
  readonly method: keyof OrderBook;
  /** `fail-before`: nothing happened. `fail-after-effect`: it is committed, the answer is lost. */
  readonly fault: 'fail-before' | 'fail-after-effect';
  readonly times: number;
}

export type PartyFaults = Partial<Record<'gateway' | 'carrier' | 'mail', FaultPlan>>;
type FaultPlan = Readonly<Record<string, PartyFault | readonly PartyFault[]>>;

export interface PartyFault {
  readonly fault: string;
  readonly times?: number;
  readonly orderId?: string;
  readonly delayMs?: number;
}

export interface Stage {
  readonly shop: Shop;
  readonly parties: Parties;
  readonly deps: Deps;
  readonly sagas: SagaClient;
  readonly client: Client;
  readonly taskQueue: string;
  /** Fault plans for the parties outside, until they are tidied up. */
  readonly breakParties: (faults: PartyFaults) => Promise<void>;
  /** The next order's troubles with PostgreSQL. */
  readonly failBook: (fault: BookFault) => void;
  /** Runs once, or so often, just before the activity is called; cleared after each order. */
  readonly beforeStep: (
    step: keyof Activities,
    act: (id: OrderId) => Promise<void>,
    times?: number,
  ) => void;
  /** Every try that a step which may fail has takes longer than it may. */
  readonly slow: (step: keyof Activities) => void;
  /** Starts the checkout and waits for its end; tidies up. */
  readonly run: (order: OrderFacts) => Promise<void>;
  /** The same for a refund that was asked for. */
  readonly runRefund: (refund: RefundFacts) => Promise<void>;
  /** Waits for every activity under way, then clears faults and hooks and sends what mails wait. */
  readonly tidy: () => Promise<void>;
  /** Ends the worker, and throws unless every history made here replays. */
  readonly close: () => Promise<void>;
}

export async function createStage(
  budgets?: Partial<Budgets>,
  options?: PartyOptions,
): Promise<Stage> {
  const [shop, temporal, bundle] = [
    await createShop(),
    await service('temporal'),
    await service('bundle'),
  ];
  const outside = await startParties(shop, options);
  const { deps, failBook, clearBook } = faulty({ ...outside.deps, timeLeftMs });
  const hooks = new Map<string, Hook>();
  const underWay = new Set<Promise<unknown>>();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath: bundle.file },
    activities: hooked(createActivities(deps), hooks, underWay),
  });
  const running = worker.run();
  const started = new Set<string>();
  const sagas = noting(
    started,
    connectSagaClient({
      address: temporal.address,
      namespace: 'default',
      taskQueue,
      budgets: { ...SHORT_BUDGETS, ...budgets },
    }),
  );
  const clientConnection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection: clientConnection });
  const outbox = createOutbox(shop.pool);
  const tidy = async (): Promise<void> => {
    await Promise.allSettled(underWay);
    hooks.clear();
    clearBook();
    await outside.clearFaults();
    const failed = (_: unknown, error: unknown) => {
      throw error;
    };
    while ((await sendDueMails(outbox, deps.mailer, failed)) > 0);
  };
  /** Starts a saga, waits for its end, and clears what was arranged for it. */
  const toItsEnd = async (id: string, start: () => Promise<void>) => {
    await start();
    await client.workflow.getHandle(id).result();
    await tidy();
  };

  return {
    shop,
    parties: outside.parties,
    deps,
    sagas,
    client,
    taskQueue,
    async breakParties({ gateway, carrier, mail }) {
      const { gatewayUrl, carrierUrl, mailUrl } = outside.parties;
      for (const [url, plan] of [
        [gatewayUrl, gateway],
        [carrierUrl, carrier],
        [mailUrl, mail],
      ] as const) {
        if (plan !== undefined && !(await setFaults(url, plan)).ok)
          throw new Error('no such fault');
      }
    },
    failBook,
    beforeStep: (step, act, times = 1) => void hooks.set(step, { act, times }),
    slow: (step) => {
      const act = () => delay(2 * SHORT_BUDGETS.attemptTimeoutMs);
      // The local try, and the regular ones.
      hooks.set(step, { act, times: 1 + SHORT_BUDGETS.attempts });
    },
    run: (order) => toItsEnd(order.id, () => sagas.startCheckout(order)),
    runRefund: (refund) => toItsEnd(refund.id, () => sagas.startRefund(refund)),
    tidy,
    async close() {
      worker.shutdown();
      await running;
      try {
        await requireReplays(client, taskQueue, started);
      } finally {
        await Promise.all([connection.close(), clientConnection.close(), sagas.close()]);
        await outside.close();
        await shop.close();
      }
    },
  };
}

/** The same, remembering whatever was started. */
function noting(started: Set<string>, sagas: SagaClient): SagaClient {
  return {
    ...sagas,
    async startCheckout(order) {
      await sagas.startCheckout(order);
      started.add(order.id);
    },
    async startRefund(refund) {
      await sagas.startRefund(refund);
      started.add(refund.id);
    },
  };
}

/** The same, with a book that loses calls or answers on demand. */
function faulty(deps: Deps) {
  let plan: BookFault | undefined;
  const book = new Proxy(deps.book, {
    get: (target, method: keyof OrderBook) => {
      const real = Reflect.get(target, method) as (...args: never[]) => Promise<unknown>;
      return async (...args: never[]) => {
        if (plan?.method !== method || plan.times === 0) return await real(...args);
        plan = { ...plan, times: plan.times - 1 };
        if (plan.fault === 'fail-after-effect') await real(...args);
        throw new Unavailable('PostgreSQL: the connection is lost');
      };
    },
  });
  return {
    deps: { ...deps, book },
    failBook: (fault: BookFault) => void (plan = fault),
    clearBook: () => void (plan = undefined),
  };
}

interface Hook {
  readonly act: (id: OrderId) => Promise<void>;
  times: number;
}

function hooked(
  activities: Activities,
  hooks: Map<string, Hook>,
  underWay: Set<Promise<unknown>>,
): Activities {
  const entries = Object.entries(activities).map(([name, activity]) => {
    const act = async (order: never, ...rest: [never]) => {
      const hook = hooks.get(name);
      if (hook !== undefined && hook.times > 0) {
        hook.times -= 1;
        await hook.act((order as OrderFacts).id);
      }
      return await activity(order, ...rest);
    };
    return [
      name,
      async (order: never, ...rest: [never]) => {
        const acting = act(order, ...rest);
        underWay.add(acting);
        return await acting.finally(() => underWay.delete(acting));
      },
    ];
  });
  return Object.fromEntries(entries) as Activities;
}
