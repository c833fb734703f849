/** The gateway's stand-in tells of its events as Stripe does, and as badly as a network lets it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { startGateway } from '../../src/counterparties/gateway/gateway.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import { eventually } from '../api/harness.ts';
import { faultReport, setFaults, temporaryDirectory } from '../support/stand-ins.ts';

const SECRET = 'whsec_of_this_test';

describe('The gateway stand-in, where it tells of its events,', () => {
  const path = temporaryDirectory();
  let books = 0;
  let bookFile = '';
  let gateway: StandIn;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  const start = async () => {
    const webhook = { urls: [receiver.url], secret: SECRET };
    gateway = await startGateway({ bookFile, webhook });
  };
  beforeEach(async () => {
    bookFile = path(`gateway-${(books += 1)}.jsonl`);
    receiver = await startReceiver();
    await start();
  });
  afterEach(async () => {
    await gateway.close();
    await receiver.close();
  });

  const ask = async (route: string, fields: Record<string, string> = {}) => {
    const answer = await fetch(`${gateway.url}/v1/${route}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_standin' },
      body: new URLSearchParams(fields),
    });
    return (await answer.json()) as { id: string };
  };
  const create = (orderId: string) =>
    ask('payment_intents', {
      amount: '1000',
      currency: 'eur',
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      'metadata[order_id]': orderId,
      'metadata[request_id]': `req_${orderId}`,
    });
  async function taken(orderId: string): Promise<string> {
    const { id } = await create(orderId);
    await ask(`payment_intents/${id}/confirm`);
    await ask(`payment_intents/${id}/capture`);
    return id;
  }
  const types = () => receiver.events.map(({ type }) => type.replace('payment_intent.', ''));
  const pending = async () => {
    const answer = await fetch(`${gateway.url}/control/webhooks`);
    return ((await answer.json()) as { pending: number }).pending;
  };
  const listed = async () => {
    const answer = await fetch(`${gateway.url}/v1/events?limit=100`, {
      headers: { authorization: 'Bearer sk_test_standin' },
    });
    return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id).sort();
  };
  const ids = () => receiver.events.map(({ id }) => id).sort();

  it('sends each event once, signed, and the same that it lists', async () => {
    const intent = await taken('ord_1');
    await ask('refunds', { payment_intent: intent });
    await eventually(() => receiver.events.length === 4);
    assert.deepEqual(
      types().sort(),
      ['amount_capturable_updated', 'created', 'refund.created', 'succeeded'].sort(),
    );
    assert.deepEqual(ids(), await listed());
    await eventually(async () => (await pending()) === 0);
    assert.equal(receiver.refused, 0, 'Stripe’s own library takes the signature');
  });

  it('tries again, signed anew, until it is answered well', async () => {
    receiver.answers.push(302, 'none');
    await create('ord_1');
    await eventually(() => receiver.events.length === 3);
    await eventually(async () => (await pending()) === 0);
    assert.deepEqual(new Set(ids()), new Set(await listed()));
    assert.equal(receiver.refused, 0);
  });

  it('goes on after a restart with what was not delivered, and with nothing else', async () => {
    await taken('ord_1');
    await eventually(() => receiver.events.length === 3);
    await eventually(async () => (await pending()) === 0);
    await receiver.close();
    await create('ord_2');
    await gateway.close();
    receiver = await startReceiver();
    await start();
    await eventually(() => receiver.events.length === 1);
    await eventually(async () => (await pending()) === 0);
    assert.deepEqual(ids(), (await listed()).slice(-1));
  });

  it('tells whoever is named to it of what comes after that', async () => {
    await gateway.close();
    bookFile = path(`gateway-${(books += 1)}.jsonl`);
    gateway = await startGateway({ bookFile });
    await create('ord_1');
    const introduce = (endpoint: unknown) =>
      fetch(`${gateway.url}/control/webhooks`, { method: 'PUT', body: JSON.stringify(endpoint) });
    assert.equal((await introduce({ urls: [], secret: SECRET })).status, 400);
    assert.equal((await introduce({ urls: [receiver.url], secret: SECRET })).status, 204);
    await create('ord_2');
    await eventually(() => receiver.events.length === 1);
    assert.deepEqual(ids(), (await listed()).slice(-1));
  });

  it('sends one several times', async () => {
    await setFaults(gateway.url, { webhook: { fault: 'duplicate', times: 1 } });
    await create('ord_1');
    await eventually(() => receiver.events.length === 3);
    await eventually(async () => (await pending()) === 0);
    assert.equal(new Set(ids()).size, 1);
  });

  it('loses one', async () => {
    await setFaults(gateway.url, { webhook: { fault: 'lost', times: 1 } });
    await taken('ord_1');
    await eventually(() => receiver.events.length === 2);
    await eventually(async () => (await pending()) === 0);
    assert.deepEqual(ids(), (await listed()).slice(1));
    assert.deepEqual((await faultReport(gateway.url)).hits, { webhook: { lost: 1 } });
    await gateway.close();
    await start();
    assert.equal(await pending(), 0, 'for good');
    assert.deepEqual((await faultReport(gateway.url)).hits, { webhook: { lost: 1 } });
  });

  it('sends one after the next one of its payment, and not of another', async () => {
    await setFaults(gateway.url, { webhook: { fault: 'reordered', times: 1 } });
    const { id } = await create('ord_1');
    await create('ord_2');
    await eventually(() => receiver.events.length === 1);
    await ask(`payment_intents/${id}/confirm`);
    await eventually(() => receiver.events.length === 3);
    assert.deepEqual(types(), ['created', 'amount_capturable_updated', 'created']);
    assert.equal(receiver.events.at(-1)?.intent, id);
  });

  it('sends one late', async () => {
    await setFaults(gateway.url, { webhook: { fault: 'delayed', times: 1, delayMs: 300 } });
    const { id } = await create('ord_1');
    await ask(`payment_intents/${id}/confirm`);
    await eventually(() => receiver.events.length === 2);
    assert.deepEqual(types(), ['amount_capturable_updated', 'created']);
  });

  it('sends one before it answers the call that caused it', async () => {
    await setFaults(gateway.url, { webhook: { fault: 'early' } });
    const { id } = await create('ord_1');
    assert.deepEqual(types(), ['created']);
    await ask(`payment_intents/${id}/confirm`);
    assert.equal(types().length, 2);
  });
});

interface Seen {
  readonly id: string;
  readonly type: string;
  readonly intent: string;
}

/** A shop that only listens. */
async function startReceiver() {
  const events: Seen[] = [];
  const answers: (number | 'none')[] = [];
  const state = { refused: 0 };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const header = String(request.headers['stripe-signature']);
      try {
        const event = Stripe.webhooks.constructEvent(Buffer.concat(parts), header, SECRET);
        const { id } = event.data.object as { id: string };
        events.push({ id: event.id, type: event.type, intent: id });
      } catch {
        state.refused += 1;
      }
      const answer = answers.shift() ?? 200;
      if (answer === 'none') request.socket.destroy();
      else response.writeHead(answer).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    events,
    answers,
    get refused() {
      return state.refused;
    },
    url: `http://127.0.0.1:${port}/hook`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
