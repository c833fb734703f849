import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createHarness, eventually, getOf, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

interface Ready {
  readonly ready: true;
  readonly url: string;
  readonly operationsUrl: string;
}

describe('The API process', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  /** Runs the production main; Temporal is down. */
  async function start(): Promise<{ child: ChildProcess; ready: Ready }> {
    const main = fileURLToPath(new URL('../../src/api.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', main], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        DATABASE_URL: api.database.url,
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        API_PORT: '0',
        OPERATIONS_PORT: '0',
        STRIPE_SECRET_KEY: 'sk_test_standin',
        CARRIER_URL: 'http://127.0.0.1:1',
        SMTP_URL: 'smtp://127.0.0.1:1',
      },
    });
    const [ready] = (await once(child, 'message')) as [Ready];
    return { child, ready };
  }

  it('asks what requests ask as a role that may do nothing else', async () => {
    const { child, ready } = await start();
    const status = async () => (await fetch(`${ready.url}/v1/products`, getOf(api.acme))).status;
    assert.equal(await status(), 200);
    await api.pool.query('REVOKE SELECT ON product FROM makegood_tenant');
    assert.equal(await status(), 500);
    await api.pool.query('GRANT SELECT ON product TO makegood_tenant');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });

  for (const [how, end] of [
    ['SIGTERM', (child: ChildProcess) => void child.kill('SIGTERM')],
    ['the loss of its parent', (child: ChildProcess) => child.disconnect()],
  ] as const) {
    it(`accepts orders with Temporal down, and on ${how} answers who waits and ends`, async () => {
      const { child, ready } = await start();
      const health = await fetch(`${ready.operationsUrl}/health/ready`);
      assert.equal(health.status, 200);
      assert.equal(((await health.json()) as { temporal: string }).temporal, 'down');
      assert.equal((await fetch(`${ready.operationsUrl}/health/live`)).status, 200);
      assert.equal((await fetch(`${ready.url}/health/live`)).status, 404);

      const accepted = await fetch(`${ready.url}/v1/orders`, postOf(api.acme));
      assert.equal(accepted.status, 202);
      const { links } = await orderIn(accepted);
      const stream = await fetch(
        `${ready.url}${links.events}`,
        getOf(api.acme, { Accept: 'text/event-stream' }),
      );
      assert.equal(stream.status, 200);
      assert.ok(stream.body);
      const told = stream.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
      let heard = '';
      const listen = async (until: () => boolean) => {
        for (let next = await told.next(); next.done !== true; next = await told.next()) {
          heard += next.value;
          if (until()) return;
        }
      };
      await listen(() => heard.includes('event: order.accepted'));
      const waiting = fetch(`${ready.url}${links.self}?wait=30`, getOf(api.acme));
      // The feed has read for it once, so it is known to wait.
      await eventually(async () => {
        const { rows } = await api.pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database()
           AND application_name = 'makegood-feed' AND query LIKE '%unnest%'`,
        );
        return rows.length > 0;
      });
      const exited = once(child, 'exit');
      end(child);
      assert.equal((await waiting).status, 200);
      await listen(() => false);
      assert.match(heard, /event: order.accepted\n[^]*\n: come back\nretry: \d+\n\n$/);
      const [code] = (await exited) as [number | null];
      assert.equal(code, 0);
    });
  }
});
