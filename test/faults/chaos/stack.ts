/**
 * makegood as it is run for many: two APIs, two workers, PostgreSQL, Temporal and the parties
 * outside, each a process of its own, and a proxy on every link between them.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workflowBundle } from '../../../src/launcher/bundle.ts';
import { createPorts } from '../../../src/launcher/ports.ts';
import { apiReady, isReady } from '../../../src/launcher/programs.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { APIS, ASKING_LINKS, PARTIES, TELLING_LINKS, WORKERS } from './acts.ts';
import type { LinkName, PartName, PartyName } from './acts.ts';
import { openLinks } from './links.ts';
import type { Targets } from './links.ts';
import type { Part } from './part.ts';
import { startParties } from './parties.ts';
import type { Plan } from './plan.ts';
import { programPart, root, takePorts } from './programs.ts';
import { captureAtShipment, startDatabase, startTemporalServer, stockUp } from './servers.ts';
import type { Database, Setting, TemporalServer } from './servers.ts';
import { LATER, TENANTS, vouchersOf } from './shelf.ts';
import type { Tenant } from './shelf.ts';
import { ACTION_SECONDS } from './stories.ts';
import { NOBODY_IS_TOLD, tellEverybody } from './webhooks.ts';

export interface Stack {
  /** Of Temporal's file. */
  readonly state: string;
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly links: Readonly<Record<LinkName, TcpProxy>>;
  /** By way of the clients' links. */
  readonly apiUrls: readonly string[];
  readonly operationsUrls: readonly string[];
  /** Where the gateway tells each API of its events, by way of its own links. */
  readonly eventUrls: Readonly<Record<(typeof APIS)[number], string>>;
  readonly partyUrls: Readonly<Record<PartyName, string>>;
  readonly database: Database;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  readonly apiKeys: Readonly<Record<Tenant, string>>;
  /** What the APIs sign with for the tenant that has an endpoint. */
  readonly webhookSecret: string | undefined;
  readonly close: () => Promise<void>;
}

/** Seconds instead of minutes, so that what waits for a person or a silence shows in a short run. */
export const BUDGETS = {
  localTimeoutMs: 1_500,
  attemptTimeoutMs: 2_500,
  attempts: 4,
  hotAttempts: 5,
  firstRetryMs: 100,
  slowestRetryMs: 3_000,
};

const TASK_QUEUE = 'chaos';

export interface StackOptions {
  readonly evidence: string;
  readonly state: string;
  readonly plan: Plan;
  readonly say: (line: string) => void;
  /** Whether the gateway tells the APIs of its events, and they a tenant of its orders'. */
  readonly webhooks?: boolean;
  /** What APIs and workers are told otherwise than in a chaos run. */
  readonly environment?: NodeJS.ProcessEnv;
  /** What stands in the dev server's place. */
  readonly temporal?: (setting: Setting, database: Database) => Promise<TemporalServer>;
}

export async function startStack(run: StackOptions): Promise<Stack> {
  const { evidence, state, plan, say } = run;
  const logs = join(evidence, 'logs');
  for (const folder of [logs, state]) mkdirSync(folder, { recursive: true });
  const ports = createPorts({ file: join(state, 'ports.json'), environment: {} });
  const setting: Setting = { state, logs, ports, say };
  const started: Part[] = [];
  const proxies: TcpProxy[] = [];
  let forget: () => Promise<void> = () => Promise.resolve();
  const close = async (): Promise<void> => {
    // Who asks goes before whom it asks.
    for (const part of started.toReversed()) await part.down('SIGTERM');
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await forget();
    rmSync(state, { recursive: true, force: true });
  };
  try {
    const database = await startDatabase(setting);
    started.push(database);
    forget = database.forget;
    const temporal = await (run.temporal ?? startTemporalServer)(setting, database);
    started.push(temporal);
    const apiPorts = await takePorts(setting, 'API_PORT', APIS);
    const [first = '', second = ''] = apiPorts.map((port) => `http://127.0.0.1:${port}`);
    const apis = { 'api-1': first, 'api-2': second };
    const tellingLinks = await openLinks(TELLING_LINKS, apis, proxies);
    const eventUrls = eventUrlsOf(tellingLinks, apis);
    const telling = run.webhooks === true ? tellEverybody(eventUrls) : NOBODY_IS_TOLD;
    const parties = await startParties(setting, evidence, plan.rates, telling.gateway);
    started.push(...PARTIES.map((name) => parties[name].part));
    const targets = {
      ...apis,
      postgres: database.url,
      temporal: `tcp://${temporal.address}`,
      gateway: parties.gateway.url,
      carrier: parties.carrier.url,
      mail: parties.mail.smtpUrl,
    };
    const links = { ...tellingLinks, ...(await openLinks(ASKING_LINKS, targets, proxies)) };
    const env = { ...(await environmentOf(targets)), ...telling.apis, ...run.environment };
    const operationsPorts = await takePorts(setting, 'OPERATIONS_PORT', APIS);
    const ports = { apiPorts, operationsPorts };
    const programs = await startPrograms(setting, { env, links, targets, ...ports });
    started.push(...Object.values(programs));
    const apiKeys = await stockUp(database.url, plan.shelf, vouchersOf(plan.orders));
    if (plan.later === true) await captureAtShipment(database.url, LATER);
    const about = { apiUrl: first, apiKey: apiKeys[TENANTS[0]], evidence, seed: plan.seed };
    const listening = await telling.listen(setting, about);
    started.push(...listening.parts);
    return {
      state,
      parts: {
        ...programs,
        postgres: database,
        temporal,
        gateway: parties.gateway.part,
        carrier: parties.carrier.part,
        mail: parties.mail.part,
      },
      links,
      apiUrls: APIS.map((api) => new URL(links[`clients>${api}`].through(targets[api])).origin),
      operationsUrls: operationsPorts.map((port) => `http://127.0.0.1:${port}`),
      partyUrls: {
        gateway: parties.gateway.url,
        carrier: parties.carrier.url,
        mail: parties.mail.url,
      },
      database,
      temporalAddress: temporal.address,
      taskQueue: TASK_QUEUE,
      eventUrls,
      apiKeys,
      webhookSecret: listening.secret,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function eventUrlsOf(
  links: Readonly<Record<(typeof TELLING_LINKS)[number], TcpProxy>>,
  apis: Readonly<Record<(typeof APIS)[number], string>>,
): Stack['eventUrls'] {
  const way = (api: (typeof APIS)[number]) =>
    links[`gateway>${api}`].through(`${apis[api]}/v1/webhooks/stripe`);
  return { 'api-1': way('api-1'), 'api-2': way('api-2') };
}

async function environmentOf(targets: Targets): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    TEMPORAL_TASK_QUEUE: TASK_QUEUE,
    WORKFLOW_BUNDLE: await workflowBundle(join(root, '.makegood', 'bundles')),
    API_PROCESSES: String(APIS.length),
    // The clients are few and ask often.
    RATE_LIMIT_PER_MINUTE: '1000000',
    STARTER_GRACE_SECONDS: '2',
    WATCHER_SILENCE_SECONDS: '10',
    // Its runs are none of an order, and the checker knows no other.
    RECONCILE_SECONDS: '0',
    PAYMENT_ACTION_MINUTES: String(ACTION_SECONDS / 60),
    STRIPE_SECRET_KEY: STRIPE_KEY,
    CHECKOUT_BUDGETS: JSON.stringify(BUDGETS),
    // Of no use to an API, and required of it.
    STRIPE_API_BASE: targets.gateway,
    CARRIER_URL: targets.carrier,
    SMTP_URL: targets.mail,
  };
}

/** The worker's key to the gateway: what no log, book or history may have. */
export const STRIPE_KEY = 'sk_test_standin_canary';

interface Programs {
  readonly env: NodeJS.ProcessEnv;
  readonly links: Stack['links'];
  readonly targets: Targets;
  readonly apiPorts: readonly number[];
  readonly operationsPorts: readonly number[];
}

async function startPrograms(
  setting: Setting,
  { env, links, targets, apiPorts, operationsPorts }: Programs,
): Promise<Record<(typeof APIS)[number] | (typeof WORKERS)[number], Part>> {
  const shared = (name: (typeof APIS)[number] | (typeof WORKERS)[number]) => ({
    DATABASE_URL: links[`${name}>postgres`].through(targets.postgres),
    TEMPORAL_ADDRESS: `127.0.0.1:${links[`${name}>temporal`].port}`,
  });
  const api = (n: 0 | 1) => {
    const name = APIS[n];
    const ports = {
      API_PORT: String(apiPorts[n]),
      OPERATIONS_PORT: String(operationsPorts[n]),
    };
    const own = { ...env, ...shared(name), ...ports };
    return programPart(setting, { name, file: 'api.ts', env: own, ready: apiReady });
  };
  const worker = (n: 0 | 1) => {
    const name = WORKERS[n];
    const own = {
      ...env,
      ...shared(name),
      STRIPE_API_BASE: links[`${name}>gateway`].through(targets.gateway),
      CARRIER_URL: links[`${name}>carrier`].through(targets.carrier),
      SMTP_URL: links[`${name}>mail`].through(targets.mail),
    };
    return programPart(setting, { name, file: 'worker.ts', env: own, ready: isReady });
  };
  const parts = {
    'api-1': api(0),
    'api-2': api(1),
    'worker-1': worker(0),
    'worker-2': worker(1),
  };
  await Promise.all(Object.values(parts).map((part) => part.up()));
  return parts;
}
