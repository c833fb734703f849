/**
 * The API on a real PostgreSQL, with a tenant, keys and a small catalogue. Temporal is a party
 * outside: a recording client stands in for it here, the real one is tested on a real server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { createCatalogue } from '../../src/adapters/postgres/catalogue.ts';
import { createCredentials } from '../../src/adapters/postgres/credentials.ts';
import { createEventStore } from '../../src/adapters/postgres/event-store.ts';
import { createFeed, createNotifier } from '../../src/adapters/postgres/feed.ts';
import { createGatewayEvents } from '../../src/adapters/postgres/gateway-events.ts';
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { createTenantPool } from '../../src/adapters/postgres/tenant.ts';
import { createWebhookStore } from '../../src/adapters/postgres/webhook-store.ts';
import { createEventReader } from '../../src/adapters/stripe/events.ts';
import { createTransport } from '../../src/adapters/webhooks/transport.ts';
import { createVault } from '../../src/adapters/webhooks/vault.ts';
import { createApp, type ApiDeps } from '../../src/api/app.ts';
import { createEventStreams, type EventStreamsOptions } from '../../src/api/event-stream.ts';
import { createLimits, type LimitOptions } from '../../src/api/limits.ts';
import { createLoad, type LoadOptions } from '../../src/api/load.ts';
import { createSagaCalls } from '../../src/api/saga-calls.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { createLogger } from '../../src/log.ts';
import { describedAnswer } from '../support/contract.ts';
import { createDatabase } from '../support/database.ts';
import { recordingSagas } from '../support/recording-sagas.ts';

export const WEBHOOK_SECRET = 'whsec_test';

/** Log lines as objects. */
type LogLine = Readonly<Record<string, unknown>>;

/** Nothing is too much, unless a test says so. */
export const PLENTY: LimitOptions & Omit<LoadOptions, 'queued'> = {
  perMinute: 1_000_000,
  failuresPerMinute: 1_000_000,
  trustedProxies: 0,
  mostInFlight: 1_000_000,
  mostQueued: 1_000_000,
  mostLagMs: 1_000_000,
};

/** What secrets of webhooks are sealed with here. */
export const VAULT = createVault([Buffer.alloc(32, 'harness')]);

/** One API process, without its listeners. */
export function createProcess(
  url: string,
  poolSize = 10,
  limited: Partial<typeof PLENTY> & Omit<EventStreamsOptions, 'feed'> = {},
  admission?: ApiDeps['admission'],
) {
  const pool = createPool({ url, size: poolSize, applicationName: 'test' });
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as LogLine) };
  const log = createLogger({ level: 'info', name: 'test', destination });
  const sagas = recordingSagas();
  const tenants = createTenantPool({ url, size: poolSize, applicationName: 'test' });
  const store = createOrderStore(tenants, pool);
  const refunds = createRefundStore(tenants, pool);
  const notifier = createNotifier(pool);
  const feed = createFeed({ url });
  const limits = createLimits({ ...PLENTY, ...limited });
  const load = createLoad({ ...PLENTY, queued: () => tenants.waitingCount, ...limited });
  const deps: ApiDeps = {
    limits,
    load,
    credentials: createCredentials(tenants),
    catalogue: createCatalogue(tenants),
    store,
    refunds,
    shipments: createShipmentStore(tenants),
    feed,
    events: createEventStore(tenants),
    streams: createEventStreams({ feed, ...limited }),
    webhooks: createWebhookStore(tenants, VAULT),
    transport: createTransport({ allowPrivate: false }),
    touched: notifier.touched,
    sagaCalls: createSagaCalls(sagas, log),
    ...(admission && { admission }),
    readEvent: createEventReader({ secrets: [WEBHOOK_SECRET] }),
    gatewayEvents: createGatewayEvents(pool),
    heard: () => undefined,
    log,
  };
  return {
    app: heldToContract(createApp(deps)),
    deps,
    pool,
    /** What requests run on. */
    tenants,
    store,
    refunds,
    feed,
    notifier,
    sagas,
    log,
    lines,
    async close() {
      load.stop();
      await feed.close();
      await notifier.close();
      await Promise.all([tenants.end(), pool.end()]);
    },
  };
}

/** Whatever a test asks for: an answer that the OpenAPI document does not describe fails it. */
export function heldToContract(app: ReturnType<typeof createApp>) {
  const request = app.request.bind(app);
  app.request = async (input, init, ...rest) => {
    const answer = await request(input, init, ...rest);
    const { pathname } = new URL(input instanceof Request ? input.url : input, 'http://localhost');
    await describedAnswer(init?.method ?? 'GET', pathname, answer);
    return answer;
  };
  return app;
}

export async function createHarness() {
  const database = await createDatabase();
  const api = createProcess(database.url);
  const [acme, globex] = [await addTenant(api.pool, 'acme'), await addTenant(api.pool, 'globex')];
  const book = createOrderBook(api.pool, api.notifier.touched);
  return {
    ...api,
    database,
    book,
    acme,
    globex,
    async close() {
      await api.close();
      await database.drop();
    },
    async count(table: 'order' | 'idempotency_claim' | 'refund'): Promise<number> {
      const { rows } = await api.pool.query<{ n: string }>(
        `SELECT count(*)::text n FROM "${table}"`,
      );
      return Number(rows[0]?.n);
    },
  };
}

export type Harness = Awaited<ReturnType<typeof createHarness>>;

export interface Tenant {
  readonly id: string;
  readonly key: string;
  /** May read orders, and nothing else. */
  readonly readOnlyKey: string;
}

async function addTenant(pool: pg.Pool, name: string): Promise<Tenant> {
  const id = `ten_${name}`;
  await pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [id, name]);
  const key = await addKey(pool, id, EVERYTHING);
  const readOnlyKey = await addKey(pool, id, ['orders:read']);
  for (const [sku, price, currency, available] of CATALOGUE) {
    await pool.query('INSERT INTO product VALUES ($1, $2, $3, $4, $5)', [
      id,
      sku,
      `The ${sku}`,
      price,
      currency,
    ]);
    await pool.query('INSERT INTO stock VALUES ($1, $2, $3)', [id, sku, available]);
  }
  return { id, key, readOnlyKey };
}

/** What a tenant's key may do at most. */
export const EVERYTHING = ['orders:read', 'orders:write', 'refunds:write', 'webhooks:write'];

const CATALOGUE = [
  ['CUP', 1250, 'EUR', 1000],
  ['TEA', 399, 'EUR', 1000],
  ['LAST', 500, 'EUR', 1],
  ['GONE', 500, 'EUR', 0],
  ['BAGEL', 300, 'USD', 10],
] as const;

/** What the examples of the OpenAPI document order, at 14.99 EUR apiece, and vouchers. */
export async function shelveMugs(
  pool: pg.Pool,
  { id }: Pick<Tenant, 'id'>,
  available: number,
): Promise<void> {
  const product = `INSERT INTO product VALUES ($1, 'mug', 'Stoneware mug', 1499, 'EUR')`;
  await pool.query(product, [id]);
  await pool.query(`INSERT INTO stock VALUES ($1, 'mug', $2)`, [id, available]);
  const vouchers = `INSERT INTO voucher (tenant_id, code, currency, percent_off, uses, valid_until)
    VALUES ($1, 'WELCOME10', 'EUR', 10, 1000, NULL), ($1, 'USEDUP', 'EUR', 10, 0, NULL),
      ($1, 'EXPIRED', 'EUR', 10, 1, now())`;
  await pool.query(vouchers, [id]);
}

export async function addKey(pool: pg.Pool, tenantId: string, scopes: string[]): Promise<string> {
  const { id, key, secretHash } = makeApiKey('dev');
  await pool.query(
    'INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)',
    [id, tenantId, secretHash, scopes],
  );
  return key;
}

/** A request's body that is right in every field. */
export function validBody() {
  return {
    lines: [
      { sku: 'TEA', quantity: 2 },
      { sku: 'CUP', quantity: 1 },
    ],
    customer: { email: 'ada@example.com', name: 'Ada Lovelace' },
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James’s Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
    paymentMethod: 'pm_card_visa',
  };
}

let keys = 0;

export function newKey(): string {
  return `key-${process.pid}-${++keys}`;
}

export function postOf(
  tenant: Pick<Tenant, 'key'>,
  options: { body?: unknown; key?: string | undefined; headers?: Record<string, string> } = {},
): RequestInit {
  const { body = validBody(), headers = {} } = options;
  const key = 'key' in options ? options.key : newKey();
  return {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${tenant.key}`,
      'Content-Type': 'application/json',
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

export function getOf(tenant: Pick<Tenant, 'key'>, headers: Record<string, string> = {}) {
  return { headers: { Authorization: `Bearer ${tenant.key}`, ...headers } };
}

export interface ProblemBody {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly { field: string; detail: string }[];
  readonly skus?: readonly string[];
  readonly amount?: unknown;
}

export interface OrderBody {
  readonly id: OrderId;
  readonly status: string;
  readonly createdAt: string;
  readonly amount: { value: string; currency: string };
  readonly links: { self: string; events: string; cancel: string; refunds: string };
}

export async function orderIn(response: Response): Promise<OrderBody> {
  return (await response.json()) as OrderBody;
}

/** Waits for what is true soon; an endless wait ends by the test's own timeout. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}

/** In the order in which they are shown. */
export function linksOf(id: OrderId) {
  const self = `/v1/orders/${id}`;
  return { self, events: `${self}/events`, cancel: `${self}/cancel`, refunds: `${self}/refunds` };
}
