import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver, verified } from '../support/receiver.ts';
import type { Receiver } from '../support/receiver.ts';
import { createWebhookScene, owe } from '../support/webhook-scene.ts';
import type { EndpointBody, WebhookScene } from '../support/webhook-scene.ts';
import { eventually, getOf } from './harness.ts';

describe('The messenger', () => {
  let scene: WebhookScene;
  let receiver: Receiver;
  let endpoint: EndpointBody;
  before(async () => (scene = await createWebhookScene()));
  after(() => scene.close());
  beforeEach(async () => {
    receiver = await startReceiver();
    endpoint = await scene.endpoint(receiver.url);
  });
  afterEach(async () => {
    await scene.stopAll();
    await scene.ask(scene.acme, 'DELETE', endpoint.links.self);
    await receiver.close();
  });

  const eventsOf = async (path: string) => {
    const answer = await scene.app.request(`${path}/events?limit=100`, getOf(scene.acme));
    return ((await answer.json()) as { data: { id: string; sequence: number }[] }).data;
  };
  const statusesOf = async (id: string) => {
    const log = await scene.log(endpoint);
    return log.find(({ eventId }) => eventId === id)?.attempts.map(({ status }) => status);
  };
  const isOver = async () => (await scene.log(endpoint, '?status=pending')).length === 0;

  it('sends each event as its order’s page has it, signed, once', async () => {
    const order = await scene.completed();
    scene.messenger();
    await eventually(isOver);
    const events = await eventsOf(order.links.self);
    assert.equal(events.length, 6);
    const sorted = receiver.received
      .map((one) => verified(endpoint.secret, one) as { id: string; sequence: number })
      .sort((one, other) => one.sequence - other.sequence);
    assert.deepEqual(sorted, events);
    assert.deepEqual(receiver.ids().sort(), events.map(({ id }) => id).sort());
    for (const { id, body } of receiver.received) {
      assert.equal(body, JSON.stringify(events.find((event) => event.id === id)));
    }
    const log = await scene.log(endpoint);
    assert.ok(log.every(({ status, attempts }) => status === 'delivered' && attempts.length === 1));
  });

  it('goes on as long as something is owed, however rarely it looks when nothing is', async () => {
    for (let n = 0; n < 20; n += 1) await scene.place();
    scene.messenger({ everyMs: 3_600_000 });
    await eventually(isOver);
    assert.equal(receiver.received.length, 20);
  });

  it('sends the types that were asked for, to the tenant whose order it is', async () => {
    const [other, some] = [await startReceiver(), await startReceiver()];
    const foreign = await scene.endpoint(other.url, {}, scene.globex);
    const few = await scene.endpoint(some.url, { eventTypes: ['order.paid'] });
    await scene.completed();
    scene.messenger();
    await eventually(async () => (await isOver()) && some.received.length > 0);
    assert.equal(other.received.length, 0);
    const types = some.received.map((one) => (verified(few.secret, one) as { type: string }).type);
    assert.deepEqual(types, ['order.paid']);
    await scene.ask(scene.globex, 'DELETE', foreign.links.self);
    await scene.ask(scene.acme, 'DELETE', few.links.self);
    await Promise.all([other.close(), some.close()]);
  });

  it('tries again with the same ID, and tells each attempt, until it is taken (F38)', async () => {
    const answers = [500, 302, 429, 404];
    receiver.answer((_, answer) => answer.writeHead(answers.shift() ?? 200).end('said so'));
    await scene.place();
    scene.messenger();
    await eventually(isOver);
    const [id = ''] = receiver.ids();
    assert.deepEqual(receiver.ids(), [id, id, id, id, id]);
    for (const one of receiver.received) verified(endpoint.secret, one);
    assert.deepEqual(await statusesOf(id), [500, 302, 429, 404, 200]);
    const [delivery] = await scene.log(endpoint);
    assert.equal(delivery?.attempts[0]?.answer, 'said so');
    assert.equal((await scene.read(endpoint)).failingSince, undefined, 'it is forgiven');
  });

  it('gives up when the schedule is at its end, until it is sent again by hand', async () => {
    receiver.answer(500);
    await scene.place();
    scene.messenger();
    const failed = () => scene.log(endpoint, '?status=failed');
    await eventually(async () => (await failed()).length === 1);
    assert.equal(receiver.received.length, 5);
    receiver.answer(204);
    const [delivery] = await failed();
    await scene.granted(scene.acme, 'POST', `${delivery?.links.self ?? ''}/resend`);
    await eventually(async () => (await scene.log(endpoint, '?status=delivered')).length === 1);
    assert.equal(new Set(receiver.ids()).size, 1, 'under the same ID');
    // Whatever became of it before.
    await scene.granted(scene.acme, 'POST', `${delivery?.links.self ?? ''}/resend`);
    await eventually(() => receiver.received.length === 7);
  });

  it('sends again by hand all that has failed since a time, and nothing else', async () => {
    receiver.answer(500);
    await scene.completed();
    const first = scene.messenger({ scheduleSeconds: [] });
    await eventually(async () => (await scene.log(endpoint, '?status=failed')).length === 6);
    await first.stop();
    const [newest] = await scene.log(endpoint);
    const resend = (since: string) =>
      scene.granted<{ count: number }>(scene.acme, 'POST', `${endpoint.links.self}/resend`, {
        since,
      });
    const later = new Date(Date.now() + 60_000).toISOString();
    assert.deepEqual(await resend(later), { count: 0 });
    await scene.pool.query(
      `UPDATE webhook_delivery SET state = 'delivered' WHERE event_id = $1 AND endpoint_id = $2`,
      [newest?.eventId, endpoint.id],
    );
    assert.deepEqual(await resend('2026-01-01T00:00:00+01:00'), { count: 5 });
    receiver.received.splice(0);
    receiver.answer(204);
    scene.messenger();
    await eventually(isOver);
    assert.equal(receiver.received.length, 5);
  });

  it('signs with both secrets for as long as a rotation says, and then with the new one', async () => {
    const rotate = (overlapSeconds?: number) =>
      scene.granted<EndpointBody>(scene.acme, 'POST', `${endpoint.links.self}/rotate-secret`, {
        overlapSeconds,
      });
    scene.messenger();
    const next = async () => {
      const { length } = receiver.received;
      await scene.granted(scene.acme, 'POST', `${endpoint.links.self}/test`);
      await eventually(() => receiver.received.length > length);
      return receiver.received.at(-1) ?? assert.fail();
    };
    const second = await rotate();
    assert.ok(second.previousSecretUntil);
    const both = await next();
    verified(endpoint.secret, both);
    verified(second.secret, both);
    const third = await rotate(0);
    const one = await next();
    verified(third.secret, one);
    for (const old of [endpoint, second]) assert.throws(() => verified(old.secret, one));
  });

  it('sends an event again whose answer was lost, under the same ID (F39)', async () => {
    let isFirst = true;
    receiver.answer((_, answer) => {
      if (isFirst) answer.socket?.destroy();
      else answer.writeHead(200).end();
      isFirst = false;
    });
    await scene.place();
    scene.messenger();
    await eventually(isOver);
    const [id = ''] = receiver.ids();
    assert.deepEqual(receiver.ids(), [id, id]);
    assert.deepEqual(await statusesOf(id), [undefined, 200]);
  });

  it('lets no slow endpoint hold up another, whatever is owed to it (F40)', async () => {
    const slow = await startReceiver(() => undefined);
    const hanging = await scene.endpoint(slow.url);
    const owed = { endpointId: hanging.id, tenantId: scene.acme.id };
    await owe(scene.pool, { ...owed, count: 10_000 });
    scene.messenger({ timeoutSeconds: 30 });
    await eventually(() => slow.received.length === 8);
    for (let n = 0; n < 20; n += 1) await scene.place();
    await eventually(isOver);
    assert.equal(receiver.received.length, 20);
    assert.equal(slow.received.length, 8, 'so many at a time, and no more');
    await scene.ask(scene.acme, 'DELETE', hanging.links.self);
    await slow.close();
  });

  it('takes up what a process left behind when its lease is over, under the same ID', async () => {
    await scene.place();
    const options = { busy: new Map(), most: 10, perEndpoint: 8 };
    const lent = await scene.queue.claim({ ...options, leaseMs: 1 });
    assert.equal(lent.length, 1);
    await sleep(2);
    const again = await scene.queue.claim({ ...options, leaseMs: 60_000 });
    assert.deepEqual(
      again.map(({ eventId }) => eventId),
      lent.map(({ eventId }) => eventId),
    );
    assert.deepEqual(await scene.queue.claim({ ...options, leaseMs: 60_000 }), []);
    // Both speak in the end: what is delivered stays so.
    const [delivery] = lent;
    assert.ok(delivery);
    const said = { at: new Date().toISOString(), durationMs: 1 };
    const verdict = { waitMs: 0, holdMs: 0, isGone: false };
    await scene.queue.record(delivery, said, { ...verdict, outcome: 'delivered' }, 5);
    await scene.queue.record(delivery, said, { ...verdict, outcome: 'failed' }, 5);
    await scene.queue.record(delivery, said, { ...verdict, outcome: 'pending' }, 5);
    assert.deepEqual(
      (await scene.log(endpoint)).map(({ status }) => status),
      ['delivered'],
    );
  });
});
