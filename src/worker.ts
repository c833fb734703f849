/** The worker: polls Temporal for checkouts and does their steps; sends the mails of the outbox. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { isRepeated, logAttempts, timeLeftMs } from './activities/attempt.ts';
import { createActivities } from './activities/index.ts';
import { sendDueMails } from './activities/notifications.ts';
import { observeCarrier, observeGateway, observeMailer } from './activities/observed.ts';
import type { OutboxMail } from './activities/ports.ts';
import { createCarrier } from './adapters/carrier/index.ts';
import { createNotifier } from './adapters/postgres/feed.ts';
import { createOrderBook } from './adapters/postgres/order-book.ts';
import { createOutbox } from './adapters/postgres/outbox.ts';
import { createPool } from './adapters/postgres/pool.ts';
import { createMailer } from './adapters/smtp/index.ts';
import { createStripeGateway } from './adapters/stripe/index.ts';
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
const gateway = createStripeGateway({
  secretKey: config.STRIPE_SECRET_KEY,
  apiBase: config.STRIPE_API_BASE,
  foundDone(operation) {
    tally.unknown({ party: 'gateway', operation });
    tally.resolved({ party: 'gateway', operation }, 'found done');
  },
});
const watch = { tally, isRepeated };
const activities = createActivities({
  book: createOrderBook(pool, (id) => notifier.touched(id)),
  gateway: observeGateway(gateway, watch),
  carrier: observeCarrier(createCarrier({ baseUrl: config.CARRIER_URL }), watch),
  mailer: observeMailer(mailer, watch),
  timeLeftMs,
  lookedUp: (operation, found) => tally.resolved({ party: 'gateway', operation }, `found ${found}`),
});

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
process.send?.({ ready: true });
log.info(
  { taskQueue: config.TEMPORAL_TASK_QUEUE, buildId: config.WORKER_BUILD_ID },
  'the worker is polling',
);

await worker.run();
stopping.abort();
await mails;
await notifier.close();
await pool.end();
await connection.close();
if (process.connected) process.disconnect();

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
