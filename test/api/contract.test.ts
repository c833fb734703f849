/**
 * Every answer that the OpenAPI document describes, save of webhooks, is provoked here, and each example of a problem
 * is one that was given. The harness holds the answers of all other tests to the same document.
 */
import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { changed, comparable, describedAnswers } from '../support/contract.ts';
import { exampleRequests } from '../support/contract.ts';
import { failing } from '../support/failing.ts';
import { provokeNews } from '../support/hearings.ts';
import { createProvoked, itRefusesAlike } from '../support/provoked.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';
import { mugs, requestsOf, UNKNOWN } from '../support/requests.ts';
import { bookHeld, bookPart } from '../support/shipments.ts';
import { addKey, createHarness, heldToContract, newKey, orderIn } from './harness.ts';
import { type Harness, postOf, shelveMugs } from './harness.ts';

// A described answer that no test can provoke would be named here, with the reason.
const IMPOSSIBLE: readonly string[] = [];

const TOTAL = 2998n;

describe('The contract', () => {
  let api: Harness;
  /** A key with no scope at all. */
  let powerless: string;
  before(async () => {
    api = await createHarness();
    powerless = await addKey(api.pool, api.acme.id, []);
    await shelveMugs(api.pool, api.acme, 500);
    await shelveMugs(api.pool, api.globex, 0);
  });
  after(() => api.close());

  const { given, send, gives } = createProvoked(() => api);

  const { order, read, cancel, refund, ship, all } = requestsOf(() => api);
  const held = async () => {
    const id = await place();
    await bookHeld(api.pool, api.book, id, TOTAL);
    return id;
  };
  const place = async () => (await orderIn(await api.app.request(...order()))).id;
  const completed = async () => {
    const id = await place();
    await bookCompleted(api.book, id, TOTAL);
    return id;
  };
  itRefusesAlike({ api: () => api, powerless: () => powerless, all, send });

  it('holds for what is wrong with a key or with a body', async () => {
    for (const request of [order(), cancel(UNKNOWN), refund(UNKNOWN), ship(UNKNOWN)]) {
      for (const key of [undefined, 'a b']) {
        const { answer } = await send(changed(request, { 'Idempotency-Key': key }));
        assert.equal(answer.status, 400);
      }
      const large = [request[0], { ...request[1], body: ' '.repeat(65_537) }] as const;
      assert.equal((await send(large)).answer.status, 413);
    }
    for (const request of [order(), refund(UNKNOWN), ship(UNKNOWN)]) {
      const { answer } = await send(changed(request, { 'Content-Type': 'text/plain' }));
      assert.equal(answer.status, 415);
      const malformed = [request[0], { ...request[1], body: '{' }] as const;
      assert.equal((await send(malformed)).answer.status, 400);
    }
  });

  it('holds for what is not there', async () => {
    for (const request of all().filter(([path]) => path.includes(UNKNOWN))) {
      assert.equal((await send(request)).answer.status, 404);
    }
    await gives(read('/v1/products/mgu'), 'getProduct 404 /problems/not-found');
  });

  it('holds when an order is placed, from any example of it', async () => {
    const bodies = exampleRequests('placeOrder');
    assert.equal(bodies.length, 2);
    for (const body of bodies) {
      await gives(['/v1/orders', postOf(api.acme, { body })], 'placeOrder 202');
    }
    const key = newKey();
    const { id } = await orderIn(await gives(order({}, { key }), 'placeOrder 202'));
    await gives(order({}, { key }), 'placeOrder 202');
    await gives(order(mugs(1), { key }), 'placeOrder 422 /problems/idempotency-key-reused');
    await bookPaid(api.book, id, TOTAL);
    await gives(changed(order({}, { key }), { Prefer: 'wait=1' }), 'placeOrder 200');
  });

  it('holds when an order is not placed', async () => {
    const problem = (code: string) => `placeOrder ${code.replace(' ', ' /problems/')}`;
    await gives(order(mugs(1001)), problem('400 invalid-request'));
    await gives(order({ lines: [{ sku: 'mgu', quantity: 1 }] }), problem('400 unknown-sku'));
    const mixed = [...mugs(1).lines, { sku: 'BAGEL', quantity: 1 }];
    await gives(order({ lines: mixed }), problem('400 mixed-currencies'));
    const expectedAmount = { value: '1', currency: 'EUR' };
    await gives(order({ expectedAmount }), problem('409 price-changed'));
    await gives(order({}, {}, api.globex), problem('409 sold-out'));
    await gives(order({ voucherCode: 'NOBODYS' }), problem('400 unknown-voucher'));
    await gives(order({ voucherCode: 'EXPIRED' }), problem('409 voucher-not-applicable'));
    await gives(order({ voucherCode: 'USEDUP' }), problem('409 voucher-exhausted'));
  });

  it('holds while an equal request is in flight', async () => {
    const state = () => Promise.resolve({ state: 'busy' as const });
    const store = { ...api.store, place: state, cancel: state };
    const refunds = { ...api.refunds, request: state };
    const shipments = { request: state };
    const busy = { ...failing(api, new Error()), store, refunds, shipments };
    const app = heldToContract(createApp(busy));
    for (const request of [order(), cancel(UNKNOWN), refund(UNKNOWN), ship(UNKNOWN)]) {
      const { what } = await send(request, app);
      assert.match(what, / 409 .problems.idempotency-in-progress$/);
    }
  });

  it('holds for what has grown old, and for what is erased', async () => {
    const [id, called, waiting] = [await completed(), await place(), await held()];
    const key = newKey();
    const asked = [
      ...[cancel(called, { key }), refund(id, {}, { key }), order({}, { key })],
      ship(waiting, {}, { key }),
    ];
    for (const request of asked) assert.equal((await send(request)).answer.status, 202);
    await api.pool.query(`UPDATE idempotency_claim SET archived_at = now()`);
    for (const request of asked) {
      const { answer } = await send(request);
      assert.equal(answer.status, 200);
      assert.equal(((await answer.json()) as { archived?: boolean }).archived, true);
    }
    await api.pool.query('UPDATE "order" SET erased_at = now()');
    for (const request of asked) assert.equal((await send(request)).answer.status, 410);
  });

  it('holds when an order is read', async () => {
    const path = `/v1/orders/${await place()}`;
    const etag = (await gives(read(path), 'getOrder 200')).headers.get('etag') ?? '';
    await gives(read(path, { 'If-None-Match': etag }), 'getOrder 304');
    await gives(read(`${path}?wait=long`), 'getOrder 400 /problems/invalid-request');
    await gives(read(`/v1/orders/${await completed()}`), 'getOrder 200');
  });

  it('holds when orders are listed', async () => {
    await gives(read('/v1/orders?limit=2&status=accepted&needsOperator=false'), 'listOrders 200');
    const problem = 'listOrders 400 /problems/invalid-request';
    await gives(read('/v1/orders?cursor=W10'), problem);
    await gives(read('/v1/orders?stauts=paid'), problem);
  });

  it('holds when an order is followed, by pages or by a stream', async () => {
    const path = `/v1/orders/${await completed()}/events`;
    const page = await gives(read(path), 'followOrder 200');
    const { data } = (await page.json()) as { data: { id: string }[] };
    const streaming = (headers = {}) => read(path, { Accept: 'text/event-stream', ...headers });
    const stream = await gives(streaming(), 'followOrder 200');
    assert.equal(stream.headers.get('content-type'), 'text/event-stream');
    await gives(streaming({ 'Last-Event-ID': data.at(-1)?.id }), 'followOrder 204');
    const problem = 'followOrder 400 /problems/invalid-request';
    await gives(streaming({ 'Last-Event-ID': 'evt_of_another' }), problem);
  });

  it('holds when an order is cancelled, or is not', async () => {
    const id = await place();
    const key = newKey();
    await gives(cancel(id, { key }), 'cancelOrder 202');
    await gives(cancel(id, { key }), 'cancelOrder 202');
    await gives(cancel(id, { body: '{}' }), 'cancelOrder 400 /problems/invalid-request');
    await gives(cancel(await completed()), 'cancelOrder 409 /problems/too-late-to-cancel');
  });

  it('holds when an order is refunded, from any example of it, or is not', async () => {
    for (const body of exampleRequests('requestRefund')) {
      await gives(refund(await completed(), body), 'requestRefund 202');
    }
    const id = await completed();
    const half = { amount: { value: '1499', currency: 'EUR' } };
    const key = newKey();
    const accepted = await gives(refund(id, half, { key }), 'requestRefund 202');
    await gives(refund(id, half, { key }), 'requestRefund 202');
    const problem = (code: string) => `requestRefund ${code.replace(' ', ' /problems/')}`;
    await gives(refund(id, {}, { key }), problem('422 idempotency-key-reused'));
    await gives(refund(id, { ...half, ...mugs(1) }), problem('400 invalid-request'));
    await gives(refund(id, { lines: [{ sku: 'mgu', quantity: 1 }] }), problem('400 unknown-sku'));
    const total = { amount: { value: TOTAL.toString(), currency: 'EUR' } };
    await gives(refund(id, total), problem('409 amount-exceeds-captured'));
    const one = [...mugs(1).lines, { sku: 'CUP', quantity: 4 }];
    const { id: dearer } = await orderIn(await gives(order({ lines: one }), 'placeOrder 202'));
    await bookCompleted(api.book, dearer, 6499n);
    await gives(refund(dearer, mugs(2)), problem('409 lines-exceed-order'));
    await gives(refund(await place()), problem('409 order-in-progress'));

    const path = accepted.headers.get('location') ?? '';
    const etag = (await gives(read(path), 'getRefund 200')).headers.get('etag') ?? '';
    await gives(read(path, { 'If-None-Match': etag }), 'getRefund 304');
  });

  it('holds when an order is shipped, from any example of it, or is not', async () => {
    for (const body of exampleRequests('requestShipment')) {
      await gives(ship(await held(), body), 'requestShipment 202');
    }
    const id = await held();
    const key = newKey();
    await gives(ship(id, mugs(1), { key }), 'requestShipment 202');
    await gives(ship(id, mugs(1), { key }), 'requestShipment 202');
    const problem = (code: string) => `requestShipment ${code.replace(' ', ' /problems/')}`;
    await gives(ship(id, {}, { key }), problem('422 idempotency-key-reused'));
    await gives(ship(id, { lines: [] }), problem('400 invalid-request'));
    await gives(ship(id, { lines: [{ sku: 'mgu', quantity: 1 }] }), problem('400 unknown-sku'));
    await gives(ship(id, mugs(2)), problem('409 shipment-exceeds-order'));
    await gives(ship(await place()), problem('409 order-not-shippable'));
    await bookPart(api.book, id, 1, TOTAL / 2n);
    await gives(read(`/v1/orders/${id}`), 'getOrder 200');
  });

  it('holds when the catalogue is read', async () => {
    await gives(read('/v1/products?limit=2'), 'listProducts 200');
    await gives(read('/v1/products?limit=many'), 'listProducts 400 /problems/invalid-request');
    await gives(read('/v1/products/mug'), 'getProduct 200');
  });

  it('holds when there is news of a payment', () => provokeNews(api, send));

  it('describes nothing that was not answered just now', () => {
    const missing = [...describedAnswers('all else').keys()].filter((what) => !given.has(what));
    assert.deepEqual(missing, IMPOSSIBLE);
  });

  it('shows no example of a problem that was not an answer just now', () => {
    for (const [what, example] of describedAnswers('all else')) {
      if (example === undefined || IMPOSSIBLE.includes(what)) continue;
      const shown = comparable(JSON.stringify(example));
      assert.ok(given.get(what)?.includes(shown), `${what}: ${given.get(what)?.[0] ?? ''}`);
    }
  });
});
