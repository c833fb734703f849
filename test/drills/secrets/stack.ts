/** Two APIs and two workers whose environment can be changed between one start and the next. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workflowBundle } from '../../../src/launcher/bundle.ts';
import { createPorts } from '../../../src/launcher/ports.ts';
import { apiReady, isReady } from '../../../src/launcher/programs.ts';
import { APIS, WORKERS } from '../../faults/chaos/acts.ts';
import type { Part } from '../../faults/chaos/part.ts';
import { startParties } from '../../faults/chaos/parties.ts';
import { programPart, root, takePorts } from '../../faults/chaos/programs.ts';
import { startDatabase, startTemporalServer, stockUp } from '../../faults/chaos/servers.ts';
import type { Database } from '../../faults/chaos/servers.ts';
import { AUDIENCE, guardGateway, ISSUER, startIssuer, startMailServer } from './guards.ts';
import type { Guard, Issuer } from './guards.ts';

export interface SecretsStack {
  readonly database: Database;
  readonly apiUrls: readonly string[];
  readonly operationsUrls: readonly string[];
  readonly apiKey: string;
  readonly gateway: Guard;
  readonly mail: Guard & { readonly sent: ReadonlySet<string> };
  readonly issuer: Issuer;
  readonly env: NodeJS.ProcessEnv;
  /** One after the other, so that there is always another one. */
  readonly restart: (which: 'workers' | 'all') => Promise<void>;
  readonly close: () => Promise<void>;
}

export const FIRST = { gateway: 'sk_test_first', mail: 'first-mail-password', kid: 'first' };
export const TENANT = 'chaos-north';

export async function startSecretsStack(
  folder: string,
  say: (line: string) => void,
): Promise<SecretsStack> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const ports = createPorts({ file: join(folder, 'ports.json'), environment: {} });
  const setting = { state: folder, logs: join(folder, 'logs'), ports, say };
  const started: { readonly down: Part['down'] }[] = [];
  const database = await startDatabase(setting);
  started.push(database);
  const temporal = await startTemporalServer(setting);
  started.push(temporal);
  const quiet = { seed: 1, rates: {}, mostPerOrder: 1, delayMs: 1 };
  const parties = await startParties(setting, folder, {
    gateway: quiet,
    carrier: quiet,
    mail: quiet,
  });
  started.push(...Object.values(parties).map(({ part }) => part));
  const [gateway, mail, issuer] = [
    await guardGateway(parties.gateway.url),
    await startMailServer(),
    await startIssuer(),
  ];
  gateway.good.add(FIRST.gateway);
  mail.good.add(FIRST.mail);
  await issuer.publish(FIRST.kid);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_TASK_QUEUE: 'secrets',
    WORKFLOW_BUNDLE: await workflowBundle(join(root, '.makegood', 'bundles')),
    API_PROCESSES: '2',
    RATE_LIMIT_PER_MINUTE: '1000000',
    // How many orders fit is not what is tried.
    ORDER_WAIT_SECONDS: '60',
    STARTER_GRACE_SECONDS: '2',
    WATCHER_SILENCE_SECONDS: '10',
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: issuer.url,
    STRIPE_SECRET_KEY: FIRST.gateway,
    STRIPE_API_BASE: gateway.url,
    CARRIER_URL: parties.carrier.url,
    SMTP_URL: smtpUrl(mail.url, FIRST.mail),
  };
  const apiPorts = await takePorts(setting, 'API_PORT', APIS);
  const operationsPorts = await takePorts(setting, 'OPERATIONS_PORT', APIS);
  const api = (n: number) => {
    // Read anew at every start.
    const own = Object.create(env) as NodeJS.ProcessEnv;
    own['API_PORT'] = String(apiPorts[n]);
    own['OPERATIONS_PORT'] = String(operationsPorts[n]);
    return programPart(setting, { name: APIS[n] ?? '', file: 'api.ts', env: own, ready: apiReady });
  };
  const worker = (name: string) =>
    programPart(setting, { name, file: 'worker.ts', env, ready: isReady });
  const apis = [api(0), api(1)];
  const workers = WORKERS.map(worker);
  started.push(...apis, ...workers);
  await Promise.all([...apis, ...workers].map((part) => part.up()));
  const keys = await stockUp(database.url, SHELF);
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    database,
    apiUrls: apiPorts.map(at),
    operationsUrls: operationsPorts.map(at),
    apiKey: keys[TENANT],
    gateway,
    mail,
    issuer,
    env,
    async restart(which) {
      for (const part of which === 'all' ? [...apis, ...workers] : workers) {
        await part.down('SIGTERM');
        await part.up();
      }
    },
    async close() {
      for (const part of started.toReversed()) await part.down('SIGTERM');
      await Promise.all([gateway.close(), mail.close(), issuer.close(), database.forget()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function smtpUrl(server: string, password: string): string {
  return `smtp://shop:${password}@${server}`;
}

const SHELF = [{ tenant: TENANT, sku: 'MUG', unitPrice: 1_000, available: 1_000_000 }] as const;
