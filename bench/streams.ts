/**
 * `npm run bench:streams`: what open event streams cost one API process, on a PostgreSQL of its own
 * and with no Temporal. 2,000 streams, first all of one order and then each of its own: memory of
 * the process per stream, CPU of process and database while nothing happens, time from an event's
 * commit until each client has it, and how long the process takes to send them all away.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withClient } from '../src/launcher/postgres.ts';
import { apiReady, startProgram } from '../src/launcher/programs.ts';
import { createKey, ensureTenant } from '../src/launcher/shop.ts';
import { startServices } from '../test/support/run.ts';
import type { Services } from '../test/support/services.ts';

const STREAMS = 2_000;
const ROUNDS = 3;
const EVENTS = 5;
const QUIET_SECONDS = 10;

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
const services = startServices();
const postgres = (await services.get('postgres')) as Services['postgres'];
const database = postgres.template;
const url = postgres.url.replace(/\/postgres(\?|$)/, `/${database}$1`);
const apiKey = await withClient(url, async (client) => {
  const tenantId = await ensureTenant(client, 'bench');
  return await createKey(client, { tenantId, scopes: ['orders:read'], environment: 'dev' });
});

try {
  for (const [title, orders] of [
    ['all of one order', 1],
    ['each of an order of its own', STREAMS],
  ] as const) {
    console.log(`\n${STREAMS} streams, ${title}`);
    for (let round = 1; round <= ROUNDS; round += 1) await measure(`${orders}x${round}`, orders);
  }
} finally {
  await services.stop();
}

async function measure(round: string, orders: number): Promise<void> {
  const ids = Array.from({ length: orders }, (_, n) => orderId(`${round}x${n}`));
  await insertOrders(ids);
  const api = await startProgram({
    name: 'api',
    root,
    file: 'api.ts',
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      // Neither starter nor watcher is what is measured.
      STARTER_GRACE_SECONDS: '86400',
      WATCHER_SILENCE_SECONDS: '86400',
      // There is no worker that could begin any.
      ORDER_WAIT_SECONDS: '86400',
      MAX_ORDERS_WAITING: '1000000',
      API_PORT: '0',
      OPERATIONS_PORT: '0',
      STRIPE_SECRET_KEY: 'sk_test_standin',
      CARRIER_URL: 'http://127.0.0.1:1',
      SMTP_URL: 'smtp://127.0.0.1:1',
    },
    ready: apiReady,
    logFile: join(tmpdir(), `makegood-bench-${process.pid}.log`),
  });
  // Warm, so that what is compiled and pooled once is not counted as a stream's.
  await Promise.all(Array.from({ length: 50 }, () => hangUpAfterOne(api.url, ids[0] ?? '')));
  await delay(2_000);
  const memory = rssOf(api.pid);
  const opened = performance.now();
  const clients = await inPieces(STREAMS, 50, (n) => open(api.url, ids[n % orders] ?? ''));
  const openMs = performance.now() - opened;
  await delay(3_000);
  const perStream = (rssOf(api.pid) - memory) / STREAMS;
  const [apiCpu, databaseCpu] = [cpuOf(api.pid), cpuOfDatabase()];
  await delay(QUIET_SECONDS * 1_000);
  const share = (seconds: number) => `${((100 * seconds) / QUIET_SECONDS).toFixed(1)} %`;
  console.log(
    `  opened in ${openMs.toFixed(0)} ms; ${perStream.toFixed(1)} kB each; quiet, of one core: ` +
      `API ${share(cpuOf(api.pid) - apiCpu)}, PostgreSQL ${share(databaseSince(databaseCpu))}`,
  );
  for (let event = 0; event < EVENTS; event += 1) {
    const before = cpuOf(api.pid);
    const times = await deliver(clients, ids);
    const cpuMs = 1_000 * (cpuOf(api.pid) - before);
    console.log(`  an event to all, ms: ${spread(times)}; API CPU ${cpuMs.toFixed(0)} ms`);
  }
  const stopped = performance.now();
  const gone = Promise.all(clients.map((client) => client.ended));
  await api.stop();
  await gone;
  const stopMs = performance.now() - stopped;
  const polite = clients.filter((client) => client.text().includes(': come back')).length;
  console.log(`  stopped in ${stopMs.toFixed(0)} ms, ${polite} clients told to come back`);
}

// 26 letters, as the API makes them.
function orderId(name: string): string {
  return `ord_${name.padStart(26, '0')}`;
}

/** Accepted, with a first event each. */
async function insertOrders(ids: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(
      `INSERT INTO "order" (id, tenant_id, request_id, amount, currency, payment_method,
         customer_name, customer_email, shipping_address, run_started_at)
       SELECT id, (SELECT id FROM tenant WHERE name = 'bench'), 'req', 1000, 'EUR', 'pm', 'Ada',
         'ada@example.com', '{}', now() FROM unnest($1::text[]) AS o(id)`,
      [ids],
    );
    await client.query(
      `INSERT INTO order_line SELECT id, 'MUG', 1, 1000 FROM unnest($1::text[]) AS o(id)`,
      [ids],
    );
    await client.query(
      `SELECT append_event(id, 'order.accepted') FROM unnest($1::text[]) AS o(id)`,
      [ids],
    );
    await client.query('ANALYZE');
  });
}

interface Client {
  /** Resolves with the time at which the next event was there. */
  nextEvent(): Promise<number>;
  /** What came last. */
  text(): string;
  readonly ended: Promise<void>;
  hangUp(): void;
}

/** Resolves when the order's first event is there. */
async function open(apiUrl: string, id: string): Promise<Client> {
  const headers = { Authorization: `Bearer ${apiKey}`, Accept: 'text/event-stream' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${apiUrl}/v1/orders/${id}/events`, { agent, headers }, resolve).once('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode ?? '?'}`);
  let text = '';
  let arrived: ((at: number) => void) | undefined;
  response.on('data', (chunk: Buffer) => {
    text = chunk.toString();
    if (text.includes('data: ')) arrived?.(performance.now());
  });
  response.on('error', () => undefined);
  const client: Client = {
    nextEvent: () => new Promise((resolve) => (arrived = resolve)),
    text: () => text,
    ended: new Promise((resolve) => response.once('close', resolve)),
    hangUp: () => response.destroy(),
  };
  await client.nextEvent();
  return client;
}

async function hangUpAfterOne(apiUrl: string, id: string): Promise<void> {
  (await open(apiUrl, id)).hangUp();
}

/** Milliseconds from the commit until each client has the event. */
async function deliver(clients: readonly Client[], ids: readonly string[]): Promise<number[]> {
  const all = Promise.all(clients.map((client) => client.nextEvent()));
  const committed = await withClient(url, async (client) => {
    await client.query(
      `SELECT append_event(id, 'order.needs_operator') FROM unnest($1::text[]) AS o(id)`,
      [ids],
    );
    const at = performance.now();
    for (let from = 0; from < ids.length; from += 200) {
      const payload = ids.slice(from, from + 200).join(',');
      await client.query(`SELECT pg_notify('order_event', $1)`, [payload]);
    }
    return at;
  });
  return (await all).map((at) => at - committed);
}

async function inPieces<T>(count: number, size: number, make: (n: number) => Promise<T>) {
  const made: T[] = [];
  for (let from = 0; from < count; from += size) {
    const piece = Array.from({ length: Math.min(size, count - from) }, (_, n) => make(from + n));
    made.push(...(await Promise.all(piece)));
  }
  return made;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0);
  return `min ${at(0)}, median ${at(0.5)}, max ${at(1)}`;
}

/** In kB. */
function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** In seconds; the kernel counts in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Of each connection to our own database, by process. */
function cpuOfDatabase(): ReadonlyMap<string, number> {
  const found = readdirSync('/proc').flatMap((pid): [string, number][] => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const isOurs = command.startsWith('postgres: makegood') && command.includes(database);
      return isOurs ? [[pid, cpuOf(Number(pid))]] : [];
    } catch {
      return []; // No process, or one that has ended.
    }
  });
  return new Map(found);
}

/** Of those that are still there: idle connections of the pool end meanwhile. */
function databaseSince(before: ReadonlyMap<string, number>): number {
  const now = [...cpuOfDatabase()];
  return now.reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? seconds), 0);
}
