/** The listening connection on a link that swallows everything: noticed, replaced, and let go. */
import assert from 'node:assert/strict';
import { createListener } from '../../../src/adapters/postgres/listener.ts';
import { Unavailable } from '../../../src/domain/wrong.ts';
import { eventually } from '../../api/harness.ts';
import { createDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';

describe('a listening connection', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  before(async () => {
    database = await createDatabase();
    const { hostname: host, port } = new URL(database.url);
    proxy = await startTcpProxy({ host, port: Number(port) });
  });
  afterEach(() => proxy.heal());
  after(async () => {
    await proxy.close();
    await database.drop();
  });

  async function listen() {
    const heard = { connections: 0, notifications: [] as string[] };
    const listener = createListener({
      url: proxy.through(database.url),
      channel: 'news',
      onConnected: () => void (heard.connections += 1),
      onNotification: (payload) => void heard.notifications.push(payload),
    });
    await eventually(() => heard.connections === 1);
    return { listener, heard };
  }

  it('that hears nothing any more is noticed by a read, and replaced', async () => {
    const { listener, heard } = await listen();
    proxy.inject({ direction: 'down', kind: 'black-hole', times: 1 });
    await assert.rejects(listener.query({ text: 'SELECT 1' }));
    await eventually(() => heard.connections === 2);
    await listener.query({ text: "SELECT pg_notify('news', 'again')" });
    await eventually(() => heard.notifications.includes('again'));
    await listener.close();
    await assert.rejects(listener.query({ text: 'SELECT 1' }), Unavailable);
  });

  it('that nobody hears any more is let go all the same when it is closed', async () => {
    const { listener } = await listen();
    proxy.inject({ direction: 'up', kind: 'black-hole' });
    await listener.close();
    assert.equal(proxy.hits() > 0, true);
  });
});
