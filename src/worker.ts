/** The worker: polls Temporal for checkouts and does their steps; sends the mails of the outbox. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { isRepeated, logAttempts, timeLeftMs } from './activities/attempt.ts';
import { createActivities, createReconcileActivities } from './activities/index.ts';
import { sendDueMails } from './activities/notifications.ts';
import { observeCarrier, observeGateway, observeMailer } from './activities/observed.ts';
import type { Deps, OutboxMail } from './activities/ports.ts';
import { RUN_LIMITS } from './activities/reconcile.ts';
import type { ReconcileDeps } from './activities/reconcile-ports.ts';
import { createCarrier } from './adapters/carrier/index.ts';
import { createNotifier } from './adapters/postgres/feed.ts';
import { createOrderBook } from './adapters/postgres/order-book.ts';
import { createOutbox } from './adapters/postgres/outbox.ts';
import { createPool } from './adapters/postgres/pool.ts';
import { createReconcileBook, createSettlementBook } from './adapters/postgres/reconcile-book.ts';
import { createMailer } from './adapters/smtp/index.ts';
import { createStripeGateway } from './adapters/stripe/index.ts';
import { createStripeLedger } from './adapters/stripe/ledger.ts';
import { ensureReconciler } from './client/schedule.ts';
import type { ReconcilerSchedule } from './client/schedule.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { createLogger } from './log.ts';
import { createTally, installRuntime } from './runtime.ts';

const config = readConfig();
const log = createLogger({ level: config.LOG_LEVEL, name: 'worker' });
const tally = createTally(installRuntime(log, config.WORKER_METRICS_ADDRESS));

const pool = createPool({
  url: config.DATABASE_URL,
  size: config.DATABASE_POOL_SIZE,
  applicationName: 'makegood-worker',
  onLost: (error) => log.warn({ detail: error.message }, 'a database connection was lost'),
});
const notifier = createNotifier(pool);
const mailer = createMailer({ url: config.SMTP_URL, from: config.MAIL_FROM });
const stripe = { secretKey: config.STRIPE_SECRET_KEY, apiBase: config.STRIPE_API_BASE };
const gateway = createStripeGateway({
  ...stripe,
  foundDone(operation) {
    tally.unknown({ party: 'gateway', operation });
    tally.resolved({ party: 'gateway', operation }, 'found done');
  },
});
const watch = { tally, isRepeated };
const deps: Deps = {
  book: createOrderBook(pool, (id) => notifier.touched(id)),
  gateway: observeGateway(gateway, watch),
  carrier: observeCarrier(createCarrier({ baseUrl: config.CARRIER_URL }), watch),
  mailer: observeMailer(mailer, watch),
  timeLeftMs,
  actionMs: config.PAYMENT_ACTION_MINUTES * 60_000,
  window: {
    windowMs: config.AUTHORIZATION_WINDOW_DAYS * 24 * 3_600_000,
    marginMs: config.CAPTURE_MARGIN_HOURS * 3_600_000,
  },
  lookedUp: (operation, found) => tally.resolved({ party: 'gateway', operation }, `found ${found}`),
};
const reconciler: ReconcileDeps = {
  ledger: createStripeLedger(stripe),
  book: createReconcileBook(pool),
  limits: {
    ...RUN_LIMITS,
    toleranceMs: config.RECONCILE_TOLERANCE_SECONDS * 1_000,
    lapseMs: config.RECONCILE_LAPSE_DAYS * 24 * 3_600_000,
  },
  onFound: (news) =>
    news.kind === 'invariant-broken'
      ? log.error(news, 'an invariant of the money is broken: captures are halted')
      : log.warn(news, 'our book and the gateway differ'),
  onFailed: (paymentId, error) =>
    log.warn({ paymentId, detail: (error as Error).message }, 'a payment could not be compared'),
};
const settlements = createSettlementBook(pool);
const activities = {
  ...createActivities(deps),
  ...createReconcileActivities(reconciler, { ...deps, settlements }),
};

const connection = await NativeConnection.connect({
  address: config.TEMPORAL_ADDRESS,
  ...(config.TEMPORAL_API_KEY && { apiKey: config.TEMPORAL_API_KEY, tls: true }),
});
const worker = await Worker.create({
  connection,
  namespace: config.TEMPORAL_NAMESPACE,
  taskQueue: config.TEMPORAL_TASK_QUEUE,
  activities,
  ...(config.WORKFLOW_BUNDLE
    ? { workflowBundle: { codePath: config.WORKFLOW_BUNDLE } }
    : { workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)) }),
  ...pinnedTo(config),
  interceptors: { activity: [logAttempts(log.info.bind(log))] },
  // A crashed worker's sticky tasks go elsewhere after this long.
  stickyQueueScheduleToStartTimeout: '3s',
  shutdownGraceTime: '10s',
});
// An orphan stops, and soon: whoever started it can no longer drain it. What it was doing is done
// again by the next worker.
const ORPHAN_MS = 4_000;
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), ORPHAN_MS).unref();
  if (worker.getState() === 'RUNNING') worker.shutdown();
});
const stopping = new AbortController();
const mails = sendMails(stopping.signal);
const scheduled = schedule(stopping.signal);
process.send?.({ ready: true });
log.info(
  { taskQueue: config.TEMPORAL_TASK_QUEUE, buildId: config.WORKER_BUILD_ID },
  'the worker is polling',
);

await worker.run();
stopping.abort();
await Promise.all([mails, scheduled]);
await notifier.close();
await pool.end();
await connection.close();
if (process.connected) process.disconnect();

/** Without it orders go on all the same, so it is tried until Temporal takes it. */
async function schedule(signal: AbortSignal): Promise<void> {
  if (config.RECONCILE_SECONDS === 0) return;
  for (let isDone = false; !isDone && !signal.aborted;) {
    isDone = await ensureReconciler({
      address: config.TEMPORAL_ADDRESS,
      namespace: config.TEMPORAL_NAMESPACE,
      apiKey: config.TEMPORAL_API_KEY,
      taskQueue: config.TEMPORAL_TASK_QUEUE,
      everySeconds: config.RECONCILE_SECONDS,
      budgets: config.CHECKOUT_BUDGETS as ReconcilerSchedule['budgets'],
    }).then(
      () => true,
      (error: unknown) => {
        log.warn({ detail: (error as Error).message }, 'the reconciler is not scheduled');
        return false;
      },
    );
    if (!isDone) await delay(10_000, undefined, { signal }).catch(() => undefined);
  }
}

/** A run ends on the build that it began on, whatever is released meanwhile (docs/decisions/0007). */
function pinnedTo({
  WORKER_DEPLOYMENT_NAME: deploymentName,
  WORKER_BUILD_ID: buildId,
}: Config): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

async function sendMails(signal: AbortSignal): Promise<void> {
  const outbox = createOutbox(pool);
  const observed = observeMailer(mailer, { tally, isRepeated: () => false });
  const failed = ({ orderId, requestId }: OutboxMail, error: unknown) =>
    log.warn({ orderId, requestId, detail: (error as Error).message }, 'a mail waits');
  while (!signal.aborted) {
    const sent = await sendDueMails(outbox, observed, failed).catch((error: unknown) => {
      log.warn({ detail: (error as Error).message }, 'the outbox cannot be read');
      return 0;
    });
    if (sent === 0) await delay(1_000, undefined, { signal }).catch(() => undefined);
  }
}
