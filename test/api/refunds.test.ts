import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { bookCompleted, bookPaid, euros } from '../support/refunds.ts';
import { createHarness, getOf, newKey, orderIn, postOf } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

interface RefundBody {
  readonly id: string;
  readonly orderId: string;
  readonly status: string;
  readonly createdAt: string;
  readonly amount: { value: string; currency: string };
  readonly links: { self: string; order: string };
}

const UNKNOWN = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';

describe('A refund', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  /** Two TEA at 3.99 and a CUP at 12.50. */
  const TOTAL = 2048n;
  const place = async (): Promise<OrderId> =>
    (await orderIn(await api.app.request('/v1/orders', postOf(api.acme)))).id;
  const completed = async (): Promise<OrderId> => {
    const id = await place();
    await bookCompleted(api.book, id, TOTAL);
    return id;
  };
  const ask = (id: string, body: unknown = {}, key = newKey(), tenant = api.acme) =>
    api.app.request(`/v1/orders/${id}/refunds`, postOf(tenant, { body, key }));
  const refundIn = async (response: Response) => (await response.json()) as RefundBody;
  const problemIn = async (response: Response) => {
    const { type, ...rest } = (await response.json()) as ProblemBody & { refundable?: unknown };
    return { ...rest, code: type.replace('/problems/', ''), status: response.status };
  };
  const get = (path: string, tenant = api.acme) => api.app.request(path, getOf(tenant));

  it('is accepted with facts that never change, and its run is started', async () => {
    const id = await completed();
    const response = await ask(id, { amount: euros('500') });
    assert.equal(response.status, 202);
    const text = await response.text();
    const refund = JSON.parse(text) as RefundBody;
    const self = `/v1/orders/${id}/refunds/${refund.id}`;
    assert.match(refund.id, /^rfd_[0-9a-z]{26}$/);
    assert.equal(response.headers.get('location'), self);
    assert.equal(
      text,
      `{"id":"${refund.id}","orderId":"${id}","createdAt":"${refund.createdAt}",` +
        `"amount":{"value":"500","currency":"EUR"},` +
        `"links":{"self":"${self}","order":"/v1/orders/${id}"}}`,
    );
    assert.deepEqual(api.sagas.refunds.at(-1), {
      id: refund.id,
      orderId: id,
      tenantId: 'ten_acme',
      requestId: response.headers.get('x-request-id'),
      amountMinor: '500',
      currency: 'EUR',
    });

    const shown = await get(self);
    assert.equal(shown.status, 200);
    assert.ok(shown.headers.get('etag'));
    assert.deepEqual(await shown.json(), {
      ...refund,
      status: 'requested',
      restock: false,
      updatedAt: refund.createdAt,
    });
  });

  it('is replayed byte by byte, whatever has become of it, and started only while no run is known', async () => {
    const id = await completed();
    const key = newKey();
    const first = await ask(id, {}, key);
    const text = await first.text();
    const started = api.sagas.refunds.length;
    const replay = await ask(id, {}, key);
    assert.equal(replay.status, 202);
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
    assert.equal(replay.headers.get('location'), first.headers.get('location'));
    assert.equal(await replay.text(), text);
    assert.equal(api.sagas.refunds.length, started + 1, 'no run was known yet');

    const { id: refundId } = JSON.parse(text) as { id: `rfd_${string}` };
    await api.book.openRefund(refundId);
    const gatewayRefund = { id: 're_1', status: 'succeeded', amount: money(TOTAL) } as const;
    const ref = { id: refundId, orderId: id, tenantId: 'ten_acme', requestId: '' };
    await api.book.recordRefundSucceeded(ref, gatewayRefund);
    assert.equal(await (await ask(id, {}, key)).text(), text, 'although nothing is left to refund');
    assert.equal(api.sagas.refunds.length, started + 1);
    const order = (await (await get(`/v1/orders/${id}`)).json()) as Record<string, unknown>;
    assert.equal(order['status'], 'refunded');
    assert.deepEqual(order['payment'], { authorized: '2048', captured: '2048', refunded: '2048' });
  });

  it('with a key that was used for another body is refused, on this order only', async () => {
    const [id, other] = [await completed(), await completed()];
    const key = newKey();
    assert.equal((await ask(id, { amount: euros('1') }, key)).status, 202);
    const reused = await problemIn(await ask(id, { amount: euros('2') }, key));
    assert.deepEqual([reused.status, reused.code], [422, 'idempotency-key-reused']);
    const elsewhere = await ask(other, { amount: euros('2') }, key);
    assert.equal(elsewhere.headers.get('idempotent-replayed'), null);
    assert.equal(elsewhere.status, 202);
  });

  it('is refused until the checkout has ended, and the key stays free', async () => {
    const id = await place();
    const key = newKey();
    const early = await problemIn(await ask(id, {}, key));
    assert.deepEqual([early.status, early.code], [409, 'order-in-progress']);
    await bookPaid(api.book, id, TOTAL);
    assert.equal((await problemIn(await ask(id, {}, key))).code, 'order-in-progress');
    await api.book.recordShipment(id, 'MG1');
    assert.equal((await problemIn(await ask(id, {}, key))).code, 'order-in-progress');
    await api.book.recordReceipt(id);
    const response = await ask(id, {}, key);
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('idempotent-replayed'), null);
  });

  it('of more than is left is refused, with what is left; what is asked for counts', async () => {
    const id = await completed();
    const over = await problemIn(await ask(id, { amount: euros('2049') }));
    assert.deepEqual(
      [over.status, over.code, over.refundable],
      [409, 'amount-exceeds-captured', euros('2048')],
    );
    assert.equal((await refundIn(await ask(id, { amount: euros('2000') }))).amount.value, '2000');
    const more = await problemIn(await ask(id, { amount: euros('49') }));
    assert.deepEqual(more.refundable, euros('48'));
    assert.equal((await refundIn(await ask(id))).amount.value, '48');
    assert.deepEqual((await problemIn(await ask(id))).refundable, euros('0'));
  });

  it('of an order that took no money is refused', async () => {
    const id = await place();
    await api.book.beginUnwind(id, 'cancelled');
    await api.book.closeOrder(id);
    assert.equal((await problemIn(await ask(id))).code, 'amount-exceeds-captured');
  });

  it('of lines costs what they cost, and takes no line twice', async () => {
    const id = await completed();
    const lines = [
      { sku: 'TEA', quantity: 1 },
      { sku: 'TEA', quantity: 1 },
    ];
    const response = await ask(id, { lines, restock: true });
    const refund = await refundIn(response);
    assert.equal(refund.amount.value, '798');
    const shown = (await (await get(refund.links.self)).json()) as Record<string, unknown>;
    assert.deepEqual(shown['lines'], [{ sku: 'TEA', quantity: 2 }]);
    assert.equal(shown['restock'], true);
    const again = await problemIn(await ask(id, { lines: lines.slice(1) }));
    assert.deepEqual(
      [again.status, again.code, again.skus, again.errors?.[0]?.field],
      [409, 'lines-exceed-order', ['TEA'], 'lines[0].sku'],
    );
    const unknown = await problemIn(await ask(id, { lines: [{ sku: 'BAGEL', quantity: 1 }] }));
    assert.deepEqual(
      [unknown.status, unknown.code, unknown.errors?.[0]?.field],
      [400, 'unknown-sku', 'lines[0].sku'],
    );
  });

  for (const [what, body, field] of [
    ['an amount and lines', { amount: euros('1'), lines: [{ sku: 'TEA', quantity: 1 }] }, 'lines'],
    ['nothing', { amount: euros('0') }, 'amount.value'],
    ['a negative amount', { amount: euros('-1') }, 'amount.value'],
    ['another currency', { amount: { value: '1', currency: 'USD' } }, 'amount.currency'],
    ['goods without saying which', { restock: true }, 'restock'],
    ['no lines', { lines: [] }, 'lines'],
    ['an unknown member', { reason: 'broken' }, 'reason'],
  ] as const) {
    it(`of ${what} is not valid, and uses no key up`, async () => {
      const id = await completed();
      const key = newKey();
      const { status, errors } = await problemIn(await ask(id, body, key));
      assert.deepEqual([status, errors?.[0]?.field], [400, field]);
      assert.equal((await ask(id, {}, key)).status, 202);
    });
  }

  it('needs a key, a body and the scope', async () => {
    const id = await completed();
    const path = `/v1/orders/${id}/refunds`;
    const send = (init: RequestInit) => api.app.request(path, init);
    const keyless = await problemIn(await send(postOf(api.acme, { body: {}, key: undefined })));
    assert.equal(keyless.code, 'idempotency-key-missing');
    assert.equal((await problemIn(await send(postOf(api.acme, { body: '' })))).status, 400);
    const reader = { key: api.acme.readOnlyKey };
    assert.equal((await send(postOf(reader, { body: {} }))).status, 403);
    assert.equal((await api.app.request(`${path}/rfd_x`, getOf(reader))).status, 403);
  });

  it('of another tenant, order or saga is answered as an unknown one', async () => {
    const [id, other] = [await completed(), await completed()];
    const refund = await refundIn(await ask(id));
    await api.pool.query(
      `INSERT INTO refund (id, order_id, amount) VALUES ($1 || ':refund:1', $1, 1)`,
      [other],
    );
    for (const response of [
      await ask(id, {}, newKey(), api.globex),
      await ask(UNKNOWN),
      await ask('ord_x'),
      await get(refund.links.self, api.globex),
      await get(`/v1/orders/${other}/refunds/${refund.id}`),
      await get(`/v1/orders/${other}/refunds/${other}:refund:1`),
      await get(`/v1/orders/${id}/refunds/rfd_%00`),
    ]) {
      assert.deepEqual([response.status, (await problemIn(response)).code], [404, 'not-found']);
    }
  });
});

function money(amountMinor: bigint) {
  return { amountMinor, currency: 'EUR' };
}
