/**
 * `npm run evidence`: the checker's fixture, test/faults/checker/fixtures/small, recorded anew. A
 * few orders on real processes, one for each way there is; nothing of it tells of this machine.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { makeApiKey } from '../src/adapters/postgres/api-keys.ts';
import { createOperatorsDesk } from '../src/adapters/postgres/operators-desk.ts';
import type { OrderId } from '../src/domain/order.ts';
import { orderOf } from '../src/launcher/samples.ts';
import { bookLines, clearFaults, setFaults } from '../test/support/stand-ins.ts';
import { collect, createJournal, inLines, snapshot, write } from '../test/support/evidence.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../test/support/global.ts';
import { createProcessStack } from '../test/support/processes.ts';
import type { ProcessStack } from '../test/support/processes.ts';
import { TENANT } from '../test/support/shop.ts';

const FOLDER = 'test/faults/checker/fixtures/small';
const OTHER_TENANT = 'ten_other';
const STOCK = { BOWL: 30, CUP: 20, JAR: 10 };
// As in a long run.
const EVERY_MS = 1_000;

await mochaGlobalSetup();
try {
  const stack = await createProcessStack();
  await openShops(stack);
  const startedAt = new Date();
  const snapshots: object[] = [];
  const timer = setInterval(
    () => void snapshot(stack).then((shot) => snapshots.push(shot)),
    EVERY_MS,
  );
  const told = await tell(stack);
  clearInterval(timer);
  const files = await collect(stack);
  const run = {
    ...{ seed: 1, commit: 'fixture', startedAt, healedAt: told.healedAt, drainedAt: new Date() },
    ...{ tenants: [TENANT, OTHER_TENANT], stock: STOCK, plan: [], hits: told.hits, lostAnswers: 1 },
    ...{ unresolvable: [], histories: 'sample' },
  };
  files.set('run.json', `${JSON.stringify(run, null, 2)}\n`);
  files.set('clients.jsonl', inLines(told.journal));
  files.set('operators.jsonl', inLines(told.acts));
  files.set('final/orders.jsonl', inLines(told.orders));
  files.set('final/list.jsonl', inLines(told.list));
  files.set('snapshots.jsonl', inLines(snapshots));
  files.set('canaries.json', `${JSON.stringify(told.canaries, null, 2)}\n`);
  await rm(FOLDER, { recursive: true, force: true });
  await write(FOLDER, files);
  await stack.close();
  console.log(`${told.orders.length} orders, ${snapshots.length} snapshots: ${FOLDER}`);
} finally {
  await mochaGlobalTeardown();
}

async function openShops(stack: ProcessStack): Promise<void> {
  const { pool } = stack.shop;
  await stack.shop.stock('BOWL', STOCK.BOWL);
  await stack.shop.stock('CUP', STOCK.CUP);
  await pool.query(`INSERT INTO tenant (id, name) VALUES ($1, 'other')`, [OTHER_TENANT]);
  await pool.query(
    `INSERT INTO product (tenant_id, sku, name, unit_price, currency)
     VALUES ($1, 'JAR', 'JAR', 1250, 'USD')`,
    [OTHER_TENANT],
  );
  await pool.query(`INSERT INTO stock (tenant_id, sku, available) VALUES ($1, 'JAR', $2)`, [
    OTHER_TENANT,
    STOCK.JAR,
  ]);
}

async function addKey({ shop }: ProcessStack, tenant: string): Promise<string> {
  const { id, key, secretHash } = makeApiKey('dev');
  await shop.pool.query(
    `INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)`,
    [id, tenant, secretHash, ['orders:read', 'orders:write', 'refunds:write']],
  );
  return key;
}

async function tell(stack: ProcessStack) {
  const [{ url }] = await Promise.all([stack.startApi(), stack.startWorker({ LOG_LEVEL: 'warn' })]);
  const journal: object[] = [];
  const connect = createJournal(journal);
  const ask = connect(url, 1, TENANT, stack.apiKey);
  const otherKey = await addKey(stack, OTHER_TENANT);
  const askOther = connect(url, 2, OTHER_TENANT, otherKey);
  const { gatewayUrl, carrierUrl } = stack.parties;
  const acts: object[] = [];
  const refunds: [OrderId, string][] = [];
  const tail = randomBytes(4).toString('hex');

  const place = async (key: string, change: Parameters<typeof orderOf>[0], from = ask) => {
    const body = orderOf({ lines: [{ sku: 'BOWL', quantity: 1 }], ...change });
    const { text } = await from('/v1/orders', { method: 'POST', key: `${key}-${tail}`, body });
    return (JSON.parse(text) as { id: OrderId }).id;
  };
  const ends = async (id: OrderId, status: string, from = ask) => {
    for (;;) {
      const { text } = await from(`/v1/orders/${id}?wait=5`);
      if ((JSON.parse(text) as { status: string }).status === status) return;
    }
  };
  const refund = async (id: OrderId, key: string, body: object, status: string) => {
    const path = `/v1/orders/${id}/refunds`;
    const { text } = await ask(path, { method: 'POST', key: `${key}-${tail}`, body });
    const refundId = (JSON.parse(text) as { id: string }).id;
    refunds.push([id, refundId]);
    for (;;) {
      const answer = await ask(`${path}/${refundId}`);
      if ((JSON.parse(answer.text) as { status: string }).status === status) return;
      await delay(1_000);
    }
  };
  const { shippingAddress } = orderOf();
  const nowhere = { shippingAddress: { ...shippingAddress, postalCode: '00000' } };

  // As it should be; asked for again, with another body, and without a key.
  const first = await place('first', {});
  await ends(first, 'completed');
  await place('first', {});
  await place('first', { lines: [{ sku: 'CUP', quantity: 1 }] });
  await ask('/v1/orders', {
    method: 'POST',
    body: orderOf({ lines: [{ sku: 'CUP', quantity: 1 }] }),
  });
  // Declined, refused by the carrier, and too many.
  await ends(await place('declined', { paymentMethod: 'pm_card_chargeDeclined' }), 'rejected');
  await ends(await place('nowhere', nowhere), 'refunded');
  await place('too-many', { lines: [{ sku: 'CUP', quantity: 21 }] });
  // The answers of the capture, and of the API, are lost.
  await setFaults(gatewayUrl, { capture: { fault: 'fail-after-effect', times: 1 } });
  const body = orderOf({ lines: [{ sku: 'CUP', quantity: 2 }] });
  const lost = { method: 'POST', key: `lost-${tail}`, body };
  await ask('/v1/orders', { ...lost, lost: true });
  await ask('/v1/orders', { ...lost, prefer: 'wait=10' });
  const again = await place('lost', { lines: [{ sku: 'CUP', quantity: 2 }] });
  await ends(again, 'completed');
  await refund(
    again,
    'one-back',
    { lines: [{ sku: 'CUP', quantity: 1 }], restock: true },
    'succeeded',
  );
  // Cancelled while the money is held and nobody knows.
  await setFaults(gatewayUrl, {
    confirm: { fault: 'fail-after-effect' },
    retrieve: { fault: 'fail-before' },
  });
  const cancelled = await place('cancelled', {});
  for (;;) {
    const lines = await bookLines(gatewayUrl);
    const isHeld = lines.some(
      (line) => line.orderId === cancelled && line['effect'] === 'authorized',
    );
    if (isHeld) break;
    await delay(20);
  }
  const cancel = { method: 'POST', key: `cancel-${tail}` };
  await ask(`/v1/orders/${cancelled}/cancel`, cancel);
  await clearFaults(gatewayUrl);
  await ends(cancelled, 'cancelled');
  await ask(`/v1/orders/${cancelled}/cancel`, cancel);
  await ask(`/v1/orders/${first}/cancel`, { method: 'POST', key: `late-${tail}` });
  // Given back in parts, until nothing is left; one part takes the bank a while, one fails.
  const parts = await place('parts', { paymentMethod: 'pm_card_pendingRefund' });
  await ends(parts, 'completed');
  await refund(parts, 'part-1', { amount: { value: '300', currency: 'EUR' } }, 'succeeded');
  await refund(parts, 'part-2', {}, 'succeeded');
  const failing = await place('failing', { paymentMethod: 'pm_card_refundFail' });
  await ends(failing, 'completed');
  await refund(failing, 'failed', { amount: { value: '500', currency: 'EUR' } }, 'failed');
  // Parked at the carrier, until an operator says that it cannot be delivered.
  await setFaults(carrierUrl, { request: { fault: 'reject' } });
  const parked = await place('parked', {});
  while (!(await stack.shop.row(parked)).needsOperator) await delay(50);
  await clearFaults(carrierUrl);
  await setFaults(carrierUrl, { request: { fault: 'fail-before' } });
  const decision = {
    step: 'request shipment',
    action: 'refuse',
    operator: 'bob',
    why: 'a ruin',
  } as const;
  const sent = Date.now();
  const { state } = await createOperatorsDesk(stack.shop.pool).resolve({
    sagaId: parked,
    ...decision,
  });
  acts.push({ at: sent, orderId: parked, sagaId: parked, ...decision, result: state });
  await clearFaults(carrierUrl);
  await ends(parked, 'refunded');
  // Another tenant's.
  const others = await place('first', { lines: [{ sku: 'JAR', quantity: 1 }] }, askOther);
  await ends(others, 'completed', askOther);
  await ask(`/v1/orders/${others}`);

  const healedAt = new Date();
  const silent = createJournal([]);
  await sentMails(stack);
  const hits = {
    ...(await hitsOf(gatewayUrl, 'gateway')),
    ...(await hitsOf(carrierUrl, 'carrier')),
  };
  const list: { id: OrderId }[] = [];
  const orders: object[] = [];
  for (const [tenant, key] of [
    [TENANT, stack.apiKey],
    [OTHER_TENANT, otherKey],
  ] as const) {
    const from = silent(url, 0, tenant, key);
    const rows = (
      JSON.parse((await from('/v1/orders?limit=100')).text) as { data: { id: OrderId }[] }
    ).data;
    list.push(...rows.map((row) => ({ tenant, ...row })));
    for (const { id } of rows) {
      const shown = await from(`/v1/orders/${id}`);
      const events = await from(`/v1/orders/${id}/events?limit=100`);
      const made = refunds.filter(([orderId]) => orderId === id);
      const bodies = await Promise.all(
        made.map(([, one]) => from(`/v1/orders/${id}/refunds/${one}`)),
      );
      orders.push({
        ...{ id, status: shown.status, order: JSON.parse(shown.text) as object },
        events: (JSON.parse(events.text) as { data: object[] }).data,
        refunds: bodies.map(({ text }) => JSON.parse(text) as object),
      });
    }
  }
  const { customer } = orderOf();
  const canaries = [
    {
      name: 'email',
      value: customer.email,
      allowed: ['clients.jsonl', 'mails.jsonl', 'database/order.jsonl'],
    },
    {
      name: 'street',
      value: shippingAddress['line1'],
      allowed: ['clients.jsonl', 'database/order.jsonl'],
    },
    { name: 'API key', value: otherKey, allowed: [] },
    { name: 'idempotency key', value: `parts-${tail}`, allowed: ['clients.jsonl'] },
    {
      name: 'payment method',
      value: 'pm_card_refundFail',
      allowed: ['clients.jsonl', 'gateway.jsonl', 'database/order.jsonl'],
    },
  ];
  return { journal, acts, orders, list, canaries, hits, healedAt };
}

async function sentMails({ shop }: ProcessStack): Promise<void> {
  for (;;) {
    const { rowCount } = await shop.pool.query('SELECT FROM mail_outbox WHERE sent_at IS NULL');
    if (rowCount === 0) return;
    await delay(50);
  }
}

async function hitsOf(url: string, party: string): Promise<Record<string, number>> {
  const report = (await (await fetch(`${url}/control/faults`)).json()) as {
    hits: Record<string, Record<string, number>>;
  };
  return Object.fromEntries(
    Object.entries(report.hits).flatMap(([operation, faults]) =>
      Object.entries(faults).map(([fault, n]) => [`${party}.${operation}.${fault}`, n]),
    ),
  );
}
