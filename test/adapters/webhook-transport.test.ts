import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createTransport } from '../../src/adapters/webhooks/transport.ts';
import type { Resolve } from '../../src/adapters/webhooks/transport.ts';
import type { EventId } from '../../src/domain/event.ts';
import { startReceiver, verified } from '../support/receiver.ts';
import type { Receiver } from '../support/receiver.ts';

const secretOf = (word: string) => `whsec_${Buffer.alloc(32, word).toString('base64')}`;
const [NEW, OLD] = [secretOf('new'), secretOf('old')];
const ID: EventId = 'evt_01993b2f6c1e7f0aa3d58c41b7e09f62';

describe('A webhook on its way', () => {
  let receiver: Receiver;
  beforeEach(async () => (receiver = await startReceiver()));
  afterEach(() => receiver.close());

  const here = createTransport({ allowPrivate: true });
  after(() => here.close());

  const message = (url: string, change: object = {}) => ({
    url,
    id: ID,
    body: '{"type":"order.paid","name":"Ada – ☃"}',
    secrets: [NEW],
    ...change,
  });
  const never = new AbortController().signal;
  const send = (url = receiver.url, change: object = {}, timeoutMs = 5_000) =>
    here.send(message(url, change), { timeoutMs, signal: never });
  const got = (): Receiver['received'][number] => receiver.received.at(-1) ?? assert.fail();

  it('is one POST of JSON, byte for byte, that a Standard Webhooks library verifies', async () => {
    const { status, durationMs } = await send();
    assert.equal(status, 204);
    assert.ok(Number.isInteger(durationMs));
    assert.equal(got().headers['content-type'], 'application/json');
    assert.equal(got().id, ID);
    assert.equal(got().body, message('').body);
    assert.deepEqual(verified(NEW, got()), JSON.parse(message('').body));
    assert.throws(() => verified(OLD, got()));
    assert.throws(() => verified(NEW, { ...got(), body: got().body.replace('paid', 'done') }));
    const headers = { ...got().headers, 'webhook-id': 'evt_of_another' };
    assert.throws(() => verified(NEW, { ...got(), headers }));
  });

  it('has a signature of each secret while there are two', async () => {
    await send(receiver.url, { secrets: [NEW, OLD] });
    assert.equal(String(got().headers['webhook-signature']).split(' ').length, 2);
    verified(NEW, got());
    verified(OLD, got());
  });

  it('follows no redirect', async () => {
    const other = await startReceiver();
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.answer((_, answer) => answer.writeHead(status, { location: other.url }).end());
      assert.equal((await send()).status, status);
    }
    assert.equal(other.connections(), 0);
    await other.close();
  });

  it('waits for no longer than it may, for the answer and for its end', async () => {
    receiver.answer(() => undefined);
    assert.deepEqual((await send(receiver.url, {}, 50)).error, 'no answer in time');
    receiver.answer((_, answer) => void answer.writeHead(200).write('and so on'));
    const { status, answer } = await send(receiver.url, {}, 50);
    assert.deepEqual([status, answer], [200, 'and so on'], 'the status has decided');
  });

  it('reads no more of an answer than it may, and keeps the beginning, fit for a log', async () => {
    const endless = Buffer.alloc(1_024, 'x');
    let cutOff: () => void = () => undefined;
    const isCutOff = new Promise<void>((resolve) => (cutOff = resolve));
    receiver.answer((_, answer) => {
      answer.on('close', () => cutOff());
      const more = (): void => {
        if (!answer.destroyed) answer.write(endless, () => setImmediate(more));
      };
      answer.writeHead(500);
      more();
    });
    assert.equal((await send()).answer, 'x'.repeat(512));
    await isCutOff;
    receiver.answer((_, answer) => answer.writeHead(500).end(Buffer.from('a\0b\u001b[31m\xffc')));
    const { answer = '' } = await send();
    assert.doesNotMatch(answer, /\0|\u001b/);
  });

  it('tells what the receiver said of Retry-After', async () => {
    for (const [header, expected] of [
      ['7', 7_000],
      [new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    ] as const) {
      receiver.answer((_, answer) => answer.writeHead(429, { 'retry-after': header }).end());
      const { retryAfterMs = 0 } = await send();
      assert.ok(Math.abs(retryAfterMs - expected) <= 2_000, `${header}: ${retryAfterMs}`);
    }
  });

  it('that nobody listens for is told in a word', async () => {
    const { port } = receiver;
    await receiver.close();
    const { error, status } = await send(`http://127.0.0.1:${port}/`);
    assert.deepEqual([error, status], ['ECONNREFUSED', undefined]);
    receiver = await startReceiver();
  });

  it('goes on another connection where the one that was kept has been closed', async () => {
    assert.equal((await send()).status, 204);
    let resets = 0;
    receiver.answer((_, answer) => {
      if ((resets += 1) > 1) answer.writeHead(200).end();
      else answer.socket?.resetAndDestroy();
    });
    assert.equal((await send()).status, 200);
    assert.deepEqual(receiver.ids(), [ID, ID, ID], 'with the same ID');
  });

  it('ends without an outcome when the process does', async () => {
    receiver.answer(() => undefined);
    const stop = new AbortController();
    const sent = here.send(message(receiver.url), { timeoutMs: 5_000, signal: stop.signal });
    while (receiver.received.length === 0) await new Promise(setImmediate);
    stop.abort();
    await assert.rejects(sent);
  });

  describe('to where only we can reach', () => {
    const asked: string[] = [];
    let addresses: readonly LookupAddress[][] = [];
    const resolve: Resolve = (hostname, _, done) => {
      asked.push(hostname);
      done(null, addresses[Math.min(asked.length, addresses.length) - 1] ?? []);
    };
    const strict = createTransport({ allowPrivate: false, resolve });
    after(() => strict.close());
    beforeEach(() => void asked.splice(0));
    const sendTo = (url: string) => strict.send(message(url), { timeoutMs: 5_000, signal: never });
    const REFUSED = 'Must lead to a public address.';
    const local = { address: '127.0.0.1', family: 4 };
    const open = { address: '93.184.215.14', family: 4 };

    it('never leaves: not by what a name leads to', async () => {
      for (const found of [[local], [open, local], [{ address: '::ffff:7f00:1', family: 6 }]]) {
        addresses = [found];
        const { error } = await sendTo(`https://shop.example:${receiver.port}/`);
        assert.equal(error, REFUSED);
      }
      assert.equal(receiver.connections(), 0);
      assert.equal(asked.length, 3);
    });

    it('never leaves: not by a name that leads elsewhere the second time', async () => {
      addresses = [[open], [local]];
      const url = `https://rebind.example:${receiver.port}/`;
      assert.equal(strict.refusalOf(url), undefined);
      // Whoever had looked it up before would have found it public.
      resolve('rebind.example', { all: true }, (_, first) => assert.deepEqual(first, [open]));
      assert.equal((await sendTo(url)).error, REFUSED);
      assert.equal(receiver.connections(), 0);
    });

    for (const url of [
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://169.254.169.254/latest/meta-data/',
      'https://localhost/',
      'https://localhost./',
      'https://api.localhost/',
      'https://printer.local/',
      'https://metadata.google.internal/',
      'https://intranet/',
    ]) {
      it(`is refused before anything is asked: ${url}`, async () => {
        assert.equal(strict.refusalOf(url), REFUSED);
        assert.equal((await sendTo(url)).error, REFUSED);
        assert.deepEqual(asked, []);
      });
    }

    for (const [url, why] of [
      ['http://shop.example/', 'Must be an https URL.'],
      ['ftp://shop.example/', 'Must be an https URL.'],
      ['file:///etc/passwd', 'Must be an https URL.'],
      ['shop.example', 'Must be an https URL.'],
      ['', 'Must be an https URL.'],
      ['https://user:secret@shop.example/', 'Must not contain credentials.'],
      ['https://shop.example/#a', 'Must not contain a fragment.'],
    ] as const) {
      it(`is refused for its URL: ${url || 'nothing'}`, () =>
        assert.equal(strict.refusalOf(url), why));
    }

    it('is refused over http also where an earlier start had allowed it', async () => {
      assert.equal((await sendTo(receiver.url)).error, 'Must be an https URL.');
      assert.equal(receiver.connections(), 0);
    });
  });
});
