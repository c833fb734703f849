/** What receivers can say beside 2xx, and what is then not sent to them. */
import assert from 'node:assert/strict';
import { startReceiver } from '../support/receiver.ts';
import type { Receiver } from '../support/receiver.ts';
import { createWebhookScene } from '../support/webhook-scene.ts';
import type { EndpointBody, WebhookScene } from '../support/webhook-scene.ts';
import { eventually } from './harness.ts';

describe('The messenger, told not to go on,', () => {
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

  const isOver = async () => (await scene.log(endpoint, '?status=pending')).length === 0;

  it('is told by 410 that nobody listens, and keeps what is owed until somebody does', async () => {
    receiver.answer(410);
    await scene.place();
    const lines = scene.lines.length;
    scene.messenger();
    await eventually(async () => (await scene.read(endpoint)).status === 'disabled');
    assert.equal((await scene.read(endpoint)).disabledReason, 'gone');
    const told = scene.lines.slice(lines).find(({ reason }) => reason === 'gone');
    assert.deepEqual(
      [told?.['msg'], told?.['endpointId'], told?.['tenantId']],
      ['the endpoint is disabled', endpoint.id, scene.acme.id],
    );
    const { length } = receiver.received;
    // What happens meanwhile waits, too.
    await scene.place();
    receiver.answer(204);
    await scene.messenger().stop();
    assert.equal(receiver.received.length, length);
    await scene.granted(scene.acme, 'PATCH', endpoint.links.self, { enabled: true });
    await eventually(isOver);
    assert.equal(new Set(receiver.ids()).size, 2);
  });

  it('disables no endpoint that was enabled again while it waited for its 410', async () => {
    const waiting: (() => void)[] = [];
    receiver.answer((_, answer) => void waiting.push(() => answer.writeHead(410).end()));
    await scene.place();
    await scene.place();
    scene.messenger({ scheduleSeconds: [3_600] });
    await eventually(() => waiting.length === 2);
    waiting[0]?.();
    await eventually(async () => (await scene.read(endpoint)).status === 'disabled');
    await scene.granted(scene.acme, 'PATCH', endpoint.links.self, { enabled: true });
    waiting[1]?.();
    const attempts = async () => (await scene.log(endpoint)).flatMap((one) => one.attempts);
    await eventually(async () => (await attempts()).length === 2);
    assert.equal((await scene.read(endpoint)).status, 'enabled');
  });

  it('disables an endpoint after days of nothing but failures, and not before', async () => {
    receiver.answer(503);
    await scene.place();
    const failFor = async (days: number) => {
      await scene.pool.query(
        `UPDATE webhook_endpoint SET failures = 3, failing_since = now() - $2::float8 * interval '1 day'
         WHERE id = $1`,
        [endpoint.id, days],
      );
      await scene.granted(scene.acme, 'POST', `${endpoint.links.self}/test`);
      const { length } = receiver.received;
      const messenger = scene.messenger({ scheduleSeconds: [3_600] });
      await eventually(() => receiver.received.length > length);
      await messenger.stop();
      return await scene.read(endpoint);
    };
    assert.equal((await failFor(4.9)).status, 'enabled');
    assert.equal((await failFor(5.1)).disabledReason, 'failing');
  });

  it('obeys Retry-After: nothing goes to that endpoint before', async () => {
    receiver.answer((_, answer) => answer.writeHead(429, { 'retry-after': '3600' }).end());
    await scene.place();
    const messenger = scene.messenger();
    await eventually(async () => (await scene.log(endpoint))[0]?.attempts.length === 1);
    await scene.place();
    const other = await startReceiver();
    const beside = await scene.endpoint(other.url);
    await scene.place();
    await eventually(() => other.received.length === 1);
    await messenger.stop();
    assert.equal(receiver.received.length, 1);
    const log = await scene.log(endpoint);
    const [held] = log.filter(({ attempts }) => attempts.length > 0);
    assert.ok(Date.parse(held?.nextAttemptAt ?? '') > Date.now() + 3_500_000);
    await scene.ask(scene.acme, 'DELETE', beside.links.self);
    await other.close();
  });
});
