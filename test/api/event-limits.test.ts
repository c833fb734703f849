import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { EventStreamsOptions } from '../../src/api/event-stream.ts';
import { readStream } from '../support/event-stream.ts';
import type { ReadStream } from '../support/event-stream.ts';
import { countRows, createEventScene, serve, streamEnds } from '../support/event-scene.ts';
import { streaming, take, typesOf } from '../support/event-scene.ts';
import type { EventScene, ServedProcess } from '../support/event-scene.ts';
import { eventually } from './harness.ts';
import type { ProblemBody, Tenant } from './harness.ts';

describe('An API process', () => {
  let scene: EventScene;
  let at: ServedProcess;
  before(async () => (scene = await createEventScene()));
  after(() => scene.close());
  afterEach(() => at.close());

  const start = async (options: Omit<EventStreamsOptions, 'feed'>) => {
    at = await serve(scene.api.database.url, options);
  };
  const follow = async (id: string) => readStream(await scene.follow(id, { at }));

  it('that stops ends its streams with a word of when to come back, and they go on elsewhere', async () => {
    await start({});
    const id = await scene.place();
    const stream = await follow(id);
    const [seen] = await take(stream, 1);
    const rest = stream.rest();
    await at.feed.close();
    assert.deepEqual(await rest, []);
    assert.deepEqual(stream.comments, ['makegood', 'come back']);
    const [, retry = 0] = stream.retries;
    assert.ok(retry >= 200 && retry <= 3_000);
    assert.equal(streamEnds(at)[0]?.['why'], 'stopping');
    // Whoever asks it all the same is sent away, too.
    assert.deepEqual(await (await follow(id)).rest(), []);

    await scene.reject(id);
    const elsewhere = readStream(await scene.follow(id, { from: seen?.id }));
    assert.deepEqual(typesOf(await elsewhere.rest()), ['order.rejected']);
  });

  it('that has as many streams open as it takes refuses more, until one has ended', async () => {
    await start({ most: 2 });
    const [one, two] = [await scene.place(), await scene.place()];
    const [first, second] = [await follow(one), await follow(two)];
    await Promise.all([take(first, 1), take(second, 1)]);
    const refused = await scene.follow(one, { at });
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.has('retry-after'));
    assert.match(((await refused.json()) as ProblemBody).detail, /streams are open/);
    await scene.reject(one);
    await first.rest();
    const third = await follow(two);
    await take(third, 1);
    await Promise.all([second.cancel(), third.cancel()]);
  });

  it('keeps streams for others when one tenant would take them all', async () => {
    await start({ most: 10 });
    const { acme, globex } = scene.api;
    const open: ReadStream[] = [];
    const ask = async (tenant: Tenant, id: string) => {
      const path = `${at.url}/v1/orders/${id}/events`;
      const answer = await fetch(path, streaming(tenant));
      if (answer.status === 200) open.push(readStream(answer));
      return answer;
    };
    const [many, one] = [await scene.place(), await scene.place()];
    // Eight of ten are four times as many as the two that are free.
    for (let n = 0; n < 8; n += 1) assert.equal((await ask(acme, many)).status, 200);
    const refused = await ask(acme, many);
    assert.equal(refused.status, 429);
    assert.ok(refused.headers.has('retry-after'));
    assert.match(((await refused.json()) as ProblemBody).detail, /one tenant may/);

    assert.equal((await ask(globex, await scene.place(globex))).status, 200);
    assert.equal((await ask(acme, one)).status, 429);
    await open[0]?.cancel();
    await eventually(() => streamEnds(at).length === 1);
    assert.equal((await ask(acme, one)).status, 200);
    await Promise.all(open.map((stream) => stream.cancel()));
  });

  it('opens no stream for HEAD, which nobody would read', async () => {
    await start({ most: 1 });
    const path = `${at.url}/v1/orders/${await scene.place()}/events`;
    const init = streaming(scene.api.acme);
    const head = await fetch(path, { ...init, method: 'HEAD' });
    assert.equal(head.headers.get('content-type'), 'text/event-stream');
    const stream = readStream(await fetch(path, init));
    await take(stream, 1);
    await stream.cancel();
  });

  it('lets no stream grow older than it may, so that a revoked key loses it', async () => {
    await start({ heartbeatMs: 10, longestMs: 30 });
    const stream = await follow(await scene.place());
    assert.deepEqual(typesOf(await stream.rest()), ['order.accepted']);
    assert.equal(stream.comments.at(-1), 'come back');
    assert.equal(streamEnds(at)[0]?.['why'], 'too old');
  });

  it('cuts off a client that takes nothing, and has read little for it by then', async () => {
    await start({ heartbeatMs: 20 });
    const id = await scene.place();
    // 30 MB: more than the buffers at both ends of a connection hold.
    const many = 3_000;
    await scene.api.pool.query(
      `INSERT INTO order_event (order_id, sequence, id, type, data)
       SELECT $1, n, 'evt_many' || n, 'order.needs_operator', order_snapshot($1) ||
         jsonb_build_object('metadata', jsonb_build_object('k', repeat('x', 10000)))
       FROM generate_series(2, $2::integer) n`,
      [id, many],
    );
    const rowsRead = countRows('events_after');
    const { hostname, port } = new URL(at.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    socket.write(
      `GET /v1/orders/${id}/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n` +
        `Authorization: Bearer ${scene.api.acme.key}\r\n\r\n`,
    );
    await eventually(() => streamEnds(at).length > 0);
    assert.equal(streamEnds(at)[0]?.['why'], 'too slow');
    const read = rowsRead();
    assert.ok(read < many / 2, `${read} of ${many}`);
    socket.destroy();
  });
});
