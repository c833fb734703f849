import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { eventually } from '../api/harness.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import type { Fault, TcpProxy } from './tcp-proxy.ts';

describe('The TCP proxy', () => {
  let server: Server;
  let proxy: TcpProxy;
  /** What the server heard, and how each connection ended, in the order of their coming. */
  let heard: { text: string; end?: string }[];
  before(async () => {
    heard = [];
    server = createServer((socket) => {
      const one: (typeof heard)[number] = { text: '' };
      heard.push(one);
      socket.on('data', (chunk: Buffer) => {
        one.text += chunk.toString();
        socket.write(`<${chunk.toString()}>`);
      });
      socket.on('error', (error) => (one.end = 'code' in error ? String(error.code) : 'error'));
      socket.on('close', () => (one.end ??= 'ended'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { address: host, port } = server.address() as AddressInfo;
    proxy = await startTcpProxy({ host, port });
  });
  afterEach(() => proxy.heal());
  after(async () => {
    await proxy.close();
    server.close();
  });

  const open = async () => {
    const socket = connect(proxy.port, proxy.host);
    await once(socket, 'connect');
    const one = {
      socket,
      read: '',
      end: undefined as string | undefined,
      /** Says it, and waits for the echo. */
      async ask(word: string) {
        socket.write(word);
        await eventually(() => one.read.endsWith(`<${word}>`));
      },
      ended: () => eventually(() => one.end !== undefined),
    };
    socket.on('data', (chunk: Buffer) => (one.read += chunk.toString()));
    socket.on('error', (error) => (one.end = 'code' in error ? String(error.code) : 'error'));
    socket.on('close', () => (one.end ??= 'ended'));
    await one.ask('hello');
    return Object.assign(one, { said: heard.at(-1) ?? assert.fail('nobody came') });
  };
  /** Breaks a connection in mid-sentence. */
  const broken = async (fault: Fault) => {
    const one = await open();
    proxy.inject(fault);
    one.socket.write('abcdef');
    await one.ended();
    await eventually(() => one.said.end !== undefined);
    return {
      client: one.end,
      read: one.read,
      server: one.said.end,
      said: one.said.text,
    };
  };

  it('lets everything pass, and gives any URL by way of itself', async () => {
    const one = await open();
    const long = 'x'.repeat(1_000_000);
    one.socket.end(long);
    await one.ended();
    assert.equal(one.said.text, `hello${long}`);
    assert.equal(one.end, 'ended');
    const url = proxy.through('postgres://me:pw@127.0.0.1:5432/books');
    assert.equal(url, `postgres://me:pw@127.0.0.1:${proxy.port}/books`);
  });

  it('cuts what the client hears after so many bytes', async () => {
    const hits = proxy.hits();
    assert.deepEqual(await broken({ direction: 'down', kind: 'cut', afterBytes: 3 }), {
      client: 'ended',
      read: '<hello><ab',
      server: 'ended',
      said: 'helloabcdef',
    });
    assert.equal(proxy.hits(), hits + 1);
  });

  it('cuts what the client says after so many bytes', async () => {
    const { client, server, said } = await broken({ direction: 'up', kind: 'cut', afterBytes: 2 });
    assert.deepEqual([client, server, said], ['ended', 'ended', 'helloab']);
  });

  it('resets a connection, so that both ends see it break', async () => {
    const { client, server } = await broken({ direction: 'down', kind: 'reset' });
    assert.deepEqual([client, server], ['ECONNRESET', 'ECONNRESET']);
  });

  it('swallows one direction in silence, and lets what is new pass once it is healed', async () => {
    const one = await open();
    for (const direction of ['up', 'down'] as const) {
      const hits = proxy.hits();
      proxy.inject({ direction, kind: 'black-hole' });
      one.socket.write(direction);
      await eventually(() => proxy.hits() === hits + 1);
      proxy.heal();
    }
    await one.ask('again');
    assert.equal(one.read, '<hello><again>');
    assert.equal(one.said.text, 'hellodownagain');
  });

  it('begins once the client has said a word, and hits only so many connections', async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    const hits = proxy.hits();
    proxy.inject({ direction: 'down', kind: 'cut', once: 'COMMIT', times: 2 });
    await one.ask('BEGIN');
    for (const hit of [one, two]) {
      hit.socket.write('COMMIT');
      await hit.ended();
    }
    assert.deepEqual([one.said.text, two.said.text], ['helloBEGINCOMMIT', 'helloCOMMIT']);
    assert.deepEqual([one.read, two.read], ['<hello><BEGIN>', '<hello>']);
    await three.ask('COMMIT');
    assert.equal(proxy.hits(), hits + 2);
  });

  it('takes its time, each way and for every chunk, and keeps the order', async () => {
    const one = await open();
    proxy.slow({ delayMs: 50, jitterMs: 100 });
    const words = Array.from({ length: 20 }, (_, n) => `${n};`);
    const asked = performance.now();
    for (const word of words) {
      one.socket.write(word);
      await new Promise(setImmediate);
    }
    await eventually(() => one.said.text === `hello${words.join('')}`);
    await eventually(() => one.read.replace(/[<>]/g, '') === `hello${words.join('')}`);
    assert.ok(performance.now() - asked >= 100);
  });

  it('breaks the other end off when one has broken off', async () => {
    const one = await open();
    one.socket.resetAndDestroy();
    await eventually(() => one.said.end === 'ECONNRESET');
  });
});
