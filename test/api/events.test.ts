import assert from 'node:assert/strict';
import { readStream } from '../support/event-stream.ts';
import type { Frame } from '../support/event-stream.ts';
import { countRows, createEventScene, SMOOTH, streamEnds } from '../support/event-scene.ts';
import { streaming, take, TOTAL, typesOf } from '../support/event-scene.ts';
import type { EventScene } from '../support/event-scene.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';
import { eventually, postOf } from './harness.ts';
import type { ProblemBody } from './harness.ts';

describe('A stream of an order’s events', () => {
  let scene: EventScene;
  before(async () => (scene = await createEventScene({ heartbeatMs: 20 })));
  after(() => scene.close());

  const follow = async (...asked: Parameters<EventScene['follow']>) =>
    readStream(await scene.follow(...asked));
  const refund = async (id: string, body: object) => {
    const path = `/v1/orders/${id}/refunds`;
    const answer = await scene.api.app.request(path, postOf(scene.api.acme, { body }));
    return ((await answer.json()) as { id: string }).id;
  };
  const payBack = (refundId: string) =>
    scene.api.pool.query('SELECT record_refund_succeeded($1, $1)', [refundId]);

  it('brings them one by one as they happen, and ends with the last', async () => {
    const { book } = scene.api;
    const id = await scene.place();
    const stream = await follow(id);
    assert.deepEqual(typesOf(await take(stream, 1)), ['order.accepted']);
    await bookPaid(book, id, TOTAL);
    const paid = await take(stream, 3);
    assert.deepEqual(typesOf(paid), SMOOTH.slice(1, 4));
    assert.equal(paid[2]?.data.data.status, 'paid');
    assert.equal(paid[2].id, paid[2].data.id);
    await book.recordShipment(id, 'MG1');
    await book.recordReceipt(id);
    assert.deepEqual(typesOf(await stream.rest()), SMOOTH.slice(4));
  });

  it('says at once that it is open, and how soon to come back', async () => {
    const stream = await follow(await scene.completed());
    await stream.rest();
    assert.deepEqual(stream.comments, ['makegood']);
    assert.deepEqual(stream.retries, [1000]);
  });

  it('goes on after each event that a client may have seen, at either process', async () => {
    const id = await scene.completed();
    const all = await (await follow(id)).rest();
    for (const at of [scene.first, scene.second]) {
      for (const [seen, { id: from }] of all.slice(0, -1).entries()) {
        assert.deepEqual(await (await follow(id, { from, at })).rest(), all.slice(seen + 1));
      }
    }
  });

  it('loses and repeats none when it is cut after each, and taken up at the other process', async () => {
    const id = await scene.place();
    const seen: Frame[] = [];
    const walk = bookCompleted(scene.api.book, id, TOTAL);
    while (seen.length < SMOOTH.length) {
      const client = new AbortController();
      const at = seen.length % 2 === 0 ? scene.first : scene.second;
      const stream = await follow(id, { from: seen.at(-1)?.id, at, signal: client.signal });
      seen.push(...(await take(stream, 1)));
      client.abort();
    }
    await walk;
    assert.deepEqual(typesOf(seen), SMOOTH);
    const sequences = seen.map(({ data }) => data.sequence);
    assert.deepEqual(sequences, [1, 2, 3, 4, 5, 6]);
  });

  it('is not opened when nothing follows what was seen last: 204', async () => {
    const id = await scene.completed();
    const last = (await (await follow(id)).rest()).at(-1);
    assert.equal((await scene.follow(id, { from: last?.id })).status, 204);
  });

  it('stays open while a refund is under way, and begins anew with a later one', async () => {
    const id = await scene.completed();
    const part = await refund(id, { amount: { value: '48', currency: 'EUR' } });
    const stream = await follow(id);
    const frames = await take(stream, SMOOTH.length + 1);
    assert.deepEqual(typesOf(frames), [...SMOOTH, 'refund.requested']);
    assert.equal(frames.at(-1)?.data.refundId, part);
    await payBack(part);
    const ending = await stream.rest();
    assert.deepEqual(typesOf(ending), ['refund.succeeded']);

    const from = ending[0]?.id;
    assert.equal((await scene.follow(id, { from })).status, 204);
    const rest = await refund(id, {});
    const again = await follow(id, { from });
    await take(again, 1);
    await payBack(rest);
    assert.deepEqual(typesOf(await again.rest()), ['refund.succeeded', 'order.refunded']);
  });

  it('refuses by name an event that is not of this order, whoever has it', async () => {
    const id = await scene.place();
    const others = [await scene.completed(), await scene.place(scene.api.globex)];
    const { rows } = await scene.api.pool.query<{ id: string }>(
      'SELECT id FROM order_event WHERE order_id = ANY ($1) AND sequence = 1',
      [others],
    );
    assert.equal(rows.length, 2);
    for (const from of [...rows.map((row) => row.id), 'evt_x', '3', 'é'.repeat(300)]) {
      const answer = await scene.api.app.request(
        `/v1/orders/${id}/events`,
        streaming(scene.api.acme, from),
      );
      assert.equal(answer.status, 400);
      const detail = 'Must be the ID of an event of this order.';
      const { errors } = (await answer.json()) as ProblemBody;
      assert.deepEqual(errors, [{ field: 'Last-Event-ID', detail }]);
    }
  });

  it('begins at the start for a client that has seen none', async () => {
    const stream = await follow(await scene.completed(), { from: '' });
    assert.equal((await stream.rest()).length, SMOOTH.length);
  });

  it('sends a comment while nothing happens', async () => {
    const id = await scene.place();
    const stream = await follow(id, { at: scene.second });
    const rest = stream.rest();
    await eventually(() => stream.comments.filter((text) => text === 'still here').length > 2);
    await scene.reject(id);
    assert.deepEqual(typesOf(await rest), ['order.accepted', 'order.rejected']);
  });

  it('hears of an event whose notification was lost', async () => {
    const id = await scene.place();
    const stream = await follow(id);
    await take(stream, 1);
    await scene.api.pool.query(`SELECT begin_unwind($1, 'out-of-stock')`, [id]);
    await scene.api.pool.query('SELECT close_order($1)', [id]);
    assert.deepEqual(typesOf(await stream.rest()), ['order.rejected']);
  });

  it('outlives the connection that its process listens on', async () => {
    const id = await scene.place();
    const stream = await follow(id);
    await take(stream, 1);
    const { rowCount } = await scene.api.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'makegood-feed' AND datname = current_database()`,
    );
    assert.ok(rowCount);
    await scene.reject(id);
    assert.deepEqual(typesOf(await stream.rest()), ['order.rejected']);
  });

  it('is complete when there is more than one read takes', async () => {
    const id = await scene.completed();
    await scene.api.pool.query(
      `SELECT append_event($1, 'order.needs_operator') FROM generate_series(1, 70)`,
      [id],
    );
    const streams = [await follow(id), await follow(id, { at: scene.second }), await follow(id)];
    for (const stream of streams) {
      const sequences = (await stream.rest()).map(({ data }) => data.sequence);
      const all = Array.from({ length: SMOOTH.length + 70 }, (_, index) => index + 1);
      assert.deepEqual(sequences, all);
    }
  });

  it('costs no read of its own when there are 50 of one order', async () => {
    const id = await scene.place();
    const streams = await Promise.all(Array.from({ length: 50 }, () => follow(id)));
    await Promise.all(streams.map((stream) => take(stream, 1)));
    const rowsRead = countRows('events_after');
    await bookPaid(scene.api.book, id, TOTAL);
    const taken = await Promise.all(streams.map((stream) => take(stream, 3)));
    assert.equal(rowsRead(), 3);
    // Whoever came first has read nothing twice on behalf of those that came later.
    for (const frames of taken) assert.deepEqual(typesOf(frames), SMOOTH.slice(1, 4));
    await Promise.all(streams.map((stream) => stream.cancel()));
  });

  it('leaves nothing behind when its client goes', async () => {
    const known = streamEnds(scene.first).length;
    const client = new AbortController();
    const stream = await follow(await scene.place(), { signal: client.signal });
    await take(stream, 1);
    client.abort();
    await eventually(() => streamEnds(scene.first).length > known);
    const line = streamEnds(scene.first).at(-1);
    assert.deepEqual([line?.['why'], line?.['events']], ['left', 1]);
  });
});
