/**
 * makegood as real processes: APIs, a worker and the three stand-ins, each of which can be killed.
 * PostgreSQL and Temporal are those of the test run.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { apiReady, isReady, standInReady, startProgram } from '../../src/launcher/programs.ts';
import type { Running } from '../../src/launcher/processes.ts';
import type { Parties } from './audit.ts';
import { requireReplays } from './replays.ts';
import { service } from './services.ts';
import { createShop, TENANT } from './shop.ts';
import type { Shop } from './shop.ts';
import { SHORT_BUDGETS } from './stage.ts';

export interface ProcessStack {
  readonly shop: Shop;
  readonly parties: Parties;
  readonly apiKey: string;
  readonly startApi: (
    settings?: Settings,
  ) => Promise<Running & { readonly url: string; readonly operationsUrl: string }>;
  readonly startWorker: (settings?: Settings) => Promise<Running>;
  /** What all processes of that kind have logged so far; without a kind, all there are. */
  readonly logOf: (name?: 'api' | 'worker') => Promise<string>;
  readonly client: Client;
  readonly taskQueue: string;
  /** Ends all processes, and throws unless every history made here replays. */
  readonly close: () => Promise<void>;
}

/** Environment variables that differ from those of the other processes. */
type Settings = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function createProcessStack(): Promise<ProcessStack> {
  const [shop, temporal, bundle] = [
    await createShop(),
    await service('temporal'),
    await service('bundle'),
  ];
  const directory = await mkdtemp(join(tmpdir(), 'makegood-processes-'));
  const running: Running[] = [];
  let started = 0;
  const start = async <Child extends Running>(
    name: string,
    launch: (program: { name: string; root: string; logFile: string }) => Promise<Child>,
  ): Promise<Child> => {
    const logFile = join(directory, `${name}-${(started += 1)}.log`);
    const child = await launch({ name, root, logFile });
    running.push(child);
    return child;
  };
  const standIn = (role: string) =>
    start(role, (program) => {
      const env = { ...process.env, COUNTERPARTY_BOOK: join(directory, `${role}.jsonl`) };
      const file = 'counterparties/main.ts';
      return startProgram({ ...program, file, args: [role], env, ready: standInReady });
    });
  const [gateway, carrier, mail] = await Promise.all(['gateway', 'carrier', 'mail'].map(standIn));
  if (!gateway || !carrier || !mail?.smtpUrl) throw new Error('a stand-in did not start');

  const apiKey = await addApiKey(shop);
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const env = {
    ...process.env,
    // Who wants the reconciler asks for it: its runs are none of an order.
    RECONCILE_SECONDS: '0',
    DATABASE_URL: shop.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
    WORKFLOW_BUNDLE: bundle.file,
    API_PORT: '0',
    OPERATIONS_PORT: '0',
    STARTER_GRACE_SECONDS: '1',
    // However many orders a test places at once, they are let in.
    ORDER_WAIT_SECONDS: '60',
    STRIPE_SECRET_KEY: 'sk_test_standin',
    STRIPE_API_BASE: gateway.url,
    CARRIER_URL: carrier.url,
    SMTP_URL: mail.smtpUrl,
    CHECKOUT_BUDGETS: JSON.stringify(SHORT_BUDGETS),
  };
  return {
    shop,
    parties: { gatewayUrl: gateway.url, carrierUrl: carrier.url, mailUrl: mail.url },
    apiKey,
    startApi: (settings) =>
      start('api', (program) => {
        const file = 'api.ts';
        return startProgram({ ...program, file, env: { ...env, ...settings }, ready: apiReady });
      }),
    startWorker: (settings) =>
      start('worker', (program) => {
        const file = 'worker.ts';
        return startProgram({ ...program, file, env: { ...env, ...settings }, ready: isReady });
      }),
    async logOf(name) {
      const files = (await readdir(directory)).filter(
        (file) => file.startsWith(name ?? '') && file.endsWith('.log'),
      );
      const texts = files.map((file) => readFile(join(directory, file), 'utf8'));
      return (await Promise.all(texts)).join('');
    },
    client,
    taskQueue: env.TEMPORAL_TASK_QUEUE,
    async close() {
      await Promise.all(running.map((child) => child.stop()));
      try {
        Runtime.install({ logger: new DefaultLogger('ERROR') });
        await requireReplays(client, env.TEMPORAL_TASK_QUEUE);
      } finally {
        await connection.close();
        await shop.close();
        await rm(directory, { recursive: true });
      }
    },
  };
}

async function addApiKey({ pool }: Shop): Promise<string> {
  const { id, key, secretHash } = makeApiKey('dev');
  await pool.query(
    `INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)`,
    [id, TENANT, secretHash, ['orders:read', 'orders:write', 'refunds:write']],
  );
  return key;
}
