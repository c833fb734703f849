/** One ID follows an order from the HTTP answer to the gateway, and no personal data follows it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { orderOf } from '../../src/launcher/samples.ts';
import { readBook } from '../support/audit.ts';
import { createProcessStack } from '../support/processes.ts';
import type { ProcessStack } from '../support/processes.ts';

const REQUEST_ID = 'checkout-test-4711';
const EMAIL = 'canary@example.com';
const STREET = 'Canary Row 7';

describe('the request ID of an order', () => {
  let stack: ProcessStack;
  let id: string;
  let answered: string | null;
  before(async () => {
    stack = await createProcessStack();
    await stack.shop.stock('MUG', 1);
    const [api] = await Promise.all([stack.startApi(), stack.startWorker()]);
    const headers = {
      Authorization: `Bearer ${stack.apiKey}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
      'X-Request-Id': REQUEST_ID,
    };
    const body = JSON.stringify(ORDER);
    const response = await fetch(`${api.url}/v1/orders`, { method: 'POST', headers, body });
    answered = response.headers.get('x-request-id');
    ({ id } = (await response.json()) as { id: string });
    await fetch(`${api.url}/v1/orders/${id}?wait=30`, { headers });
  });
  after(() => stack.close());

  it('is on the answer and in the order row', async () => {
    assert.equal(answered, REQUEST_ID);
    const { rows } = await stack.shop.pool.query('SELECT id, request_id FROM "order"');
    assert.deepEqual(rows, [{ id, request_id: REQUEST_ID }]);
  });

  it("is in the workflow's memo", async () => {
    const { memo } = await stack.client.workflow.getHandle(id).describe();
    assert.equal(memo?.['requestId'], REQUEST_ID);
  });

  it("is on every line of the gateway's book", async () => {
    const book = await readBook(stack.parties.gatewayUrl);
    assert.ok(book.length > 0);
    assert.ok(book.every(({ orderId, requestId }) => orderId === id && requestId === REQUEST_ID));
  });

  it('is in the log lines of the API and of every step', async () => {
    const log = await stack.logOf('worker');
    const lines = [await stack.logOf('api'), log].join('').trim().split('\n');
    const about = lines.filter((line) => line.includes(REQUEST_ID));
    assert.ok(about.some((line) => line.includes('"route":"/v1/orders"')));
    for (const step of ['reserveStock', 'authorizePayment', 'capturePayment', 'sendReceipt']) {
      assert.ok(
        about.some((line) => line.includes(`"step":"${step}"`)),
        step,
      );
    }
  });

  it('is what remains: no personal data is in the logs or in Temporal', async () => {
    const history = await stack.client.workflow.getHandle(id).fetchHistory();
    const inTemporal = textsIn(history).join('\n');
    assert.ok(inTemporal.includes('"sku":"MUG"'), 'the payloads can be read');
    for (const text of [inTemporal, await stack.logOf('api'), await stack.logOf('worker')]) {
      assert.ok(!text.includes(EMAIL) && !text.includes(STREET));
    }
  });
});

/** Every text in a history; payloads are bytes there. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

const { shippingAddress } = orderOf();
const ORDER = orderOf({
  lines: [{ sku: 'MUG', quantity: 1 }],
  customer: { email: EMAIL, name: 'Canary' },
  shippingAddress: { ...shippingAddress, line1: STREET },
});
