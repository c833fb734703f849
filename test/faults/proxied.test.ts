/**
 * What processes talk to, by way of a proxy that loses things: PostgreSQL gone silent in the middle
 * of a capture, Temporal's answer to a start lost, the gateway's to a capture; and all of them slow.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderId } from '../../src/domain/order.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries, readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { service } from '../support/services.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';

describe('an order, by way of a proxy,', () => {
  let stack: ProcessStack;
  let postgres: TcpProxy;
  let temporal: TcpProxy;
  let gateway: TcpProxy;
  let apiUrl: string;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 100);
    postgres = await proxyFor(stack.shop.url);
    temporal = await proxyFor(`tcp://${(await service('temporal')).address}`);
    gateway = await proxyFor(stack.parties.gatewayUrl);
    const address = { TEMPORAL_ADDRESS: `${temporal.host}:${temporal.port}` };
    const [api] = await Promise.all([
      stack.startApi(address),
      stack.startWorker({
        ...address,
        DATABASE_URL: postgres.through(stack.shop.url),
        STRIPE_API_BASE: gateway.through(stack.parties.gatewayUrl),
      }),
    ]);
    apiUrl = api.url;
  });
  afterEach(() => {
    for (const proxy of [postgres, temporal, gateway]) proxy.heal();
  });
  after(async () => {
    await stack.close();
    await Promise.all([postgres, temporal, gateway].map((proxy) => proxy.close()));
  });

  const place = async (): Promise<OrderId> => {
    const response = await fetch(`${apiUrl}/v1/orders`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      body: JSON.stringify(orderOf({ lines: [{ sku: 'MUG', quantity: 1 }] })),
    });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: OrderId }).id;
  };
  const requireCompleted = async (id: OrderId): Promise<void> => {
    await eventually(async () => (await stack.shop.row(id)).status === 'completed');
    await audit(stack.parties, { id, amountMinor: '1000' }, 'completed');
    await auditEntries(stack.parties, stack.shop.pool, id);
  };

  it('completes once when PostgreSQL has gone silent while its capture was written down', async () => {
    postgres.inject({ direction: 'down', kind: 'black-hole', once: 'record_capture' });
    const hits = postgres.hits();
    const id = await place();
    await eventually(() => postgres.hits() > hits);
    postgres.heal();
    await requireCompleted(id);
  });

  it('has one run when the answer to its start is lost', async () => {
    const hits = temporal.hits();
    temporal.inject({ direction: 'down', kind: 'reset', once: stack.taskQueue, times: 1 });
    const id = await place();
    await requireCompleted(id);
    assert.ok(temporal.hits() > hits, 'it was lost');
    const runs = async () => {
      const found = [];
      const query = `WorkflowId = '${id}'`;
      for await (const run of stack.client.workflow.list({ query })) found.push(run.runId);
      return found;
    };
    await eventually(async () => (await runs()).length > 0);
    assert.equal((await runs()).length, 1);
  });

  it('is charged once when the gateway breaks off after it was asked for the capture', async () => {
    const hits = gateway.hits();
    gateway.inject({ direction: 'down', kind: 'reset', once: '/capture', times: 1 });
    const id = await place();
    await requireCompleted(id);
    assert.equal(gateway.hits(), hits + 1);
    const lines = (await readBook(stack.parties.gatewayUrl)).filter((line) => line.orderId === id);
    const captures = lines.filter(({ operation }) => operation === 'capture');
    assert.deepEqual(
      captures.map(({ kind }) => kind),
      ['effect', 'request'],
    );
  });

  it('completes when everything is slow', async () => {
    for (const proxy of [postgres, temporal, gateway]) proxy.slow({ delayMs: 10, jitterMs: 20 });
    await requireCompleted(await place());
  });
});

function proxyFor(url: string): Promise<TcpProxy> {
  const { hostname: host, port } = new URL(url);
  return startTcpProxy({ host, port: Number(port) });
}
