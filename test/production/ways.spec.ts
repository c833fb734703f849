/**
 * The production stack, from its start to Ctrl-C: the ways an order can go that the README names,
 * over both APIs, with processes killed in between. Run by `npm run test:production`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { readImage } from '../../src/launcher/production/image.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { listens } from '../../src/launcher/ports.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { createClient } from '../../src/sdk/index.ts';
import type { Client as Shop, NewOrder } from '../../src/sdk/index.ts';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/contract.ts';
import { eventually } from '../api/harness.ts';
import { audit } from '../support/audit.ts';
import { clearFaults, setFaults } from '../support/stand-ins.ts';
import { gone } from '../support/wait.ts';
import { startProductionStack } from './stack.ts';
import type { ProductionStack } from './stack.ts';

describe('the production stack', function () {
  this.timeout(180_000);
  let stack: ProductionStack;
  let one: Shop;
  let other: Shop;
  let temporal: Client;
  const closing: (() => Promise<void>)[] = [];
  before(async function () {
    // With a cold cache the first start builds Temporal's server.
    this.timeout(20 * 60_000);
    stack = await startProductionStack();
    closing.unshift(stack.forget);
    const shops = stack.apiUrls.map((baseUrl) =>
      createClient({ baseUrl, apiKey: stack.endpoints.apiKey }),
    );
    assert.equal(shops.length, 2);
    [one, other] = shops as [Shop, Shop];
    const connection = await Connection.connect({ address: stack.endpoints.temporalAddress });
    closing.unshift(() => connection.close());
    temporal = new Client({ connection });
  });
  after(async () => {
    for (const close of closing) await close();
  });

  const parties = () => {
    const { gatewayUrl, carrierUrl, mailUrl = '' } = stack.endpoints;
    return { gatewayUrl, carrierUrl, mailUrl };
  };
  const requireEnd = async (shop: Shop, id: string, status: string, reason?: string) => {
    const ended = await shop.orders.waitFor(id, { timeoutMs: 120_000 });
    assert.equal(ended.status, status);
    assert.equal(ended.reason, reason);
    const facts = { id: ended.id as `ord_${string}`, amountMinor: ended.amount.value };
    // The mail is sent from an outbox, a moment after the end.
    await eventually(() =>
      audit(parties(), facts, status).then(
        () => true,
        () => false,
      ),
    );
    await audit(parties(), facts, status);
  };
  const orderLike = (changes = {}) => structuredClone(orderOf(changes)) as NewOrder;
  const query = async <Row extends object>(text: string): Promise<Row[]> =>
    withClient(stack.endpoints.databaseUrl, async (client) => (await client.query<Row>(text)).rows);

  it('completes an order that one API takes and the other is asked about, and replays it there', async () => {
    const idempotencyKey = randomUUID();
    const { order } = await one.orders.place(orderLike(), { idempotencyKey });
    await requireEnd(other, order.id, 'completed');
    const again = await other.orders.place(orderLike(), { idempotencyKey });
    assert.deepEqual([again.order.id, again.replayed], [order.id, true]);
  });

  it('says on one API what happens to an order that the other took, as it happens', async () => {
    const { order } = await one.orders.place(orderLike());
    const types: string[] = [];
    for await (const { type } of other.events.follow(order.id)) types.push(type);
    assert.equal(types[0], 'order.accepted');
    assert.equal(types.at(-1), 'order.completed');
  });

  it('rejects what the bank declines, and makes good what the carrier refuses', async () => {
    const declined = await one.orders.place(orderLike({ paymentMethod: 'pm_card_chargeDeclined' }));
    const { shippingAddress } = orderOf();
    const address = { ...shippingAddress, postalCode: '00000' };
    const refused = await other.orders.place(orderLike({ shippingAddress: address }));
    await requireEnd(other, declined.order.id, 'rejected', 'payment-declined');
    await requireEnd(one, refused.order.id, 'refunded', 'address-refused');
  });

  it('cancels on one API what the other took, while the gateway hangs', async () => {
    await setFaults(stack.endpoints.gatewayUrl, { confirm: { fault: 'hang' } });
    const { order } = await one.orders.place(orderLike());
    await other.orders.cancel(order.id);
    await clearFaults(stack.endpoints.gatewayUrl);
    await requireEnd(one, order.id, 'cancelled', 'cancelled');
  });

  it('gives back what is asked for, of an order that has ended', async () => {
    const { order } = await one.orders.place(orderLike(), { wait: 20 });
    await requireEnd(one, order.id, 'completed');
    const { refund } = await other.refunds.request(order.id, {});
    const isDone = async () => (await one.refunds.get(order.id, refund.id)).status === 'succeeded';
    await eventually(isDone);
    assert.equal((await one.orders.get(order.id)).status, 'refunded');
  });

  it('ends every order although an API, a worker and Temporal are killed while they are under way', async () => {
    const place = (shop: Shop) =>
      shop.orders.place(orderLike({ lines: [{ sku: 'mug', quantity: 1 }] }));
    const placeSome = () => Promise.all([one, other, one, other, one, other].map(place));
    const orders = await placeSome();
    const killed = Promise.all([stack.kill('API 1'), stack.kill('worker 1')]);
    orders.push(...(await placeSome()));
    await killed;
    const temporalKilled = stack.kill('Temporal');
    orders.push(...(await placeSome()));
    await temporalKilled;
    for (const { order } of orders) await requireEnd(other, order.id, 'completed');
  });

  it('lists runs in Temporal by every search attribute, and keeps them for a week', async () => {
    const namespace = 'default';
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
      namespace,
    });
    const wanted = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
    assert.deepEqual(
      wanted.filter((name) => customAttributes[name] === undefined),
      [],
    );
    // The one that was made good; a refund that is asked for later is a run of its own.
    const refunded = `status = 'refunded' AND needsOperator = false AND amountMinor > 0`;
    await eventually(async () => (await temporal.workflow.count(refunded)).count === 1);
    const { config } = await temporal.connection.workflowService.describeNamespace({ namespace });
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 7 * 24 * 3_600);
    const ui = await fetch(
      `${stack.endpoints.temporalUiUrl ?? ''}/api/v1/namespaces/default/workflows`,
    );
    assert.equal(ui.status, 200);
  });

  it('runs as a role that is no superuser and may make nothing', async () => {
    const roles = await query(
      `SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles
       WHERE rolname LIKE 'makegood%' ORDER BY rolname`,
    );
    const harmless = { rolsuper: false, rolcreatedb: false, rolcreaterole: false };
    assert.deepEqual(roles, [
      { rolname: 'makegood', ...harmless },
      { rolname: 'makegood_tenant', ...harmless },
    ]);
    const [settings] = await query(
      `SELECT current_setting('max_connections') AS most, current_setting('data_checksums') AS sums`,
    );
    assert.deepEqual(settings, { most: '200', sums: 'on' });
  });

  it("is healthy in the words of the image's probe", async () => {
    const { probe } = readImage(fileURLToPath(new URL('../../Dockerfile', import.meta.url)));
    const [, ...args] = probe;
    for (const url of stack.endpoints.operationsUrls ?? []) {
      const env = { ...process.env, OPERATIONS_PORT: new URL(url).port };
      await promisify(execFile)(process.execPath, args, { env });
    }
    const env = { ...process.env, OPERATIONS_PORT: '9' };
    await assert.rejects(promisify(execFile)(process.execPath, args, { env }));
  });

  it('leaves nothing behind when it is stopped', async () => {
    const pids = [...stack.said().matchAll(/\(process (\d+)\)/g)].map(([, pid]) => Number(pid));
    assert.equal(await stack.interrupt(), 0);
    assert.ok(stack.said().endsWith('stopped\n'));
    assert.deepEqual(
      pids.filter((pid) => !gone(pid)),
      [],
    );
    const { temporalAddress, temporalUiUrl = '', databaseUrl } = stack.endpoints;
    const urls = [...stack.apiUrls, ...Object.values(parties()), temporalUiUrl, databaseUrl];
    const addresses = [temporalAddress, ...urls.map((url) => new URL(url).host)];
    assert.deepEqual(
      await Promise.all(addresses.map(listens)),
      addresses.map(() => false),
    );
  });
});
