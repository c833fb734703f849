import assert from 'node:assert/strict';
import { eventually } from '../api/harness.ts';
import { HARNESS_KEY, startApiProcess } from '../support/api-process.ts';
import type { ApiProcess } from '../support/api-process.ts';
import { startReceiver, verified } from '../support/receiver.ts';
import { createWebhookScene } from '../support/webhook-scene.ts';
import type { WebhookScene } from '../support/webhook-scene.ts';

describe('An API that is killed while it sends webhooks', () => {
  let scene: WebhookScene;
  const running: ApiProcess[] = [];
  before(async () => (scene = await createWebhookScene()));
  after(async () => {
    await Promise.all(running.map((api) => api.kill()));
    await scene.close();
  });

  const start = async (): Promise<ApiProcess> => {
    const api = await startApiProcess(scene.database.url, {
      WEBHOOK_SECRET_KEYS: HARNESS_KEY,
      WEBHOOK_TIMEOUT_SECONDS: '1',
      WEBHOOK_RETRY_SECONDS: '0,0,0',
    });
    running.push(api);
    return api;
  };

  it('has sent nothing for the last time: the next one does, with the same IDs', async () => {
    const receiver = await startReceiver(() => undefined);
    const endpoint = await scene.endpoint(receiver.url);
    await scene.place();
    await scene.place();
    const killed = await start();
    // Two under way: both have come, neither is answered.
    await eventually(() => receiver.received.length === 2);
    await killed.kill();
    receiver.answer(204);
    await start();
    const pending = () => scene.log(endpoint, '?status=pending');
    await eventually(async () => (await pending()).length === 0);
    const log = await scene.log(endpoint);
    assert.deepEqual(
      log.map(({ status }) => status),
      ['delivered', 'delivered'],
    );
    assert.deepEqual([...new Set(receiver.ids())].sort(), log.map(({ eventId }) => eventId).sort());
    for (const one of receiver.received) {
      verified(endpoint.secret, one);
      assert.equal(one.body, receiver.received.find(({ id }) => id === one.id)?.body);
    }
    await receiver.close();
  });
});
