/**
 * What no HTTP client sends: broken, contradictory, endless and very slow requests, byte by byte.
 * Each is refused, or its connection closed, and meanwhile others are answered as ever.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { createHarness, getOf, newKey } from './harness.ts';
import type { Harness } from './harness.ts';

// Instead of the production's, so that a test sees the end of the server's patience.
const PATIENCE = { headersMs: 400, requestMs: 800 };

const GET = 'GET /v1/products HTTP/1.1\r\nHost: x\r\n';

type Sends = string | Buffer | ((socket: Socket) => void);

describe('Bytes that are no good request', () => {
  let api: Harness;
  let server: Listening;
  before(async () => {
    api = await createHarness();
    const address = { hostname: '127.0.0.1', port: 0 };
    server = await listen({ app: api.app, ...address, patience: PATIENCE });
  });
  after(async () => {
    await server.close();
    await api.close();
  });

  /** Everything that comes back until the server has closed the connection. */
  const exchange = async (sends: Sends): Promise<string> => {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    // A server that has heard enough resets the connection.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    if (typeof sends === 'function') sends(socket);
    else socket.write(sends);
    await closed;
    socket.destroy();
    return said;
  };
  const statusesIn = (said: string) =>
    [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  /** What it says, while another client is served, and with no bug and no order coming of it. */
  const sent = async (sends: Sends): Promise<number[]> => {
    const [lines, orders] = [api.lines.length, await api.count('order')];
    const exchanging = exchange(sends);
    assert.equal((await fetch(`${server.url}/v1/products`, getOf(api.acme))).status, 200);
    const statuses = statusesIn(await exchanging);
    assert.equal((await fetch(`${server.url}/v1/products`, getOf(api.acme))).status, 200);
    assert.ok(!api.lines.slice(lines).some(({ msg }) => msg === 'bug'));
    assert.equal(await api.count('order'), orders);
    return statuses;
  };
  const authorized = () => `Authorization: Bearer ${api.acme.key}\r\n`;
  const post = (...headers: string[]) =>
    ['POST /v1/orders HTTP/1.1', 'Host: x', `Idempotency-Key: ${newKey()}`, ...headers].join(
      '\r\n',
    ) + `\r\nContent-Type: application/json\r\n${authorized()}\r\n`;
  const smuggled = 'GET /v1/orders HTTP/1.1\r\nHost: x\r\n\r\n';

  const refused: readonly [what: string, sends: () => Sends, status: number][] = [
    ['no HTTP at all', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    [
      'random bytes',
      () => Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 89) % 256)),
      400,
    ],
    ['HTTP/2 with prior knowledge', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['HTTP/9.9', () => 'GET /v1/products HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['an unknown method', () => 'FROB /v1/products HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no host', () => 'GET /v1/products HTTP/1.1\r\n\r\n', 400],
    [
      'a host that is none',
      () => 'GET /v1/products HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['bare LF', () => 'GET /v1/products HTTP/1.1\nHost: x\n\n', 400],
    ['bare CR in a header', () => `${GET}A: b\rC: d\r\n\r\n`, 400],
    ['NUL in a header', () => `${GET}A: b\0c\r\n\r\n`, 400],
    ['NUL in the path', () => 'GET /v1/pro\0ducts HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a space in the path', () => 'GET /v1/pro ducts HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    [
      'invalid UTF-8 in the path',
      () => Buffer.from(`${GET.replace('v1', 'v\xff')}\r\n`, 'latin1'),
      400,
    ],
    ['a space before a colon', () => `${GET}A : b\r\n\r\n`, 400],
    ['a header that is folded', () => `${GET}A: b\r\n c\r\n\r\n`, 400],
    ['huge headers', () => `${GET}A: ${'a'.repeat(1 << 20)}\r\n\r\n`, 431],
    ['a huge path', () => `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['a million headers', () => `${GET}${'A: b\r\n'.repeat(1_000_000)}\r\n`, 431],
    [
      'a length and chunks',
      () => `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
      400,
    ],
    ['two lengths', () => `${post('Content-Length: 2', 'Content-Length: 40')}{}${smuggled}`, 400],
    ['a length below 0', () => `${post('Content-Length: -1')}{}`, 400],
    ['a length that is no number', () => `${post('Content-Length: 0x2')}{}`, 400],
    ['an endless length', () => `${post(`Content-Length: ${'9'.repeat(40)}`)}{}`, 400],
    [
      'chunks that are not last',
      () => `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
      400,
    ],
    [
      'chunks by another name',
      () => `${post('Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled}`,
      400,
    ],
    [
      'a chunk whose size is no number',
      () => `${post('Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a chunk whose size is endless',
      () => `${post('Transfer-Encoding: chunked')}${'f'.repeat(32)}\r\n{}`,
      400,
    ],
    [
      'a chunk longer than it says',
      () => `${post('Transfer-Encoding: chunked')}1\r\n{}\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a body that ends early',
      () => (socket) => socket.end(`${post('Content-Length: 500')}{`),
      400,
    ],
    ['headers that end early', () => (socket) => socket.end(GET), 400],
    ['headers that never end', () => GET, 408],
    [
      'headers that come byte by byte',
      () => (socket) => void drip(socket, GET + 'A: b\r\n'.repeat(1_000)),
      408,
    ],
    ['a body that never ends', () => `${post('Content-Length: 500')}{`, 408],
    [
      'a body that comes byte by byte',
      () => (socket) => void drip(socket, `${post('Content-Length: 9999')}${'{'.repeat(999)}`),
      408,
    ],
  ];
  for (const [what, sends, status] of refused) {
    it(`are refused, and their sender is hung up on: ${what}`, async () => {
      assert.deepEqual(await sent(sends()), [status]);
    });
  }

  const last = 'Connection: close\r\n';
  const answered: readonly [what: string, sends: () => Sends, statuses: readonly number[]][] = [
    ['no credential', () => `${GET}${last}\r\n`, [401]],
    ['a second host', () => `${GET}Host: y\r\n${last}${authorized()}\r\n`, [200]],
    [
      'a whole URL for a path',
      () => `${GET.replace(' /', ' http://elsewhere.example/')}${last}${authorized()}\r\n`,
      [200],
    ],
    [
      'fifty requests at once',
      () => `${`${GET}${authorized()}\r\n`.repeat(49)}${GET}${last}${authorized()}\r\n`,
      Array.from({ length: 50 }, () => 200),
    ],
    [
      'a good request with a bad one behind it',
      () => `${GET}${authorized()}\r\nFROB\r\n\r\n`,
      [400],
    ],
    [
      'a body in chunks with extensions and trailers',
      () =>
        `${post('Transfer-Encoding: chunked', 'Connection: close')}2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n`,
      [400],
    ],
    ['a sender who hangs up first', () => (socket) => socket.end(`${GET}${authorized()}\r\n`), []],
  ];
  for (const [what, sends, statuses] of answered) {
    it(`are answered as they have to be: ${what}`, async () => {
      assert.deepEqual(await sent(sends()), statuses);
    });
  }

  it('are not waited for: nothing at all', async () => {
    assert.deepEqual(await sent(() => undefined), [408]);
  });
});

async function drip(socket: Socket, text: string): Promise<void> {
  for (const letter of text) {
    if (socket.destroyed) return;
    socket.write(letter);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
