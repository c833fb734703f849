/** The carrier's stand-in, spoken to in plain HTTP. */
import assert from 'node:assert/strict';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import {
  bookLines,
  clearFaults,
  effectsOf,
  setFaults,
  temporaryDirectory,
} from '../support/stand-ins.ts';

const shipment = {
  requestId: 'req-1',
  address: { name: 'Ada', line1: 'Main St 1', city: 'Ghent', postalCode: '9000', country: 'BE' },
  lines: [{ sku: 'mug', quantity: 2 }],
};
const nowhere = { ...shipment, address: { ...shipment.address, postalCode: '00000' } };
const other = { ...shipment, lines: [{ sku: 'mug', quantity: 3 }] };

describe('the carrier stand-in', () => {
  const path = temporaryDirectory();
  let carrier: StandIn;
  let orders = 0;
  const start = () => startCarrier({ bookFile: path('carrier') });
  const newOrder = () => `ord_ca${String((orders += 1))}`;

  before(async () => {
    carrier = await start();
  });
  afterEach(() => clearFaults(carrier.url));
  after(() => carrier.close());

  interface Answer {
    readonly status: number;
    readonly body: Record<string, unknown>;
  }
  async function put(reference: string, body: unknown = shipment): Promise<Answer> {
    const response = await fetch(`${carrier.url}/shipments/${reference}`, {
      method: 'PUT',
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
  const callBack = async (reference: string) =>
    (await fetch(`${carrier.url}/shipments/${reference}`, { method: 'DELETE' })).status;

  it('ships once and answers the same again', async () => {
    const order = newOrder();
    const first = await put(order);
    const second = await put(order);
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.match(String(first.body['trackingNumber']), /^MG[0-9A-F]{12}$/);
    assert.deepEqual(second.body, { ...first.body, reference: order });
    assert.deepEqual(await effectsOf(carrier.url, order), ['shipped']);
  });

  it('refuses another shipment under the same reference', async () => {
    const order = newOrder();
    await put(order);
    const { status, body } = await put(order, other);
    assert.deepEqual([status, body['code']], [409, 'reference-reused']);
  });

  it('refuses an address nobody can deliver to, again and again', async () => {
    const order = newOrder();
    for (const { status, body } of [await put(order, nowhere), await put(order, nowhere)]) {
      assert.deepEqual([status, body['code']], [422, 'address-refused']);
    }
    assert.deepEqual(await effectsOf(carrier.url, order), ['refused']);
  });

  it('stays with a refusal that the fault plan made it give once', async () => {
    const order = newOrder();
    await setFaults(carrier.url, { request: { fault: 'decline', times: 1, orderId: order } });
    assert.deepEqual([(await put(order)).status, (await put(order)).status], [422, 422]);
  });

  it('calls a shipment back once, and ships nothing under its reference again', async () => {
    const order = newOrder();
    await put(order);
    assert.deepEqual([await callBack(order), await callBack(order)], [204, 204]);
    const { status, body } = await put(order);
    assert.deepEqual([status, body['code']], [410, 'shipment-cancelled']);
    assert.deepEqual(await effectsOf(carrier.url, order), ['shipped', 'cancelled']);
  });

  for (const [what, first] of [
    ['nothing was asked for', undefined],
    ['the address was refused', nowhere],
  ] as const) {
    it(`leaves a tombstone when ${what}, so that a late request ships nothing`, async () => {
      const order = newOrder();
      if (first !== undefined) await put(order, first);
      assert.equal(await callBack(order), 204);
      assert.equal((await put(order)).status, 410);
      assert.equal((await effectsOf(carrier.url, order)).at(-1), 'tombstone');
    });
  }

  it('answers 400 to a request that is none', async () => {
    const { status, body } = await put(newOrder(), { ...shipment, lines: [] });
    assert.deepEqual([status, body['code']], [400, 'invalid-request']);
  });

  it('knows shipments, refusals and tombstones again after a restart', async () => {
    const [shipped, refused, gone] = [newOrder(), newOrder(), newOrder()];
    const { body } = await put(shipped);
    await put(refused, nowhere);
    await callBack(gone);
    await carrier.close();
    carrier = await start();
    assert.deepEqual((await put(shipped)).body, body);
    assert.equal((await put(refused, nowhere)).status, 422);
    assert.equal((await put(gone)).status, 410);
  });

  it('books every request, answered or not', async () => {
    const order = newOrder();
    await setFaults(carrier.url, { request: { fault: 'fail-before', times: 1 } });
    await assert.rejects(put(order));
    await setFaults(carrier.url, { request: { fault: 'fail-after-effect', times: 1 } });
    await assert.rejects(put(order));
    await put(order);
    const lines = (await bookLines(carrier.url)).filter((line) => line.orderId === order);
    assert.deepEqual(
      lines.map(({ kind, effect, outcome, fault }) => [kind, effect ?? outcome, fault ?? null]),
      [
        ['request', 'not-executed', 'fail-before'],
        ['effect', 'shipped', null],
        ['request', 'executed', 'fail-after-effect'],
        ['request', 'repeated', null],
      ],
    );
  });
});
