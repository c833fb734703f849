import assert from 'node:assert/strict';
import { createClient, NoAnswerError, ProblemError } from '../../src/sdk/index.ts';
import { DEFAULT_RETRY } from '../../src/sdk/retry.ts';
import { createTransport } from '../../src/sdk/transport.ts';
import { validBody } from '../api/harness.ts';
import { badLine, failure, fakeClock, NOBODY, problem } from './support.ts';
import type { Fetch, Turn } from './support.ts';

const ACCEPTED = { id: 'ord_1', createdAt: '', amount: { value: '1', currency: 'EUR' }, links: {} };
const accepts: Fetch = () => Promise.resolve(Response.json(ACCEPTED, { status: 202 }));

describe('The client tries again', () => {
  /** A client on a line that goes by the script, and what it slept. */
  const on = (script: readonly Turn[], { random = 0.5, fetch = accepts, retry = {} } = {}) => {
    const clock = fakeClock(random);
    const line = badLine(script, fetch);
    const options = { baseUrl: 'https://shop.example/', apiKey: 'mg_key', retry };
    return { clock, ...line, client: createClient({ ...options, fetch: line.fetch }, clock) };
  };

  it('with the same key and the same body, however the answer fails to come', async () => {
    const { client, sent } = on([
      'lost',
      'answer lost',
      'answer cut',
      problem(503, 'temporarily-unavailable'),
      problem(409, 'idempotency-in-progress'),
    ]);
    const { idempotencyKey, order } = await client.orders.place(validBody());
    assert.equal(order.id, 'ord_1');
    assert.equal(sent.length, 6);
    assert.deepEqual([...new Set(sent.map(({ key }) => key))], [idempotencyKey]);
    assert.deepEqual([...new Set(sent.map(({ body }) => body))], [JSON.stringify(validBody())]);
  });

  it('with a new key for each call, unless it is given one', async () => {
    const { client, sent } = on([]);
    await client.orders.place(validBody());
    await client.orders.place(validBody());
    await client.orders.place(validBody(), { idempotencyKey: 'mine' });
    assert.equal(new Set(sent.map(({ key }) => key)).size, 3);
    assert.equal(sent[2]?.key, 'mine');
  });

  for (const status of [408, 429, 500, 502, 503, 504]) {
    it(`after ${status}`, async () => {
      const { client, sent } = on([problem(status, 'any')]);
      await client.orders.place(validBody());
      assert.equal(sent.length, 2);
    });
  }

  for (const [status, code] of [
    [400, 'invalid-request'],
    [401, 'unauthenticated'],
    [403, 'insufficient-scope'],
    [404, 'not-found'],
    [409, 'sold-out'],
    [422, 'idempotency-key-reused'],
  ] as const) {
    it(`but not after ${code}, which is an answer`, async () => {
      const { client, sent } = on([problem(status, code)]);
      const wrong = await failure(client.orders.place(validBody()));
      assert.ok(wrong instanceof ProblemError);
      assert.deepEqual([wrong.code, wrong.status, wrong.requestId], [code, status, 'req_1']);
      assert.equal(sent.length, 1);
    });
  }

  it('after pauses of anything up to a ceiling that doubles up to a limit', async () => {
    const script: Turn[] = ['lost', 'lost', 'lost', 'lost', 'lost'];
    const retry = { firstPauseMs: 100, longestPauseMs: 500 };
    for (const [random, pauses] of [
      [0, [0, 0, 0, 0, 0]],
      [0.5, [50, 100, 200, 250, 250]],
      [0.999, [99.9, 199.8, 399.6, 499.5, 499.5]],
    ] as const) {
      const { client, clock } = on(script, { random, retry });
      await client.orders.get('ord_1');
      assert.deepEqual(clock.slept, pauses);
    }
  });

  it('not before Retry-After, in seconds or as a date, and not all at once then', async () => {
    const date = 'Sat, 21 Nov 2026 12:00:07 GMT';
    for (const [headers, least] of [
      [{ 'Retry-After': '2' }, 2_000],
      [{ 'Retry-After': date }, 7_000],
      // By the clock of who sent it.
      [{ 'Retry-After': date, Date: 'Sat, 21 Nov 2026 12:00:04 GMT' }, 3_000],
      [{ 'Retry-After': 'soon' }, 0],
    ] as const) {
      const answer = problem(429, 'quota-exceeded', headers);
      const { client, clock } = on([answer], { retry: { firstPauseMs: 100 } });
      await client.orders.place(validBody());
      assert.deepEqual(clock.slept, [least + 50]);
    }
  });

  it('so often and so long at most', async () => {
    const often = on([], { fetch: NOBODY, retry: { attempts: 3 } });
    await failure(often.client.orders.get('ord_1'));
    assert.equal(often.sent.length, 3);
    const long = on([problem(429, 'quota-exceeded', { 'Retry-After': '90' })]);
    const wrong = await failure(long.client.orders.place(validBody()));
    assert.ok(wrong instanceof ProblemError);
    assert.equal(wrong.retryAfterMs, 90_000);
    assert.equal(long.sent.length, 1);
  });

  it('when nothing comes for too long', async () => {
    const silent: Fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      });
    const { client, clock, sent } = on([], { fetch: silent, retry: { attempts: 2 } });
    const failed = failure(client.orders.place(validBody()));
    while (sent.length < 2) {
      clock.expire();
      await Promise.resolve();
    }
    clock.expire();
    assert.match(String(await failed), /nothing came within 10000 ms/);
  });

  it('never a POST without a key', async () => {
    const { fetch, sent } = badLine([], NOBODY);
    const send = createTransport({ fetch, retry: DEFAULT_RETRY, clock: fakeClock() });
    await assert.rejects(send('https://shop.example/', { method: 'POST' }), NoAnswerError);
    assert.equal(sent.length, 1);
  });
});

describe('Who gets no answer', () => {
  const on = (script: readonly Turn[], fetch = NOBODY) =>
    createClient(
      {
        baseUrl: 'https://shop.example',
        apiKey: 'mg_key',
        fetch: badLine(script, fetch).fetch,
        retry: { attempts: 2 },
      },
      fakeClock(),
    );
  const place = (script: readonly Turn[], fetch = NOBODY) =>
    failure(on(script, fetch).orders.place(validBody(), { idempotencyKey: 'mine' }));

  it('gets the key, with which to ask again', async () => {
    const wrong = await place([]);
    assert.ok(wrong instanceof NoAnswerError);
    assert.equal(wrong.idempotencyKey, 'mine');
    assert.equal(wrong.attempts, 2);
    assert.match(wrong.message, /mine/);
  });

  for (const code of ['temporarily-unavailable', 'internal'] as const) {
    it(`also where the last answer is ${code}: nobody knows what took effect`, async () => {
      const wrong = await place([problem(503, code), problem(503, code)]);
      assert.ok(wrong instanceof NoAnswerError);
      assert.equal(wrong.idempotencyKey, 'mine');
      assert.ok(wrong.cause instanceof ProblemError);
    });
  }

  it('also where a lost answer is followed by one that says nothing of it', async () => {
    for (const silent of [
      problem(401, 'unauthenticated'),
      problem(429, 'quota-exceeded'),
      new Response('<h1>Not here</h1>', { status: 404 }),
    ]) {
      const wrong = await place(['answer lost', silent], accepts);
      assert.ok(wrong instanceof NoAnswerError, String(wrong));
    }
  });

  it('is told no where that is about every try with the key', async () => {
    const wrong = await place(['lost', problem(409, 'sold-out')]);
    assert.ok(wrong instanceof ProblemError);
  });

  it('gets the key as well when it gives up waiting itself, once something was sent', async () => {
    const giveUp = new AbortController();
    const fetch: Fetch = () => {
      giveUp.abort(new Error('enough'));
      return Promise.reject(new TypeError('fetch failed'));
    };
    const call = { idempotencyKey: 'mine', signal: giveUp.signal };
    const wrong = await failure(on([], fetch).orders.place(validBody(), call));
    assert.ok(wrong instanceof NoAnswerError);
    // Nothing was sent this time, and a read changes nothing.
    const again = await failure(on([], fetch).orders.place(validBody(), call));
    assert.equal(String(again), 'Error: enough');
    const read = await failure(on([], fetch).orders.get('ord_1', { signal: giveUp.signal }));
    assert.equal(String(read), 'Error: enough');
  });
});
