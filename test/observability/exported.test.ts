/**
 * Real processes, scraped by a real Prometheus under the repository's own rules: every metric that
 * rules, dashboards and docs name is there, and an order that is parked alerts until it is resolved.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBusinessMetrics } from '../../src/api/business-metrics.ts';
import { freePort } from '../../src/launcher/ports.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import type { OrderBody } from '../../src/launcher/samples.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { eventually } from '../api/harness.ts';
import { BOOKS } from '../support/metrics-of-books.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { metricsIn, readMetrics, rulesOf, startPrometheus } from '../support/prometheus.ts';
import type { Exported, Rule } from '../support/prometheus.ts';
import { clearFaults, setFaults } from '../support/stand-ins.ts';

describe('What API and worker export', function () {
  this.timeout(120_000);
  let stack: ProcessStack;
  let api: Awaited<ReturnType<ProcessStack['startApi']>>;
  let worker: Running;
  let directory: string;
  let workerAddress: string;
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
  let rules: readonly Rule[];
  let told: { readonly api: string; readonly worker: string };
  let exported: ReadonlyMap<string, Exported>;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'makegood-prometheus-'));
    workerAddress = `127.0.0.1:${await freePort()}`;
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 100);
    [api, worker] = await Promise.all([
      stack.startApi(),
      stack.startWorker({ WORKER_METRICS_ADDRESS: workerAddress }),
    ]);
    prometheus = await startPrometheus(directory, {
      'makegood-api': new URL(api.operationsUrl).host,
      'makegood-worker': workerAddress,
    });
    rules = await rulesOf(prometheus);
  });
  after(async () => {
    await prometheus.stop();
    await stack.close();
    await rm(directory, { recursive: true });
  });

  async function place(changes: Partial<OrderBody> = {}): Promise<OrderId> {
    const response = await fetch(`${api.url}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      body: JSON.stringify(orderOf({ lines: [{ sku: 'MUG', quantity: 1 }], ...changes })),
    });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: OrderId }).id;
  }
  const becomes = (id: OrderId, status: string) =>
    eventually(async () => (await stack.shop.row(id)).status === status);
  const scrape = async (url: string) => await (await fetch(`${url}/metrics`)).text();
  const all = async () => ({
    api: await scrape(api.operationsUrl),
    worker: await scrape(`http://${workerAddress}`),
  });

  it('alerts of a parked order within a minute, and no longer once it is resolved', async () => {
    const { gatewayUrl, carrierUrl } = stack.parties;
    await becomes(await place({ paymentMethod: 'pm_card_chargeDeclined' }), 'rejected');
    // Two answers that are lost: one call had worked, the other had not.
    await setFaults(gatewayUrl, { confirm: { fault: 'fail-after-effect', times: 1 } });
    await becomes(await place(), 'completed');
    await setFaults(gatewayUrl, { capture: { fault: 'fail-before', times: 1 } });
    await becomes(await place(), 'completed');

    await setFaults(carrierUrl, { request: { fault: 'reject' } });
    const parked = await place();
    await eventually(async () => (await stack.shop.row(parked)).needsOperator);
    const began = performance.now();
    await eventually(async () => (await prometheus.firing('OrderParked')) !== undefined);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`      firing ${seconds} s after it was parked`);
    const alert = await prometheus.firing('OrderParked');
    assert.equal(alert?.annotations['runbook_url'], 'docs/runbooks/order-parked.md');
    assert.equal(alert.labels['step'], 'request shipment');
    assert.equal(await prometheus.firing('TargetDown'), undefined);
    assert.equal(await prometheus.firing('DatabaseDown'), undefined);
    told = await all();

    await clearFaults(carrierUrl);
    await becomes(parked, 'completed');
    await eventually(async () => (await prometheus.firing('OrderParked')) === undefined);
  });

  it('has how each unknown answer was resolved', () => {
    for (const line of [
      'makegood_unknown_answers_total{operation="confirm",party="gateway"} 1',
      'makegood_unknown_answers_resolved_total{how="found done",operation="confirm",party="gateway"} 1',
      'makegood_unknown_answers_total{operation="capture",party="gateway"} 1',
      'makegood_unknown_answers_resolved_total{how="found not done",operation="capture",party="gateway"} 1',
    ]) {
      assert.ok(told.worker.split('\n').includes(line), `${line}\nin\n${told.worker}`);
    }
  });

  it('has every metric that rules and dashboards name', async () => {
    exported = readMetrics([told.api, told.worker].join('\n'));
    const known = new Set([...exported.keys(), 'up']);
    for (const { type, name } of rules) if (type === 'recording') known.add(name);
    const folder = 'observability/grafana/dashboards';
    const boards = await Promise.all(
      (await readdir(folder)).map(async (file) => await readFile(join(folder, file), 'utf8')),
    );
    const queries = boards.flatMap((text) =>
      [...text.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(
        ([, query = '']) => JSON.parse(query) as string,
      ),
    );
    assert.ok(queries.length > 30, 'the dashboards have queries');
    const missing = [...rules.map(({ query }) => query), ...queries].flatMap((query) => {
      const names = metricsIn(query);
      assert.ok(names.length > 0, query);
      return names.filter(
        (name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')),
      );
    });
    assert.deepEqual(missing, []);
  });

  it('is what docs/metrics.md says: names, types and labels', async () => {
    const page = await readFile('docs/metrics.md', 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*)\|/gm)].map(
      ([, name = '', type = '', labels = '']) => ({
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      }),
    );
    // Each metric of the books with a sample, so that its labels are seen.
    const books = createBusinessMetrics({
      numbers: () => Promise.resolve(BOOKS),
      log: { warn: () => undefined },
    });
    const sampled = readMetrics((await books.render()) ?? '');
    for (const { name, type, labels } of rows) {
      const found = exported.get(name);
      assert.equal(found?.type, type, name);
      const seen = new Set([...found.labels, ...(sampled.get(name)?.labels ?? [])]);
      if (NOT_SEEN_HERE.has(name)) continue;
      assert.deepEqual([...seen].sort(), labels, name);
    }
    const ours = [...exported.keys()].filter((name) => name.startsWith('makegood_')).sort();
    const described = rows.map(({ name }) => name).filter((name) => name.startsWith('makegood_'));
    assert.deepEqual(described.toSorted(), ours);
  });

  it('names no order, no customer and no tenant', () => {
    const text = `${told.api}${told.worker}`;
    assert.doesNotMatch(text, /ord_|ten_|req_|pi_\w|@|Lovelace/);
  });

  it('is nothing that a worker needs: one whose address is taken says so and does its orders', async () => {
    await stack.startWorker({ WORKER_METRICS_ADDRESS: workerAddress });
    assert.match(await stack.logOf('worker'), /there are no metrics of this worker/);
    await worker.stop();
    await becomes(await place(), 'completed');
  });
});

/** Nobody was turned away, the gateway told nothing, and no loop had anything to do. Their labels are in test/api/metrics. */
const NOT_SEEN_HERE: ReadonlySet<string> = new Set([
  'makegood_http_requests_refused_total',
  'makegood_loop_acts_total',
  'makegood_gateway_events_total',
]);
