/**
 * Personal data, tokens and keys sent through every route and fault of real processes, and then
 * looked for in everything that is kept or said: logs, histories, books, answers, operators' lists.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { freePort } from '../../src/launcher/ports.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { eventually } from '../api/harness.ts';
import {
  books,
  canariesIn,
  CANARIES,
  canaryOrder,
  runs,
  shownToOperators,
} from '../support/canaries.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';
import { clearFaults, setFaults } from '../support/stand-ins.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const VISA = 'pm_card_visa';
const CITY = 'SW1Y 4JH';
const UNKNOWN_PLACE = '00000';

describe('Canaries', function () {
  this.timeout(120_000);
  let stack: ProcessStack;
  let api: Running & { readonly url: string; readonly operationsUrl: string };
  let workerMetrics: string;
  const ids: OrderId[] = [];
  const answers: Answer[] = [];
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 100);
    workerMetrics = `127.0.0.1:${await freePort()}`;
    [api] = await Promise.all([
      stack.startApi(),
      stack.startWorker({ WORKER_METRICS_ADDRESS: workerMetrics }),
    ]);
  });
  after(() => stack.close());

  const ask = async (path: string, { headers, ...asking }: Asking = {}): Promise<Answer> => {
    const response = await fetch(`${api.url}${path}`, {
      ...asking,
      headers: {
        Authorization: `Bearer ${stack.apiKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
        ...headers,
      },
    });
    const { status } = response;
    // The key is echoed on purpose.
    const said = [...response.headers]
      .filter(([header]) => header !== 'idempotency-key')
      .join('\n');
    const answer = { status, text: `${said}\n${await response.text()}` };
    answers.push(answer);
    return answer;
  };
  const post = (path: string, body: unknown, headers = {}) =>
    ask(path, { method: 'POST', headers, ...(body !== '' && { body: JSON.stringify(body) }) });
  const place = async (paymentMethod = VISA, postalCode = CITY): Promise<OrderId> => {
    const headers = { 'Idempotency-Key': `${CANARIES['idempotency key']}/${ids.length}` };
    const { status, text } = await post(
      '/v1/orders',
      canaryOrder(paymentMethod, postalCode),
      headers,
    );
    assert.equal(status, 202, text);
    const [id] = /ord_\w{26}/.exec(text) ?? [];
    ids.push(id as OrderId);
    return id as OrderId;
  };
  const ends = async (id: OrderId, status: string): Promise<void> => {
    await eventually(async () => (await stack.shop.row(id)).status === status);
    await ask(`/v1/orders/${id}`);
    await ask(`/v1/orders/${id}/events`);
    await ask(`/v1/orders/${id}/events`, { headers: { Accept: 'text/event-stream' } });
  };
  const needsOperator = (id: OrderId) =>
    eventually(async () => (await stack.shop.row(id)).needsOperator);

  it('go with orders through every end, and through faults on the way', async () => {
    const { gatewayUrl, carrierUrl, mailUrl } = stack.parties;
    await ends(await place(), 'completed');
    await ends(await place(CANARIES.token), 'rejected');
    await ends(await place('pm_card_chargeDeclined'), 'rejected');
    await ends(await place(VISA, UNKNOWN_PLACE), 'refunded');

    await setFaults(gatewayUrl, { confirm: { fault: 'fail-after-effect', times: 1 } });
    await ends(await place(), 'completed');
    await setFaults(gatewayUrl, { create: { fault: 'reject' } });
    const cancelled = await place();
    await needsOperator(cancelled);
    assert.match(await shownToOperators(stack, ids), /authorize payment/);
    assert.deepEqual(canariesIn(await shownToOperators(stack, ids)), []);
    assert.equal((await post(`/v1/orders/${cancelled}/cancel`, '')).status, 202);
    await clearFaults(gatewayUrl);
    await ends(cancelled, 'cancelled');

    await setFaults(carrierUrl, { request: { fault: 'reject' } });
    await setFaults(mailUrl, { send: { fault: 'decline' } });
    const parked = await place();
    await needsOperator(parked);
    await clearFaults(carrierUrl);
    await eventually(async () => (await stack.shop.row(parked)).status === 'shipped');
    await needsOperator(parked);
    assert.match(await shownToOperators(stack, ids), /mail server answered/);
    assert.deepEqual(canariesIn(await shownToOperators(stack, ids)), []);
    assert.deepEqual(canariesIn(await runs(stack)), []);
    await clearFaults(mailUrl);
    await ends(parked, 'completed');
    assert.equal((await post(`/v1/orders/${parked}/refunds`, {})).status, 202);
    await ends(parked, 'refunded');
  });

  it('go with an order into a database that refuses its row', async () => {
    await stack.shop.pool.query(
      `ALTER TABLE "order" ADD CONSTRAINT broken CHECK (customer_email = '') NOT VALID`,
    );
    assert.equal((await post('/v1/orders', canaryOrder(VISA, CITY))).status, 500);
    await stack.shop.pool.query('ALTER TABLE "order" DROP CONSTRAINT broken');
    assert.match(await stack.logOf('api'), /violates check constraint/);
  });

  for (const [name, canary] of Object.entries(CANARIES)) {
    it(`${name}: is not repeated wherever it is sent by mistake`, async () => {
      const before = answers.length;
      const order = canaryOrder(VISA, CITY);
      for (const body of [
        { ...order, [canary]: canary },
        { ...order, customer: { ...order.customer, [canary]: canary } },
        { ...order, customer: canary },
        { ...order, lines: [{ sku: canary, quantity: canary }] },
        { ...order, lines: [{ sku: canary, quantity: 1 }] },
        { ...order, expectedAmount: { value: canary, currency: canary } },
        { ...order, paymentMethod: `${canary} ` },
        { ...order, metadata: { [canary]: 1 } },
        canary,
      ]) {
        const { status, text } = await post('/v1/orders', body);
        assert.equal(status, 400, text);
      }
      const order0 = ids[0] ?? '';
      await post(`/v1/orders/${order0}/refunds`, { amount: canary, [canary]: canary });
      await ask('/v1/orders', { method: 'POST', body: `{"${canary}` });
      await ask('/v1/orders', {
        method: 'POST',
        body: canary,
        headers: { 'Content-Type': 'text/plain' },
      });
      await post(`/v1/orders/${order0}/cancel`, canary);

      const part = encodeURIComponent(canary);
      for (const path of [
        `/${part}`,
        `/v1/orders/${part}`,
        `/v1/orders/${part}/events`,
        `/v1/orders/${order0}/refunds/${part}`,
        `/v1/products/${part}`,
        `/v1/orders?${part}=${part}`,
        `/v1/orders?status=${part}&limit=${part}&cursor=${part}&createdAfter=${part}`,
        `/v1/orders/${order0}?wait=${part}`,
      ]) {
        await ask(path);
        await ask(path, { method: 'DELETE' });
      }

      for (const header of [
        ...['Authorization', 'X-Request-Id', 'Prefer', 'If-None-Match', 'Last-Event-ID'],
        ...['Accept', 'User-Agent', 'Cookie', 'Referer', 'Content-Type', 'X-Forwarded-For'],
      ]) {
        const headers = { [header]: header === 'Authorization' ? `Bearer ${canary}` : canary };
        await ask(`/v1/orders/${order0}/events`, { headers });
        await post('/v1/orders', { lines: [] }, headers);
      }
      await post('/v1/orders', { lines: [] }, { 'Idempotency-Key': canary });

      for (const { status, text } of answers.slice(before)) {
        assert.ok(status < 500, text);
        // The order's own metadata is for its tenant to see, and its events are asked for here.
        const found = canariesIn(text).filter((one) => one !== 'metadata');
        assert.deepEqual(found, [], text);
      }
    });
  }

  it('are seen by no other tenant', async () => {
    const { id, key, secretHash } = makeApiKey('dev');
    await stack.shop.pool.query(`INSERT INTO tenant (id, name) VALUES ('ten_other', 'other')`);
    await stack.shop.pool.query(
      `INSERT INTO api_key (id, tenant_id, secret_hash, scopes)
       VALUES ($1, 'ten_other', $2, '{orders:read}')`,
      [id, secretHash],
    );
    const headers = { Authorization: `Bearer ${key}` };
    for (const order of ids) {
      for (const path of [`/v1/orders/${order}`, `/v1/orders/${order}/events`, '/v1/orders']) {
        assert.deepEqual(canariesIn((await ask(path, { headers })).text), []);
      }
    }
  });

  it('are in no log, history, book or metric, and in no answer but as metadata', async () => {
    const known = { ...CANARIES, 'the API key': stack.apiKey };
    const logs = await stack.logOf();
    assert.match(logs, /"msg":"request"/);
    assert.match(logs, /"msg":"step"/);
    assert.deepEqual(canariesIn(logs, known), []);
    const histories = await runs(stack);
    for (const id of ids) assert.ok(histories.includes(id), `${id} has a history`);
    assert.deepEqual(canariesIn(histories, known), []);
    for (const [table, rows] of await books(stack)) {
      assert.deepEqual(canariesIn(rows, known), [], table);
    }
    assert.deepEqual(canariesIn(await shownToOperators(stack, ids), known), []);
    for (const url of [api.operationsUrl, `http://${workerMetrics}`]) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, /makegood_/);
      assert.deepEqual(canariesIn(metrics, known), []);
      // Nor anything that grows with what is asked for.
      for (const id of [...ids, stack.parties.gatewayUrl, 'ten_']) assert.ok(!metrics.includes(id));
    }
    const seen = new Set(answers.flatMap(({ text }) => canariesIn(text, known)));
    assert.deepEqual([...seen], ['metadata']);
  });

  it('are where they belong, so that they can be found', async () => {
    const { rows } = await stack.shop.pool.query<{ row: string }>(
      `SELECT to_jsonb(o)::text AS row FROM "order" o`,
    );
    const places = canariesIn(rows.map(({ row }) => row).join());
    assert.deepEqual(places, ['email', 'name', 'address', 'city', 'token', 'metadata']);
    const mails = await (await fetch(`${stack.parties.mailUrl}/mails`)).text();
    assert.deepEqual(canariesIn(mails), ['email', 'name']);
  });
});
