/** Idempotency keys at the gateway's stand-in: does it remember and refuse as Stripe does? */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { createKeys } from '../../src/counterparties/gateway/keys.ts';
import { REPERTOIRE } from '../../src/counterparties/gateway/repertoire.ts';
import { gatewayApp } from '../../src/counterparties/gateway/routes.ts';
import { createGatewayState } from '../../src/counterparties/gateway/state.ts';
import { createFaultPlan } from '../../src/counterparties/plan.ts';
import { plainGateway, wanted, type Answer } from '../support/plain-gateway.ts';
import { bookLines, effectsOf, setFaults } from '../support/stand-ins.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('the gateway stand-in, given an idempotency key,', () => {
  const { url, newOrder, post, intentFor, passTime } = plainGateway();

  it('repeats the first answer and does nothing more', async () => {
    const order = newOrder();
    const first = await post('payment_intents', wanted(order), `${order}:1`);
    const second = await post('payment_intents', wanted(order), `${order}:1`);
    assert.deepEqual(second.body, first.body);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(await effectsOf(url(), order), ['created']);
  });

  it('repeats a decline, also after the bank would change its mind', async () => {
    const order = newOrder();
    const id = await intentFor(order);
    await setFaults(url(), { confirm: { fault: 'decline', times: 1 } });
    const first = await post(`payment_intents/${id}/confirm`, {}, `${order}:confirm:1`);
    const second = await post(`payment_intents/${id}/confirm`, {}, `${order}:confirm:1`);
    assert.equal(first.status, 402);
    assert.deepEqual([second.status, second.body], [402, first.body]);
  });

  it('refuses other parameters', async () => {
    const order = newOrder();
    await post('payment_intents', wanted(order), `${order}:1`);
    const other = { ...wanted(order), amount: '2000' };
    const { status, body } = await post('payment_intents', other, `${order}:1`);
    assert.deepEqual([status, body.error['type']], [400, 'idempotency_error']);
    const lines = await bookLines(url());
    assert.equal(lines.at(-1)?.['outcome'], 'refused');
  });

  it('refuses another endpoint', async () => {
    const order = newOrder();
    const id = await intentFor(order);
    await post(`payment_intents/${id}/confirm`, {}, `${order}:1`);
    const { status, body } = await post(`payment_intents/${id}/capture`, {}, `${order}:1`);
    assert.deepEqual([status, body.error['type']], [400, 'idempotency_error']);
  });

  it('does not remember a malformed request', async () => {
    const order = newOrder();
    await post('payment_intents', { ...wanted(order), amount: '-1' }, `${order}:1`);
    const { status } = await post('payment_intents', wanted(order), `${order}:1`);
    assert.equal(status, 200);
  });

  it('executes once, however many ask at once', async () => {
    const order = newOrder();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post('payment_intents', wanted(order), `${order}:1`)),
    );
    const made = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 409);
    assert.equal(made.length + refused.length, 20);
    assert.equal(new Set(made.map(({ body }) => body.id)).size, 1);
    for (const { body } of refused) {
      assert.equal(body.error['code'], 'idempotency_key_in_use');
    }
    assert.deepEqual(await effectsOf(url(), order), ['created']);
  });

  it('refuses a second request while the first is not in the book yet', async () => {
    let write = (): void => undefined;
    const written = new Promise<void>((resolve) => (write = resolve));
    let appended = 0;
    const book = {
      append: () => ((appended += 1) === 1 ? written : Promise.resolve()),
      dump: () => Readable.from([]),
    };
    const app = gatewayApp({
      state: createGatewayState(),
      keys: createKeys(DAY_MS, Date.now),
      book,
      faults: createFaultPlan(REPERTOIRE),
      webhooks: { offer: () => Promise.resolve(), introduce: () => undefined, pending: () => 0 },
      authorizationMs: 7 * DAY_MS,
      now: Date.now,
    });
    const ask = async () =>
      app.request('/v1/payment_intents', {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_standin', 'idempotency-key': 'k' },
        body: new URLSearchParams(wanted('ord_1')).toString(),
      });
    const first = ask();
    const second = await ask();
    assert.equal(second.status, 409);
    const { error } = (await second.json()) as Answer['body'];
    assert.equal(error['code'], 'idempotency_key_in_use');
    write();
    assert.equal((await first).status, 200);
    assert.equal((await ask()).headers.get('idempotent-replayed'), 'true');
  });

  it('forgets it after a day and executes again', async () => {
    const order = newOrder();
    const first = await post('payment_intents', wanted(order), `${order}:1`);
    passTime(DAY_MS);
    const second = await post('payment_intents', wanted(order), `${order}:1`);
    assert.notEqual(second.body.id, first.body.id);
  });
});
