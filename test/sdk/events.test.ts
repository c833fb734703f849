import assert from 'node:assert/strict';
import { createClient, NoAnswerError, ProblemError } from '../../src/sdk/index.ts';
import { failure, fakeClock, problem } from './support.ts';
import type { Fetch } from './support.ts';

const STATUSES = ['accepted', 'reserved', 'authorized', 'paid', 'shipped', 'completed'];

/** An event as the API frames it. */
function frame(sequence: number, status = STATUSES[sequence - 1] ?? 'completed'): string {
  const event = { id: `evt_${sequence}`, type: `order.${status}`, sequence, data: { status } };
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

const frames = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => frame(from + n)).join('');

/** Sent in these pieces; then it ends, is cut, or stays open without a word. */
function stream(pieces: readonly string[], end: 'ends' | 'is cut' | 'stays' = 'ends'): Response {
  const chunks = pieces.map((piece) => Buffer.from(piece, 'latin1'));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      else if (end === 'ends') controller.close();
      else if (end === 'is cut') controller.error(new TypeError('terminated'));
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });
}

const OVER = () => new Response(null, { status: 204 });

describe('The client follows an order', () => {
  /** Each connection gets the next answer; the order is as told when it is asked for. */
  const on = (answers: readonly Response[], status = 'accepted') => {
    const clock = fakeClock();
    const left = [...answers];
    const asked: (string | null)[] = [];
    const fetch: Fetch = (url, init) => {
      if (!url.endsWith('/events')) return Promise.resolve(Response.json({ status }));
      const headers = new Headers(init.headers);
      assert.equal(headers.get('accept'), 'text/event-stream');
      assert.equal(headers.get('authorization'), 'Bearer mg_key');
      asked.push(headers.get('last-event-id'));
      const answer = left.shift();
      return answer ? Promise.resolve(answer) : Promise.reject(new TypeError('fetch failed'));
    };
    const options = { baseUrl: 'https://shop.example/v', apiKey: 'mg_key', fetch };
    const { events } = createClient(options, clock);
    const follow = async (after?: string): Promise<number[]> => {
      const seen: number[] = [];
      for await (const { sequence } of events.follow('ord_1', { after })) seen.push(sequence);
      return seen;
    };
    return { clock, asked, events, follow };
  };

  it('from the first event to the last, and ends', async () => {
    const { follow, asked } = on([stream([frames(1, 6)]), OVER()]);
    assert.deepEqual(await follow(), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(asked, [null, 'evt_6']);
  });

  it('after the event that it is told to', async () => {
    const { follow, asked } = on([stream([frames(5, 6)]), OVER()]);
    assert.deepEqual(await follow('evt_4'), [5, 6]);
    assert.equal(asked[0], 'evt_4');
  });

  it('on where the stream was cut, without a gap and without a repeat', async () => {
    const half = frame(3).slice(0, 30);
    const { follow, asked } = on([
      stream([frames(1, 2), half], 'is cut'),
      problem(503, 'temporarily-unavailable', { 'Retry-After': '1' }),
      stream([frames(2, 4), half]),
      stream([frames(5, 6)]),
      OVER(),
    ]);
    assert.deepEqual(await follow(), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(asked, [null, 'evt_2', 'evt_2', 'evt_4', 'evt_6']);
  });

  it('wherever the pieces are cut, also inside of a character or a line end', async () => {
    const event = {
      id: 'evt_1',
      sequence: 1,
      note: 'Mülhäuser, 東京',
      data: { status: 'completed' },
    };
    const data = JSON.stringify(event, undefined, 1).replaceAll('\n', '\r\ndata: ');
    const text = `: beat\r\n\r\nid: evt_1\r\ndata: ${data}\r\n\r\n`;
    const bytes = Buffer.from(text).toString('latin1');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const { events } = on([stream([bytes.slice(0, cut), bytes.slice(cut)]), OVER()]);
      const seen: unknown[] = [];
      for await (const one of events.follow('ord_1')) seen.push(one);
      assert.deepEqual(seen, [event], `cut at ${cut}`);
    }
  });

  it('to the last event where the stream ended before it, and only then', async () => {
    // The order ends between the end of a stream and the question whether it has ended.
    const { follow } = on(
      [stream([': beat\n\n']), stream([frame(1, 'rejected')]), stream([])],
      'rejected',
    );
    assert.deepEqual(await follow(), [1]);
  });

  it('past the end of its checkout, for as long as there are events', async () => {
    const { follow } = on([
      stream([frames(1, 6)]),
      stream([frame(7, 'completed')], 'is cut'),
      stream([frame(8, 'completed')]),
      stream([frame(9, 'refunded')]),
      OVER(),
    ]);
    assert.deepEqual((await follow()).slice(-4), [6, 7, 8, 9]);
  });

  it('anew where nothing comes any more, not even a heartbeat', async () => {
    const { clock, events, asked } = on([
      stream([frames(1, 2)], 'stays'),
      stream([frames(3, 6)]),
      OVER(),
    ]);
    const iterator = events.follow('ord_1')[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const third = iterator.next();
    while (asked.length < 2) {
      clock.expire();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(((await third).value as { sequence: number }).sequence, 3);
    assert.equal(asked[1], 'evt_2');
  });

  it('back as soon as the API asks it to, and not all at once', async () => {
    const { clock, follow } = on([
      stream([frames(1, 2), ': come back\nretry: 1700\n\n']),
      stream([frames(3, 6)]),
      OVER(),
    ]);
    await follow();
    // Half of the 500 ms that chance has.
    assert.deepEqual(clock.slept, [1_950]);
  });

  it('until it has failed often enough in a row', async () => {
    const { follow, asked } = on([stream([frames(1, 2)], 'is cut')]);
    const wrong = await failure(follow());
    assert.ok(wrong instanceof NoAnswerError);
    assert.equal(asked.length, 1 + 6);
  });

  it('not where the API says no', async () => {
    const { follow, asked } = on([problem(404, 'not-found')]);
    const wrong = await failure(follow());
    assert.ok(wrong instanceof ProblemError && wrong.code === 'not-found');
    assert.equal(asked.length, 1);
  });

  it('until its signal aborts, or its iteration is left', async () => {
    const enough = new AbortController();
    const { events } = on([stream([frames(1, 2)], 'stays'), stream([frames(1, 2)], 'stays')]);
    const following = async () => {
      for await (const { sequence } of events.follow('ord_1', { signal: enough.signal }))
        if (sequence === 2) setImmediate(() => enough.abort(new Error('enough')));
    };
    assert.equal(String(await failure(following())), 'Error: enough');
    for await (const { sequence } of events.follow('ord_1')) if (sequence === 2) break;
  });
});
