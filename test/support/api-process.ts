/** The production main of the API as a process that can be killed; Temporal is down. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ApiProcess {
  readonly url: string;
  /** At once, whatever it is doing. */
  kill(): Promise<void>;
}

export async function startApiProcess(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ApiProcess> {
  const main = fileURLToPath(new URL('../../src/api.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      API_PORT: '0',
      OPERATIONS_PORT: '0',
      STRIPE_SECRET_KEY: 'sk_test_standin',
      CARRIER_URL: 'http://127.0.0.1:1',
      SMTP_URL: 'smtp://127.0.0.1:1',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      ...settings,
    },
  });
  const exited = once(child, 'exit');
  const [ready] = (await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('the API did not start'))),
  ])) as [{ readonly url: string }];
  return {
    url: ready.url,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What the harness seals the secrets of webhooks with, as a process is told it. */
export const HARNESS_KEY = Buffer.alloc(32, 'harness').toString('base64');
