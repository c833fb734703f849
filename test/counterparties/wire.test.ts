/** Each fault as the client sees it on the wire, and as the book has it: at gateway and carrier. */
import assert from 'node:assert/strict';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import { BUSINESS_FAULTS, CONNECTION_FAULTS } from '../../src/counterparties/faults.ts';
import type { ConnectionFault } from '../../src/counterparties/faults.ts';
import { REPERTOIRE } from '../../src/counterparties/gateway/repertoire.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import { eventually } from '../api/harness.ts';
import { plainGateway } from '../support/plain-gateway.ts';
import {
  bookLines,
  clearFaults,
  effectsOf,
  faultReport,
  setFaults,
  temporaryDirectory,
} from '../support/stand-ins.ts';

// Long enough to be seen late also on a busy machine, short enough to be waited for.
const DELAY_MS = 1_000;
const PATIENCE_MS = 100;

interface Seen {
  /** 0: none came. */
  readonly status: number;
  readonly retryAfter?: string | null;
  readonly body?: string;
}

/** What a client sees; one that is to see nothing does not wait for long. */
async function see(url: string, init: RequestInit, patienceMs = 10_000): Promise<Seen> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    const { status } = response;
    const retryAfter = response.headers.get('retry-after');
    return { status, retryAfter, body: await response.text() };
  } catch (error) {
    return { status: 0, body: error instanceof Error ? error.name : '' };
  }
}

const none = { status: 0, body: 'TimeoutError' };
const broken = { status: 0, body: 'TypeError' };
const patienceFor = (seen: Partial<Seen>) => (seen === none ? PATIENCE_MS : undefined);

/** What is seen of a confirmation, and what the next one under the same key answers. */
const expected: Readonly<
  Record<ConnectionFault, { seen: Partial<Seen>; done: boolean; again: number; replay: boolean }>
> = {
  reject: { seen: { status: 400, retryAfter: null }, done: false, again: 200, replay: false },
  'key-in-use': { seen: { status: 409, retryAfter: '1' }, done: false, again: 200, replay: false },
  'rate-limit': { seen: { status: 429, retryAfter: '1' }, done: false, again: 200, replay: false },
  unavailable: { seen: { status: 503, retryAfter: '1' }, done: false, again: 200, replay: false },
  error: { seen: { status: 500 }, done: false, again: 500, replay: true },
  'fail-before': { seen: broken, done: false, again: 200, replay: false },
  hang: { seen: none, done: false, again: 200, replay: false },
  'fail-after-effect': { seen: broken, done: true, again: 200, replay: true },
  'error-after-effect': { seen: { status: 500 }, done: true, again: 500, replay: true },
  'forget-key': { seen: broken, done: true, again: 400, replay: false },
  'late-answer': { seen: none, done: true, again: 200, replay: true },
  'late-effect': { seen: none, done: false, again: 200, replay: false },
  malformed: { seen: { status: 200 }, done: true, again: 200, replay: true },
  truncated: { seen: broken, done: true, again: 200, replay: true },
  'wrong-amount': { seen: { status: 200 }, done: true, again: 200, replay: true },
  'wrong-currency': { seen: { status: 200 }, done: true, again: 200, replay: true },
};

const altered: Readonly<Partial<Record<ConnectionFault, RegExp>>> = {
  malformed: /^<html>/,
  'wrong-amount': /"amount":19991,"amount_capturable":19991/,
  'wrong-currency': /"currency":"usd"/,
};

describe('the gateway stand-in, on the wire,', () => {
  const gateway = plainGateway();
  const confirm = (intent: string, key: string) =>
    [
      `${gateway.url()}/v1/payment_intents/${intent}/confirm`,
      {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_standin', 'idempotency-key': key },
      },
    ] as const;

  for (const fault of CONNECTION_FAULTS) {
    const { seen, done, again, replay } = expected[fault];
    it(`meets a confirmation with ${fault}`, async () => {
      const order = gateway.newOrder();
      const intent = await gateway.intentFor(order);
      const key = `${order}:confirm:1`;
      const planned = { fault, times: 1, orderId: order, delayMs: DELAY_MS };
      await setFaults(gateway.url(), { confirm: planned });

      const found = await see(...confirm(intent, key), patienceFor(seen));
      assert.deepEqual({ ...found, ...seen }, found);
      if (fault in altered) assert.match(found.body ?? '', altered[fault] ?? /./);
      const created = ['created'];
      const effects = () => effectsOf(gateway.url(), order);
      assert.deepEqual(await effects(), done ? [...created, 'authorized'] : created);

      const response = await fetch(...confirm(intent, key));
      assert.equal(response.status, again);
      assert.equal(response.headers.get('idempotent-replayed'), replay ? 'true' : null);
      const isDone = done || again === 200;
      assert.deepEqual(await effects(), isDone ? [...created, 'authorized'] : created);

      await eventually(async () => (await faultReport(gateway.url())).underWay === 0);
      const lines = await bookLines(gateway.url());
      const struck = lines.filter((line) => line.orderId === order && line['fault'] === fault);
      assert.equal(struck.length, 1, 'and the book says so');
    });
  }

  it('does what is late when its time has come, though the client has left', async () => {
    const order = gateway.newOrder();
    const intent = await gateway.intentFor(order);
    const planned = { fault: 'late-effect', times: 1, orderId: order, delayMs: DELAY_MS };
    await setFaults(gateway.url(), { confirm: planned });
    assert.deepEqual(await see(...confirm(intent, `${order}:confirm:1`), PATIENCE_MS), none);
    assert.equal((await faultReport(gateway.url())).underWay, 1);
    await clearFaults(gateway.url());
    await eventually(async () => (await faultReport(gateway.url())).underWay === 0);
    assert.deepEqual(await effectsOf(gateway.url(), order), ['created', 'authorized']);
  });

  it('keeps a stored 500 through a restart', async () => {
    const order = gateway.newOrder();
    const intent = await gateway.intentFor(order);
    await setFaults(gateway.url(), { confirm: { fault: 'error', times: 1 } });
    const key = `${order}:confirm:1`;
    const { body: first } = await see(...confirm(intent, key));
    await gateway.restart();
    const response = await fetch(...confirm(intent, key));
    assert.deepEqual([response.status, await response.text()], [500, first]);
  });

  it('lets an authorization lapse right after it was given', async () => {
    const order = gateway.newOrder();
    const intent = await gateway.intentFor(order);
    await setFaults(gateway.url(), { confirm: { fault: 'lapse', orderId: order } });
    const response = await fetch(...confirm(intent, `${order}:confirm:1`));
    const { status } = (await response.json()) as { status: string };
    assert.equal(status, 'requires_capture');
    const { body } = await gateway.get(`payment_intents/${intent}`);
    assert.deepEqual([body['status'], body['cancellation_reason']], ['canceled', 'automatic']);
  });

  it('leaves a refund pending, and pays it later', async () => {
    const order = gateway.newOrder();
    const intent = await gateway.intentFor(order, 'confirm', 'capture');
    await setFaults(gateway.url(), { refund: { fault: 'pending', orderId: order } });
    const { body } = await gateway.post('refunds', { payment_intent: intent });
    assert.equal(body['status'], 'pending');
    gateway.passTime(1_000);
    const found = await gateway.get(`refunds?payment_intent=${intent}`);
    assert.equal(found.body.data[0]?.['status'], 'succeeded');
  });

  it('has every fault that there is to a call', () => {
    const { webhook, ...calls } = REPERTOIRE.faults;
    assert.ok(webhook.length > 0, 'gateway-webhooks.test.ts has those of its own telling');
    const all = new Set(Object.values(calls).flat());
    assert.deepEqual([...all].sort(), [...CONNECTION_FAULTS, ...BUSINESS_FAULTS].sort());
  });
});

describe('the carrier stand-in, on the wire,', () => {
  const path = temporaryDirectory();
  let carrier: StandIn;
  before(async () => {
    carrier = await startCarrier({ bookFile: path('carrier') });
  });
  after(() => carrier.close());

  for (const [fault, seen] of [
    ['key-in-use', { status: 409, retryAfter: '1' }],
    ['rate-limit', { status: 429, retryAfter: '1' }],
    ['unavailable', { status: 503, retryAfter: '1' }],
    ['error', { status: 500 }],
    ['late-answer', none],
    ['late-effect', none],
    ['malformed', { status: 200 }],
    ['truncated', broken],
  ] as const) {
    it(`meets a call-back with ${fault}`, async () => {
      const order = `ord_${fault.replaceAll('-', '')}`;
      const planned = { fault, times: 1, orderId: order, delayMs: DELAY_MS };
      await setFaults(carrier.url, { cancel: planned });
      const url = `${carrier.url}/shipments/${order}`;
      const found = await see(url, { method: 'DELETE' }, patienceFor(seen));
      assert.deepEqual({ ...found, ...seen }, found);
      await eventually(async () => (await faultReport(carrier.url)).underWay === 0);
      const isDone = ['late-answer', 'late-effect', 'malformed', 'truncated'].includes(fault);
      assert.deepEqual(await effectsOf(carrier.url, order), isDone ? ['tombstone'] : []);
    });
  }

  it('gives up what is late when it is closed', async () => {
    const closing = await startCarrier({ bookFile: path('closing') });
    await setFaults(closing.url, { cancel: { fault: 'late-effect' } });
    const asked = fetch(`${closing.url}/shipments/ord_x`, { method: 'DELETE' });
    await eventually(async () => (await faultReport(closing.url)).underWay === 1);
    await closing.close();
    await assert.rejects(asked);
  });
});
