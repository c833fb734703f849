/** What the gateway tells, at the door: who may, how often it is written down, and what is answered. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createApp } from '../../src/api/app.ts';
import { listen } from '../../src/api/server.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { failing } from '../support/failing.ts';
import { eventOf, signature, signed } from '../support/signed-events.ts';
import { createHarness, createProcess, eventually, heldToContract } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

const PATH = '/v1/webhooks/stripe';

describe('An event that the gateway sends', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const send = (init: RequestInit) => api.app.request(PATH, init);
  async function rowsOf(id: string) {
    const { rows } = await api.pool.query(
      `SELECT type, object_id, intent_id, named_order, installation, order_id, handled_at
       FROM gateway_event WHERE id = $1`,
      [id],
    );
    return rows as unknown[];
  }
  async function refused(answer: Response, status = 400): Promise<ProblemBody> {
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    return (await answer.json()) as ProblemBody;
  }
  const nothing = async () => {
    const { rows } = await api.pool.query('SELECT FROM gateway_event');
    return rows.length;
  };

  it('is written down as a hint and answered 200, without a credential', async () => {
    const event = eventOf({ intent: 'pi_hint', orderId: 'ord_of_somebody' });
    const answer = await send(signed(event));
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '');
    assert.deepEqual(await rowsOf(event.id), [
      {
        type: 'payment_intent.succeeded',
        object_id: 'pi_hint',
        intent_id: 'pi_hint',
        named_order: 'ord_of_somebody',
        installation: null,
        order_id: null,
        handled_at: null,
      },
    ]);
    const { rows } = await api.pool.query('SELECT to_jsonb(e)::text AS all FROM gateway_event e');
    assert.doesNotMatch(JSON.stringify(rows), /666/, 'no amount is kept of it');
  });

  it('is one event for ever, however often and from wherever it comes', async () => {
    const event = eventOf();
    const other = createProcess(api.database.url);
    let heard = 0;
    const counted: string[] = [];
    const counting = createApp({
      ...other.deps,
      heard: () => (heard += 1),
      counted: (type, how) => counted.push(`${type} ${how}`),
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => await counting.request(PATH, signed(event))),
    );
    assert.ok(answers.every(({ status }) => status === 200));
    await api.pool.query(
      `UPDATE gateway_event SET received_at = now() - interval '9 years',
         handled_at = now() - interval '9 years', outcome = 'was known' WHERE id = $1`,
      [event.id],
    );
    const late = await counting.request(
      PATH,
      signed({ ...event, type: 'payment_intent.canceled' }),
    );
    assert.equal(late.status, 200);
    assert.equal((await rowsOf(event.id)).length, 1);
    assert.equal(heard, 1);
    const repeats = counted.filter((word) => word.endsWith('repeated')).length;
    assert.deepEqual([counted.length, repeats], [51, 50]);
    await other.close();
  });

  it('that is not signed so gets an answer that says nothing, and leaves nothing', async () => {
    const before = await nothing();
    const event = eventOf();
    const body = JSON.stringify(event);
    const headers = { 'Content-Type': 'application/json' };
    const post = (sent: string, header?: string): RequestInit => ({
      method: 'POST',
      headers: { ...headers, ...(header !== undefined && { 'Stripe-Signature': header }) },
      body: sent,
    });
    const bodies = new Set<string>();
    for (const init of [
      post(body),
      post(body, 'nonsense'),
      post(body, signature(body, { secret: 'whsec_of_another' })),
      post(body, signature(body, { at: Date.now() - 301_000 })),
      post(body, signature(body, { at: Date.now() + 302_000 })),
      post(body.replace('666', '667'), signature(body)),
      post('', signature('')),
      post('{', signature('{')),
      { ...post('', signature('')), body: null },
    ]) {
      const { instance, ...problem } = await refused(await send(init));
      assert.match(instance, /^req_/);
      bodies.add(JSON.stringify(problem));
    }
    assert.equal(bodies.size, 1);
    assert.doesNotMatch([...bodies].join(), /secret|clock|time|byte|JSON/i);
    assert.equal(await nothing(), before);
    const warned = api.lines.filter(({ msg }) => msg === 'an event of the gateway was not taken');
    assert.ok(warned.some(({ detail }) => String(detail).includes('s before or after our time')));
    assert.doesNotMatch(JSON.stringify(api.lines), /whsec_|v1=/);
  });

  it('may be as large as an event can be, and no larger, also in chunks', async () => {
    const large = { ...eventOf(), note: 'x'.repeat(250_000) };
    assert.equal((await send(signed(large))).status, 200);
    const before = await nothing();
    const huge = signed({ ...eventOf(), note: 'x'.repeat(262_144) });
    await refused(await send(huge), 413);
    const server = await listen({ app: api.app, hostname: '127.0.0.1', port: 0 });
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += String(data))).on('error', () => undefined);
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nStripe-Signature: t=1,v1=a\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let n = 0; n < 5; n += 1) socket.write(chunk);
    await eventually(() => answer.includes('\r\n\r\n'));
    assert.match(answer, /^HTTP\/1\.1 413 /);
    socket.destroy();
    await server.close();
    assert.equal(await nothing(), before);
  });

  it('is answered 503 while PostgreSQL is away, so that it is sent again', async () => {
    const answer = await heldToContract(
      createApp(failing(api, new Unavailable('PostgreSQL is down'))),
    ).request(PATH, signed(eventOf()));
    await refused(answer, 503);
    assert.equal(answer.headers.get('retry-after'), '2');
  });

  it('is known after an answer that was lost', async () => {
    const event = eventOf();
    const real = api.deps.gatewayEvents;
    let isLost = true;
    const losing = createApp({
      ...api.deps,
      gatewayEvents: {
        async note(one) {
          const isNew = await real.note(one);
          if (isLost) throw new Unavailable('its answer was lost');
          return isNew;
        },
      },
    });
    assert.equal((await losing.request(PATH, signed(event))).status, 503);
    isLost = false;
    assert.equal((await losing.request(PATH, signed(event))).status, 200);
    assert.equal((await rowsOf(event.id)).length, 1);
  });
});
