/**
 * An order placed over a line that breaks: at every byte of the answer, and all along the request.
 * The client asks again with the same key on a line that holds, and there is one order.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { Fault, TcpProxy } from '../support/tcp-proxy.ts';
import { bodyOf, send } from './answers/wire.ts';
import type { Seen, Sent } from './answers/wire.ts';
import { createHarness, validBody } from './harness.ts';
import type { Harness } from './harness.ts';

// As many as keep one process and its database busy.
const LINES = 4;

// What breaks in the middle of a request was never a whole one: a spread of places will do.
const STRIDE = 20;

describe('A client whose line breaks', () => {
  let api: Harness;
  let server: Listening;
  let lines: TcpProxy[];
  before(async () => {
    api = await createHarness();
    server = await listen({ app: api.app, hostname: '127.0.0.1', port: 0 });
    const { hostname: host, port } = new URL(server.url);
    const start = () => startTcpProxy({ host, port: Number(port) });
    lines = await Promise.all(Array.from({ length: LINES }, start));
  });
  after(async () => {
    await Promise.all(lines.map((line) => line.close()));
    await server.close();
    await api.close();
  });

  for (const part of ['head', 'body'] as const) {
    it(`after any byte of the answer’s ${part} has placed one order, and is told of it`, async () => {
      const { arrived: whole } = await placeOver(undefined);
      assert.ok(whole.length >= 500, `${whole.length} bytes`);
      const head = whole.indexOf('\r\n\r\n') + 4;
      const all = [...Array(whole.length + 1).keys()];
      const cases = part === 'head' ? all.slice(0, head) : all.slice(head);
      await areOneOrderEach(cases, async (afterBytes, line) => {
        const fault: Fault = { direction: 'down', kind: 'cut', afterBytes, times: 1 };
        const { sent, arrived } = await placeOver(fault, line);
        assert.equal(arrived.length, afterBytes);
        const seen = await again(sent);
        assert.equal(seen.headers.get('idempotent-replayed'), 'true');
        const [, body = ''] = arrived.toString().split('\r\n\r\n');
        assert.ok(seen.bytes.toString().startsWith(body), 'the same bytes, as far as they came');
        return seen;
      });
      const places = `cut after ${cases[0]} to ${cases.at(-1)} bytes`;
      console.log(`      ${cases.length} of ${cases.length}: ${places}`);
    });
  }

  for (const kind of ['cut', 'reset'] as const) {
    it(`in the middle of its request (${kind}) places one order by asking again`, async () => {
      const { length } = rawOf(orderUnder('key-000000'));
      const cases = [...Array(Math.ceil(length / STRIDE)).keys()].map((n) => n * STRIDE);
      await areOneOrderEach(cases, async (afterBytes, line) => {
        const { sent } = await placeOver({ direction: 'up', kind, afterBytes, times: 1 }, line);
        const seen = await again(sent);
        assert.equal(seen.headers.get('idempotent-replayed'), null);
        return seen;
      });
      console.log(`      ${cases.length} of ${cases.length}: every ${STRIDE}th byte of ${length}`);
    });
  }

  /** Every line takes the next case, and every case leaves one order behind. */
  async function areOneOrderEach(
    cases: readonly number[],
    answeredAtLast: (afterBytes: number, line: TcpProxy) => Promise<Seen>,
  ): Promise<void> {
    const [orders, claims] = [await api.count('order'), await api.count('idempotency_claim')];
    const started = api.sagas.started.length;
    const ids = new Set<unknown>();
    const left = [...cases];
    const work = async (line: TcpProxy) => {
      // From the last byte on: the answer gets shorter as the seconds of RateLimit lose a digit.
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const seen = await answeredAtLast(next, line);
        assert.equal(seen.status, 202);
        ids.add(bodyOf(seen)['id']);
      }
    };
    await Promise.all(lines.map(work));
    assert.equal(ids.size, cases.length);
    assert.equal(await api.count('order'), orders + cases.length);
    assert.equal(await api.count('idempotency_claim'), claims + cases.length);
    const runs = new Set(api.sagas.started.slice(started).map(({ id }) => id));
    assert.deepEqual(runs, ids);
  }

  let keys = 0;
  /** Under a new key; what arrives until the line breaks, or until the server has said all. */
  async function placeOver(fault: Fault | undefined, line = lines[0]) {
    assert.ok(line);
    const sent = orderUnder(`key-${(keys += 1).toString().padStart(6, '0')}`);
    if (fault) line.inject(fault);
    const arrived = await heardOn(line, rawOf(sent));
    line.heal();
    return { sent, arrived };
  }

  /** Twice, on connections of their own, which says the same twice. */
  async function again(sent: Sent): Promise<Seen> {
    const seen = await send(server.url, sent, { isAlone: true });
    const replay = await send(server.url, sent, { isAlone: true });
    assert.ok(replay.bytes.equals(seen.bytes));
    return seen;
  }

  function orderUnder(key: string): Sent {
    const headers = {
      Authorization: `Bearer ${api.acme.key}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    };
    return { method: 'POST', path: '/v1/orders', headers, body: JSON.stringify(validBody()) };
  }
});

/** The bytes of a request that is its connection's last. */
function rawOf({ method, path, headers, body = '' }: Sent): Buffer {
  const length = Buffer.byteLength(body);
  const all = { Host: 'x', Connection: 'close', ...headers, 'Content-Length': length };
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n${body}`);
}

function heardOn({ host, port }: TcpProxy, request: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Whether it is ended or broken, no more will come.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(request);
  });
}
