/**
 * The parts that `npm start` brings up and how each is started. A part that the environment
 * replaces (DATABASE_URL, TEMPORAL_ADDRESS, STRIPE_SECRET_KEY, CARRIER_URL, SMTP_URL) is not.
 */
import { join } from 'node:path';
import { Complaint } from './complaint.ts';
import type { Fleet } from './fleet.ts';
import { cacheDirectory } from './places.ts';
import type { Ports } from './ports.ts';
import { endPostgres, ensureDatabase, startPostgres, withClient } from './postgres.ts';
import type { Running } from './processes.ts';
import { apiReady, isReady, standInReady, startProgram } from './programs.ts';
import { temporalBinary } from './temporal-binary.ts';
import { endTemporal, requireTemporal, startTemporal } from './temporal.ts';

export interface Setting {
  readonly root: string;
  readonly state: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly fleet: Fleet;
  readonly say: (line: string) => void;
}

/** The URL of a database that answers. */
export async function bringUpDatabase(setting: Setting): Promise<string> {
  const { environment, state, ports, fleet, say } = setting;
  const own = environment['DATABASE_URL'];
  if (own) return requireDatabase(own);
  const cacheDir = cacheDirectory(environment);
  await endPostgres(state, cacheDir);
  const port = await ports.take({ variable: 'POSTGRES_PORT', preferred: 5432 });
  const cluster = { stateDir: state, cacheDir, port, logFile: logFile(setting, 'postgres') };
  const postgres = await fleet.add('PostgreSQL', () => startPostgres(cluster));
  await ensureDatabase(postgres, 'makegood');
  say(`PostgreSQL is up on 127.0.0.1:${port}`);
  return postgres.url('makegood');
}

/** Throws a complaint when nobody answers there. */
export async function requireDatabase(url: string): Promise<string> {
  await withClient(url, (client) => client.query('SELECT 1')).catch((error: unknown) => {
    const why = error instanceof Error ? error.message || error.name : String(error);
    throw new Complaint(
      `DATABASE_URL does not answer (${why}): start that PostgreSQL, or unset DATABASE_URL` +
        ' to have one started',
    );
  });
  return url;
}

export interface TemporalPlace {
  readonly address: string;
  readonly uiUrl: string | undefined;
}

export async function bringUpTemporal(setting: Setting): Promise<TemporalPlace> {
  const { environment, state, ports, fleet, say } = setting;
  const own = environment['TEMPORAL_ADDRESS'];
  if (own) {
    const namespace = environment['TEMPORAL_NAMESPACE'] ?? 'default';
    await requireTemporal({ address: own, namespace, apiKey: environment['TEMPORAL_API_KEY'] });
    return { address: own, uiUrl: environment['TEMPORAL_UI_URL'] };
  }
  await endTemporal(state);
  const port = await ports.take({ variable: 'TEMPORAL_PORT', preferred: 7233 });
  const uiPort = await ports.take({ variable: 'TEMPORAL_UI_PORT', preferred: 8233 });
  const binary = await temporalBinary({
    cacheDir: cacheDirectory(environment),
    environment,
    logFile: logFile(setting, 'temporal-setup'),
    say,
  });
  const temporal = await fleet.add('Temporal', () =>
    startTemporal({
      binary,
      stateDir: state,
      port,
      uiPort,
      logFile: logFile(setting, 'temporal'),
    }),
  );
  say(`Temporal is up on ${temporal.address}`);
  return temporal;
}

export interface Counterparties {
  readonly gatewayUrl: string;
  readonly gatewayIsStandIn: boolean;
  readonly carrierUrl: string;
  readonly carrierIsStandIn: boolean;
  readonly mailUrl: string | undefined;
  /** What the worker needs to know of them. */
  readonly environment: NodeJS.ProcessEnv;
}

/** `apiPort` is where the API will listen: the gateway's stand-in tells it of its events. */
export async function bringUpCounterparties(
  setting: Setting,
  apiPort: number,
): Promise<Counterparties> {
  const [gateway, carrier, mail] = await Promise.all([
    gatewayOf(setting, apiPort),
    carrierOf(setting),
    mailOf(setting),
  ]);
  const environment = { ...gateway.environment, ...carrier.environment, ...mail.environment };
  return { ...gateway, ...carrier, ...mail, environment };
}

// The API takes the stand-in's events, and nobody else's, unless it was told of another secret.
const STANDIN_WEBHOOK_SECRET = 'whsec_standin';

async function gatewayOf(setting: Setting, apiPort: number) {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: base } = setting.environment;
  if (secretKey) {
    const gatewayUrl = base ?? 'https://api.stripe.com';
    return { gatewayUrl, gatewayIsStandIn: false, environment: {} };
  }
  const { STRIPE_WEBHOOK_SECRET: set } = setting.environment;
  const secret = set ? set : STANDIN_WEBHOOK_SECRET;
  const { url } = await standIn(setting, 'gateway', 3010, {
    COUNTERPARTY_WEBHOOK_URLS: `http://127.0.0.1:${apiPort}/v1/webhooks/stripe`,
    COUNTERPARTY_WEBHOOK_SECRET: secret,
  });
  const environment = {
    STRIPE_SECRET_KEY: 'sk_test_standin',
    STRIPE_API_BASE: url,
    STRIPE_WEBHOOK_SECRET: secret,
  };
  return { gatewayUrl: url, gatewayIsStandIn: true, environment };
}

async function carrierOf(setting: Setting) {
  const set = setting.environment['CARRIER_URL'];
  const carrierUrl = set ? set : (await standIn(setting, 'carrier', 3011)).url;
  return { carrierUrl, carrierIsStandIn: !set, environment: { CARRIER_URL: carrierUrl } };
}

async function mailOf(setting: Setting) {
  if (setting.environment['SMTP_URL']) return { mailUrl: undefined, environment: {} };
  const { url, smtpUrl } = await standIn(setting, 'mail', 3012);
  return { mailUrl: url, environment: { SMTP_URL: smtpUrl } };
}

async function standIn(
  setting: Setting,
  role: 'gateway' | 'carrier' | 'mail',
  preferred: number,
  more: NodeJS.ProcessEnv = {},
): Promise<Running & { url: string; smtpUrl?: string | undefined }> {
  const { ports, environment, state, root, fleet, say } = setting;
  const variable = `${role.toUpperCase()}_PORT`;
  const port = await ports.take({ variable, preferred });
  const smtpPort =
    role === 'mail' ? await ports.take({ variable: 'SMTP_PORT', preferred: 3025 }) : undefined;
  const env = {
    ...environment,
    COUNTERPARTY_PORT: String(port),
    COUNTERPARTY_BOOK: join(state, 'books', `${role}.jsonl`),
    ...(smtpPort !== undefined && { COUNTERPARTY_SMTP_PORT: String(smtpPort) }),
    ...more,
  };
  const file = 'counterparties/main.ts';
  const program = { name: `the ${role} stand-in`, root, file, args: [role], env };
  const started = await fleet.add(role, () =>
    startProgram({ ...program, ready: standInReady, logFile: logFile(setting, role) }),
  );
  say(`the ${role} stand-in is up on ${started.url}`);
  return started;
}

export async function bringUpWorker(setting: Setting, env: NodeJS.ProcessEnv): Promise<void> {
  const program = { name: 'the worker', root: setting.root, file: 'worker.ts', env };
  await setting.fleet.add('worker', () =>
    startProgram({ ...program, ready: isReady, logFile: logFile(setting, 'worker') }),
  );
  setting.say('the worker is polling');
}

export async function bringUpApi(
  setting: Setting,
  env: NodeJS.ProcessEnv,
): Promise<{ url: string; operationsUrl: string }> {
  const api = { name: 'the API', root: setting.root, file: 'api.ts', env };
  const { url, operationsUrl } = await setting.fleet.add('API', () =>
    startProgram({ ...api, ready: apiReady, logFile: logFile(setting, 'api') }),
  );
  setting.say(`the API is up on ${url}`);
  return { url, operationsUrl };
}

function logFile({ state }: Setting, name: string): string {
  return join(state, 'logs', `${name}.log`);
}
