/**
 * The worker dies, and before another one has walked the order's way again, something stops that
 * second walk early: what the first one did must be undone all the same.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderId } from '../../src/domain/order.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { audit, auditEntries, readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';

describe('an order whose worker was killed', function () {
  // A workflow task that died with its worker is tried again after Temporal's ten seconds.
  this.timeout(120_000);
  let stack: ProcessStack;
  let api: Running & { readonly url: string };
  let worker: Running;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 5);
    [api, worker] = await Promise.all([stack.startApi(), stack.startWorker()]);
  });
  after(() => stack.close());

  const post = async (path: string, body?: object) => {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Idempotency-Key': randomUUID(),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: OrderId }).id;
  };
  const faults = (plan: object) =>
    fetch(`${stack.parties.gatewayUrl}/control/faults`, {
      method: 'PUT',
      body: JSON.stringify(plan),
    });
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await delay(10);
  };
  const count = async (sql: string, id: OrderId) =>
    (await stack.shop.pool.query(sql, [id])).rowCount ?? 0;
  const requireEnd = async (id: OrderId, status: string) => {
    await until(async () => (await stack.shop.row(id)).status === status);
    await stack.client.workflow.getHandle(id).result();
    const mail = 'SELECT FROM mail_outbox WHERE order_id = $1 AND sent_at IS NOT NULL';
    await until(async () => (await count(mail, id)) > 0);
    assert.equal(await stack.shop.shelf('MUG'), '5/0/0');
    await audit(stack.parties, { id, amountMinor: '1000' }, status);
    await auditEntries(stack.parties, stack.shop.pool, id);
  };

  it('gives everything back when the customer cancels meanwhile', async () => {
    await faults({ confirm: { fault: 'hang' } });
    const id = await post('/v1/orders', ORDER);
    const intent = 'SELECT FROM payment WHERE order_id = $1 AND intent_id IS NOT NULL';
    await until(async () => (await count(intent, id)) > 0);
    process.kill(-worker.pid, 'SIGKILL');
    assert.equal(await post(`/v1/orders/${id}/cancel`), id);
    await faults({});
    worker = await stack.startWorker();
    await requireEnd(id, 'cancelled');
  });

  it('voids what the gateway holds when the books are out of reach for too long', async () => {
    await faults({ confirm: { fault: 'fail-after-effect' }, retrieve: { fault: 'hang' } });
    const id = await post('/v1/orders', ORDER);
    await until(async () => {
      const book = await readBook(stack.parties.gatewayUrl);
      return book.some(({ orderId, effect }) => orderId === id && effect === 'authorized');
    });
    process.kill(-worker.pid, 'SIGKILL');
    await faults({});
    const client = await stack.shop.pool.connect();
    try {
      await client.query('SET idle_in_transaction_session_timeout = 0');
      await client.query('BEGIN');
      await client.query('SELECT FROM "order" WHERE id = $1 FOR UPDATE', [id]);
      worker = await stack.startWorker();
      // Until the tries of the reservation have run out, and the order begins to unwind.
      await until(async () => {
        const lines = (await stack.logOf('worker')).split('\n');
        return lines.some((line) => line.includes(id) && line.includes('"step":"beginUnwind"'));
      });
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    await requireEnd(id, 'rejected');
  });
});

const ORDER = orderOf({ lines: [{ sku: 'MUG', quantity: 1 }] });
