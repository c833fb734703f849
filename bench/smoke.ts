/**
 * `npm run bench:smoke`: a first feeling for speed on the stack that `npm start` runs, not a
 * comparison. 20 orders one after the other, then 200 from 16 clients: orders per second, time to
 * the decision and to the end, CPU per order by process; and what an idle stack costs.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { orderOf } from '../src/launcher/samples.ts';
import { percentile } from './compare/statistics.ts';
import { cpuOfStack, difference } from './processes.ts';
import type { CpuSeconds } from './processes.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

interface Endpoints {
  readonly apiUrl: string;
  readonly apiKey: string;
}

interface Timing {
  readonly decisionMs: number;
  readonly completionMs: number;
}

const IDLE_SECONDS = 10;
const REPEATS = 3;

const ORDER = orderOf({ lines: [{ sku: 'bench', quantity: 1 }] });

const endpoints = readEndpoints();
importCatalogue();
await run('warm-up', 10, 2);
for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
  await run(`20 orders, 1 client (${repeat})`, 20, 1);
  await run(`200 orders, 16 clients (${repeat})`, 200, 16);
}
await idle();

function readEndpoints(): Endpoints {
  try {
    return JSON.parse(readFileSync(`${root}/.makegood/endpoints.json`, 'utf8')) as Endpoints;
  } catch {
    throw new Error('Nothing runs here: start the stack with `npm start` first.');
  }
}

/** Enough units that no run is ever sold out. */
function importCatalogue(): void {
  const command = [
    '--import',
    'tsx',
    'src/launcher/catalogue.ts',
    'import',
    'bench/catalogue.json',
  ];
  execFileSync(process.execPath, command, { cwd: root });
}

async function run(title: string, orders: number, clients: number): Promise<void> {
  const before = cpuOfStack(root);
  const started = performance.now();
  let left = orders;
  const timings: Timing[] = [];
  const client = async () => {
    while (left > 0) {
      left -= 1;
      timings.push(await placeOrder());
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - started) / 1_000;
  const used = difference(cpuOfStack(root), before);
  console.log(`\n${title}: ${(orders / seconds).toFixed(1)} orders/s`);
  console.log(`  decision ms    ${spread(timings.map(({ decisionMs }) => decisionMs))}`);
  console.log(`  completion ms  ${spread(timings.map(({ completionMs }) => completionMs))}`);
  console.log(`  CPU ms/order   ${perPart(used, 1_000 / orders)}`);
}

async function placeOrder(): Promise<Timing> {
  const started = performance.now();
  const order = await call('POST', '/v1/orders', {
    'Idempotency-Key': randomUUID(),
    Prefer: 'wait=30',
  });
  const decisionMs = performance.now() - started;
  const ended = await call('GET', `/v1/orders/${order.id}?wait=30`);
  if (ended.status !== 'completed') throw new Error(`order ${order.id} is ${ended.status}`);
  return { decisionMs, completionMs: performance.now() - started };
}

async function call(
  method: 'POST' | 'GET',
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ id: string; status: string }> {
  const { apiUrl, apiKey } = endpoints;
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(method === 'POST' && { body: JSON.stringify(ORDER) }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { id: string; status: string };
}

async function idle(): Promise<void> {
  await delay(3_000);
  const before = cpuOfStack(root);
  await delay(IDLE_SECONDS * 1_000);
  const used = difference(cpuOfStack(root), before);
  console.log(`\nidle for ${IDLE_SECONDS} s, % of one core: ${perPart(used, 100 / IDLE_SECONDS)}`);
}

function spread(values: readonly number[]): string {
  const at = (share: number) => percentile(values, share).toFixed(0);
  return `p50 ${at(0.5)}  p99 ${at(0.99)}  min ${at(0)}  max ${at(1)}`;
}

function perPart(used: CpuSeconds, factor: number): string {
  const parts = Object.entries(used).toSorted(([a], [b]) => a.localeCompare(b));
  const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  return [['all', total] as const, ...parts]
    .map(([part, seconds]) => `${part} ${(seconds * factor).toFixed(1)}`)
    .join(', ');
}
