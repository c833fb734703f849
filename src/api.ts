/** The API: accepts orders into PostgreSQL, starts their checkouts, and answers what became of them. */
import { createTokens, keysOrTokens } from './adapters/jwt/index.ts';
import { createBusinessNumbers } from './adapters/postgres/business-numbers.ts';
import { createCatalogue } from './adapters/postgres/catalogue.ts';
import { createClaimArchive } from './adapters/postgres/claim-archive.ts';
import { createCredentials } from './adapters/postgres/credentials.ts';
import { createDeliveryQueue } from './adapters/postgres/delivery-queue.ts';
import { createEventStore } from './adapters/postgres/event-store.ts';
import { createFeed, createNotifier } from './adapters/postgres/feed.ts';
import { createDatabaseCheck } from './adapters/postgres/health.ts';
import { createGatewayEvents } from './adapters/postgres/gateway-events.ts';
import { createKeyUse } from './adapters/postgres/key-use.ts';
import { createOperationsDesk } from './adapters/postgres/operations-desk.ts';
import { createOrderStore } from './adapters/postgres/order-store.ts';
import { createPool } from './adapters/postgres/pool.ts';
import { createRefundStore } from './adapters/postgres/refund-store.ts';
import { createShipmentStore } from './adapters/postgres/shipment-store.ts';
import { createTenantPool } from './adapters/postgres/tenant.ts';
import { createWaitingOrders } from './adapters/postgres/waiting-orders.ts';
import { createWatchStore } from './adapters/postgres/watch-store.ts';
import { createWebhookStore } from './adapters/postgres/webhook-store.ts';
import { createEventReader } from './adapters/stripe/events.ts';
import { createTransport } from './adapters/webhooks/transport.ts';
import { createVault } from './adapters/webhooks/vault.ts';
import { createAdmission, keepLooking } from './api/admission.ts';
import { createApp } from './api/app.ts';
import { createArchiver } from './api/archiver.ts';
import { createBusinessMetrics } from './api/business-metrics.ts';
import { createEventStreams } from './api/event-stream.ts';
import { createHearer } from './api/hearer.ts';
import { createLimits } from './api/limits.ts';
import { createLoad } from './api/load.ts';
import { createMessenger } from './api/messenger.ts';
import { createMetrics } from './api/metrics.ts';
import { createOperationsApp } from './api/operations.ts';
import { runUrls } from './api/operations-shown.ts';
import { createSagaCalls } from './api/saga-calls.ts';
import { createRetrier } from './api/retrier.ts';
import { listen } from './api/server.ts';
import { createStarter } from './api/starter.ts';
import { createWatcher } from './api/watcher.ts';
import { connectSagaClient } from './client/temporal.ts';
import type { SagaClientOptions } from './client/temporal.ts';
import { readConfig, tokenIssuer } from './config.ts';
import { createLogger } from './log.ts';

const config = readConfig();
const log = createLogger({ level: config.LOG_LEVEL, name: 'api' });
const onLost = ({ message }: Error) => log.warn({ detail: message }, 'a connection was lost');

const url = config.DATABASE_URL;
const size = config.DATABASE_POOL_SIZE;
const tenants = createTenantPool({ url, size, applicationName: 'makegood-api', onLost });
// Starter, watcher, hearer, admission, notifier and health ask one question each at a time, for all tenants,
// and hardly ever all at the same moment; the messenger writes down what receivers answer as it comes.
const LOOPS = 7;
const pool = createPool({ url, size: LOOPS, applicationName: 'makegood-api-loops', onLost });
// Apart, so that what operators look for holds up neither clients nor loops.
const OPERATORS = 2;
const operators = createPool({
  url,
  size: OPERATORS,
  applicationName: 'makegood-operators',
  onLost,
});
const admission = createAdmission({
  processes: config.API_PROCESSES,
  waitSeconds: config.ORDER_WAIT_SECONDS,
  mostWaiting: config.MAX_ORDERS_WAITING,
});
const metrics = createMetrics({
  pools: { tenants, loops: pool, operators },
  inFlight: () => load.inFlight,
  openStreams: () => streams.count,
  admission: () => admission.now,
  books: createBusinessMetrics({ numbers: createBusinessNumbers(operators), log }),
});
const { did } = metrics;
const store = createOrderStore(tenants, pool);
const refunds = createRefundStore(tenants, pool);
const keyUse = createKeyUse(pool);
const notifier = createNotifier(pool);
const feed = createFeed({ url, onLost });
const streams = createEventStreams({ feed });
const sagas = connectSagaClient({
  address: config.TEMPORAL_ADDRESS,
  namespace: config.TEMPORAL_NAMESPACE,
  apiKey: config.TEMPORAL_API_KEY,
  taskQueue: config.TEMPORAL_TASK_QUEUE,
  // JSON has no undefined, although the schema's type allows it.
  budgets: config.CHECKOUT_BUDGETS as SagaClientOptions['budgets'],
  onUnlisted: (detail) =>
    log.error(
      { detail },
      'Temporal lists runs without tenant, status and step until it is told of them',
    ),
});
const sagaCalls = createSagaCalls(sagas, log);
const graceSeconds = config.STARTER_GRACE_SECONDS;
const starter = createStarter({ store, refunds, sagas, log, graceSeconds, did });
const watcher = createWatcher({
  store: createWatchStore(pool),
  sagas,
  touched: notifier.touched,
  log,
  silenceSeconds: config.WATCHER_SILENCE_SECONDS,
  did,
});
const orders = createWaitingOrders(pool, config.MAX_ORDERS_WAITING);
const looking = keepLooking({ admission, orders, log });
const olderThanDays = config.ARCHIVE_AFTER_DAYS;
const archive = createClaimArchive(pool);
const vault = createVault(config.WEBHOOK_SECRET_KEYS);
const queue = createDeliveryQueue(pool, vault);
const logDays = config.WEBHOOK_LOG_DAYS;
const archiver = createArchiver({ archive, log, olderThanDays, webhooks: { queue, logDays }, did });
const transport = createTransport({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE === 'true' });
const scheduleSeconds = config.WEBHOOK_RETRY_SECONDS;
const messenger = createMessenger({
  queue,
  transport,
  log,
  timeoutSeconds: config.WEBHOOK_TIMEOUT_SECONDS,
  patienceDays: config.WEBHOOK_PATIENCE_DAYS,
  ...(scheduleSeconds && { scheduleSeconds }),
  did,
});

const gatewayEvents = createGatewayEvents(pool);
const hearer = createHearer({ events: gatewayEvents, sagas, log, did });

const desk = createOperationsDesk(operators);
const retrier = createRetrier({ desk: createOperationsDesk(pool), sagas, log, did });

const keys = createCredentials(tenants, {
  used: keyUse.used,
  onlyLive: config.MAKEGOOD_ENV === 'production',
});
const issuer = tokenIssuer(config);
const credentials = issuer ? keysOrTokens(keys, createTokens(issuer)) : keys;
const limited = {
  perMinute: Math.ceil(config.RATE_LIMIT_PER_MINUTE / config.API_PROCESSES),
  failuresPerMinute: config.FAILED_LOGINS_PER_MINUTE,
  trustedProxies: config.TRUSTED_PROXIES,
};
const load = createLoad({
  mostInFlight: config.MAX_REQUESTS_IN_FLIGHT,
  mostQueued: config.MAX_QUERIES_WAITING,
  queued: () => tenants.waitingCount,
  mostLagMs: config.MAX_LOOP_LAG_MS,
});
const app = createApp({
  limits: createLimits(limited),
  load,
  credentials,
  catalogue: createCatalogue(tenants),
  store,
  refunds,
  shipments: createShipmentStore(tenants),
  feed,
  events: createEventStore(tenants),
  streams,
  webhooks: createWebhookStore(tenants, vault),
  transport,
  touched: notifier.touched,
  sagaCalls,
  admission,
  readEvent: createEventReader({ secrets: config.STRIPE_WEBHOOK_SECRET }),
  gatewayEvents,
  heard: hearer.hear,
  counted: metrics.counted,
  log,
  measured: metrics.measured,
});
// Whoever stopped us waits no longer. An order is safe by then, or its client tries again.
const MOST_FOR_DRAINING_MS = 8_000;

let draining = false;
const operations = createOperationsApp({
  health: {
    checkDatabase: createDatabaseCheck(pool),
    checkTemporal: () => sagas.ready(),
    isDraining: () => draining,
  },
  limits: createLimits(limited),
  credentials,
  desk,
  sagas,
  sagaCalls,
  touched: notifier.touched,
  runUrl: runUrls(config.TEMPORAL_UI_URL, config.TEMPORAL_NAMESPACE),
  log,
  metrics,
});

const hostname = config.API_HOST;
const [api, health] = await Promise.all([
  listen({ app, hostname, port: config.API_PORT }),
  listen({ app: operations, hostname, port: config.OPERATIONS_PORT }),
]);
log.info({ url: api.url, operationsUrl: health.url }, 'the API is listening');
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.once(signal, () => void drain(signal));
}
// A parent that died while we were starting has sent its last event already.
if (process.connected) process.send?.({ ready: true, url: api.url, operationsUrl: health.url });
else if (process.send !== undefined) void drain('disconnect');

/** Takes nothing new, answers everybody who waits, and only then lets go of what answering needs. */
async function drain(reason: string): Promise<void> {
  if (draining) return;
  draining = true;
  setTimeout(() => process.exit(1), MOST_FOR_DRAINING_MS).unref();
  log.info({ reason }, 'draining');
  load.stop();
  const answered = api.close();
  await feed.close();
  const loops = [starter, watcher, archiver, retrier, messenger, hearer, looking];
  await Promise.all([answered, ...loops.map((loop) => loop.stop())]);
  transport.close();
  await sagaCalls.settled();
  await Promise.all([notifier.close(), keyUse.close()]);
  await Promise.all([health.close(), tenants.end(), operators.end(), pool.end(), sagas.close()]);
  log.info('drained');
  if (process.connected) process.disconnect();
}
