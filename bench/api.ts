/**
 * `npm run bench:api`: requests per second and time to the answer of one API process for placing an
 * order, replaying it, and asking for one that has ended and is known (304), by one client and by 16;
 * and what of it is PostgreSQL and Temporal. On a PostgreSQL and a Temporal dev server of its own,
 * without a worker, so that nothing but the API's own work is measured; everything, the clients
 * included, shares the machine. Prints Markdown, each figure as min / median / max of the repeats.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createOrderBook } from '../src/adapters/postgres/order-book.ts';
import { createPool } from '../src/adapters/postgres/pool.ts';
import type { OrderId } from '../src/domain/order.ts';
import { freePort } from '../src/launcher/ports.ts';
import { withClient } from '../src/launcher/postgres.ts';
import { apiReady, startProgram } from '../src/launcher/programs.ts';
import { orderOf } from '../src/launcher/samples.ts';
import { createKey, ensureTenant, importCatalogue } from '../src/launcher/shop.ts';
import { startServices } from '../test/support/run.ts';
import type { Services } from '../test/support/services.ts';
import { TIMING_PORT } from './api-timing.ts';
import type { Timings } from './api-timing.ts';
import { percentile } from './compare/statistics.ts';
import { cpuUnder, difference } from './processes.ts';

const REPEATS = 5;
const LOADS = [
  { clients: 1, requests: 200 },
  { clients: 16, requests: 1_000 },
] as const;
const WARM_UP = { clients: 4, requests: 200 };

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const BODY = JSON.stringify(orderOf({ lines: [{ sku: 'bench', quantity: 1 }] }));

const services = startServices();
const { url, apiKey, address } = await prepare();
const timingPort = await freePort();
const api = await startApi();
try {
  const operations = await prepareOperations();
  for (const { send } of operations) await run(send, WARM_UP);
  for (const load of LOADS) {
    const measured: (readonly Figures[])[] = [];
    for (const { send } of operations) {
      const repeats: Figures[] = [];
      while (repeats.length < REPEATS) repeats.push(await run(send, load));
      measured.push(repeats);
    }
    const clients = load.clients === 1 ? '1 client' : `${load.clients} clients`;
    printTable(
      `${clients}, ${load.requests.toLocaleString('en')} requests a repeat`,
      operations.map(({ title }) => title),
      measured,
    );
  }
} finally {
  await api.stop();
  await services.stop();
  agent.destroy();
}

/** The books with a shop in them. */
async function prepare() {
  const [postgres, temporal] = (await Promise.all([
    services.get('postgres'),
    services.get('temporal'),
  ])) as [Services['postgres'], Services['temporal']];
  const url = postgres.url.replace(/\/postgres(\?|$)/, `/${postgres.template}$1`);
  const apiKey = await withClient(url, async (client) => {
    const tenantId = await ensureTenant(client, 'bench');
    const unitPrice = { value: '1000', currency: 'EUR' };
    const product = { sku: 'bench', name: 'Something to measure with', unitPrice };
    await importCatalogue(client, tenantId, [{ ...product, available: 1_000_000 }]);
    const scopes = ['orders:read', 'orders:write'];
    return await createKey(client, { tenantId, scopes, environment: 'dev' });
  });
  return { url, apiKey, address: temporal.address };
}

function startApi() {
  const timing = new URL('api-timing.ts', import.meta.url).href;
  return startProgram({
    name: 'api',
    root,
    file: 'api.ts',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import tsx --import ${timing}`,
      [TIMING_PORT]: timingPort.toString(),
      LOG_LEVEL: 'info',
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: address,
      RATE_LIMIT_PER_MINUTE: '1000000',
      // There is no worker that could begin any.
      ORDER_WAIT_SECONDS: '86400',
      MAX_ORDERS_WAITING: '1000000',
      // Neither starter nor watcher is what is measured.
      STARTER_GRACE_SECONDS: '86400',
      WATCHER_SILENCE_SECONDS: '86400',
      API_PORT: '0',
      OPERATIONS_PORT: '0',
      STRIPE_SECRET_KEY: 'sk_test_standin',
      CARRIER_URL: 'http://127.0.0.1:1',
      SMTP_URL: 'smtp://127.0.0.1:1',
    },
    ready: apiReady,
    logFile: join(tmpdir(), `makegood-bench-${process.pid}.log`),
  });
}

/** Throws unless it is answered as it should be. */
type Send = () => Promise<void>;

async function prepareOperations(): Promise<readonly { title: string; send: Send }[]> {
  const key = randomUUID();
  const placed = await place(key);
  const { id } = JSON.parse(placed.body) as { id: OrderId };
  const pool = createPool({ url, size: 1, applicationName: 'bench' });
  const book = createOrderBook(pool, () => undefined);
  // Which also says that it was started, as a worker would have: a replay then has nothing to start.
  await book.reserveStock(id);
  await book.beginUnwind(id, 'out-of-stock');
  await book.releaseStock(id);
  await book.closeOrder(id);
  await pool.end();
  const path = `/v1/orders/${id}`;
  const { etag = '' } = (await call('GET', path)).headers;
  return [
    { title: 'POST', send: async () => must(await place(randomUUID()), 202) },
    { title: 'replay', send: async () => must(await place(key), 202, 'idempotent-replayed') },
    {
      title: 'GET, 304',
      send: async () => must(await call('GET', path, { 'If-None-Match': etag }), 304),
    },
  ];
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

function must(answer: Answer, status: number, header = 'x-request-id'): void {
  if (answer.status !== status || answer.headers[header] === undefined)
    throw new Error(`answered ${answer.status}: ${answer.body}`);
}

function place(key: string): Promise<Answer> {
  return call('POST', '/v1/orders', { 'Idempotency-Key': key }, BODY);
}

function call(
  method: 'GET' | 'POST',
  path: string,
  own: OutgoingHttpHeaders = {},
  body = '',
): Promise<Answer> {
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    ...(body !== '' && { 'Content-Type': 'application/json', 'Content-Length': body.length }),
    ...own,
  };
  return new Promise((resolve, reject) => {
    const asking = request(`${api.url}${path}`, { method, headers, agent }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode: status = 0, headers } = incoming;
        resolve({ status, headers: headers as Answer['headers'], body: text });
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** One repeat, in the words of the table. */
type Figures = Readonly<Record<string, number>>;

async function run(send: Send, load: { clients: number; requests: number }): Promise<Figures> {
  const [cpuBefore, before] = [cpuUnder(process.pid), await timings()];
  const times: number[] = [];
  let left = load.requests;
  const began = performance.now();
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      await send();
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  const seconds = (performance.now() - began) / 1_000;
  // No answer waits for Temporal; what it was asked belongs to the requests all the same.
  let after = await timings();
  for (; after.underWay > 0; after = await timings()) await delay(20);
  const used = difference(cpuUnder(process.pid), cpuBefore);
  return figures({ load, seconds, times, before, after, used });
}

function figures(measured: {
  readonly load: { readonly requests: number };
  readonly seconds: number;
  readonly times: readonly number[];
  readonly before: Timings;
  readonly after: Timings;
  readonly used: Readonly<Record<string, number>>;
}): Figures {
  const { load, seconds, before, after, used } = measured;
  const each = 1 / load.requests;
  const mean = measured.times.reduce((sum, ms) => sum + ms, 0) * each;
  const postgresMs = (after.postgres.ms - before.postgres.ms) * each;
  const calls = after.temporal.calls - before.temporal.calls;
  const cpu = (part: string) => (used[part] ?? 0) * 1_000 * each;
  const allCpu = cpu('API') + cpu('PostgreSQL') + cpu('Temporal');
  return {
    'requests/s': load.requests / seconds,
    'p50, ms': percentile(measured.times, 0.5),
    'p99, ms': percentile(measured.times, 0.99),
    'questions to PostgreSQL': (after.postgres.calls - before.postgres.calls) * each,
    'waiting for PostgreSQL, ms': postgresMs,
    'share of the time to the answer, %': (100 * postgresMs) / mean,
    'calls to Temporal': calls * each,
    'one such call, after the answer, ms': (after.temporal.ms - before.temporal.ms) / calls,
    'of these calls, not answered in 2 s, %':
      (100 * (after.temporal.failed - before.temporal.failed)) / calls,
    'CPU of API, ms': cpu('API'),
    'CPU of PostgreSQL, ms': cpu('PostgreSQL'),
    'CPU of Temporal, ms': cpu('Temporal'),
    'PostgreSQL’s share of these, %': (100 * cpu('PostgreSQL')) / allCpu,
    'Temporal’s share of these, %': (100 * cpu('Temporal')) / allCpu,
  };
}

async function timings(): Promise<Timings> {
  return (await (await fetch(`http://127.0.0.1:${timingPort}`)).json()) as Timings;
}

function printTable(
  title: string,
  operations: readonly string[],
  measured: readonly (readonly Figures[])[],
): void {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log(`\n${row([`${title}; per request`, ...operations])}`);
  console.log(row(['---', ...operations.map(() => '---')]));
  for (const name of Object.keys(measured[0]?.[0] ?? {})) {
    const cells = measured.map((repeats) => spread(repeats.map((one) => one[name] ?? 0)));
    console.log(row([name, ...cells]));
  }
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  // Of no calls there is no mean.
  if (sorted.some(Number.isNaN)) return '–';
  const words = [at(0), at(0.5), at(1)].map((value) => value.toFixed(value < 20 ? 1 : 0));
  return new Set(words).size === 1 ? (words[0] ?? '') : words.join(' / ');
}
