/**
 * `npm start`: brings everything up, as much of it at once as its order allows, places the sample
 * orders, says what to open, and stays to keep it alive. Run by start.mjs, in its process.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../adapters/postgres/migrate.ts';
import { workflowBundle } from './bundle.ts';
import { Complaint } from './complaint.ts';
import { readEndpoints, writeEndpoints } from './endpoints.ts';
import type { Endpoints } from './endpoints.ts';
import { createFleet } from './fleet.ts';
import {
  bringUpApi,
  bringUpCounterparties,
  bringUpDatabase,
  bringUpTemporal,
  bringUpWorker,
} from './parts.ts';
import type { Setting } from './parts.ts';
import { cacheDirectory } from './places.ts';
import { createPorts } from './ports.ts';
import { removeCluster, withClient } from './postgres.ts';
import { orderOf, placeSamples } from './samples.ts';
import * as shop from './shop.ts';
import { drainWhenAsked } from './signals.ts';

export interface Options {
  readonly root: string;
  readonly reset: boolean;
  readonly samples: boolean;
  /** An earlier start was killed, and its children may still be on their way out. */
  readonly abandoned: boolean;
}

export async function launch({ root, reset, samples, abandoned }: Options): Promise<void> {
  const state = join(root, '.makegood');
  const environment = process.env;
  const fleet = createFleet(say);
  const isDraining = drainWhenAsked(fleet, say);
  try {
    if (reset) await forget(state);
    rmSync(join(state, 'logs'), { recursive: true, force: true });
    mkdirSync(join(state, 'books'), { recursive: true });
    const ports = createPorts({
      file: join(state, 'ports.json'),
      environment,
      patienceMs: abandoned ? afterKillMs : 0,
    });
    const setting = { root, state, environment, ports, fleet, say };
    const { endpoints, gatewayIsStandIn } = await bringUp(setting);
    if (samples) {
      say('\nSample orders, each with its run in the Temporal UI:');
      await placeSamples({ ...endpoints, gatewayIsStandIn }, say);
    }
    say(whatToOpen(endpoints));
    say('makegood is ready');
  } catch (error) {
    // What was interrupted in its start has not failed.
    if (isDraining()) return;
    const trace = error instanceof Error ? error.stack : String(error);
    const what = error instanceof Complaint ? error.message : `a bug in the launcher: ${trace}`;
    process.stderr.write(`makegood cannot start: ${what}\n`);
    await fleet.drain();
    process.exit(1);
  }
}

// Every child stops within 5 s of losing its parent; one more for a busy machine.
const afterKillMs = 6_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function forget(state: string): Promise<void> {
  await removeCluster(state, cacheDirectory(process.env));
  // The lock of this very start stays.
  for (const name of readdirSync(state).filter((entry) => entry !== 'launcher.lock')) {
    rmSync(join(state, name), { recursive: true, force: true });
  }
  say('the state of earlier starts is gone');
}

async function bringUp(
  setting: Setting,
): Promise<{ endpoints: Endpoints; gatewayIsStandIn: boolean }> {
  const { state, environment } = setting;
  const apiPort = await setting.ports.take({ variable: 'API_PORT', preferred: 3000 });
  const operationsPort = await setting.ports.take({ variable: 'OPERATIONS_PORT', preferred: 3001 });
  const [{ databaseUrl, apiKey }, temporal, counterparties, bundle] = await Promise.all([
    openShop(setting),
    bringUpTemporal(setting),
    bringUpCounterparties(setting),
    workflowBundle(join(state, 'bundles')),
  ]);
  const env = {
    ...environment,
    ...counterparties.environment,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    ...(temporal.uiUrl !== undefined && { TEMPORAL_UI_URL: temporal.uiUrl }),
    WORKFLOW_BUNDLE: bundle,
    // The only worker takes over what the one of the last start left, whatever its code is by now.
    WORKER_BUILD_ID: '',
    API_PORT: String(apiPort),
    OPERATIONS_PORT: String(operationsPort),
  };
  const [api] = await Promise.all([bringUpApi(setting, env), bringUpWorker(setting, env)]);
  const { gatewayUrl, carrierUrl, mailUrl, gatewayIsStandIn } = counterparties;
  const endpoints: Endpoints = {
    apiUrl: api.url,
    operationsUrl: api.operationsUrl,
    temporalAddress: temporal.address,
    temporalUiUrl: temporal.uiUrl,
    mailUrl,
    gatewayUrl,
    carrierUrl,
    databaseUrl,
    apiKey,
  };
  writeEndpoints(state, endpoints);
  return { endpoints, gatewayIsStandIn };
}

/** The database with all migrations, and in it a tenant with a key and something to sell. */
async function openShop(setting: Setting): Promise<{ databaseUrl: string; apiKey: string }> {
  const databaseUrl = await bringUpDatabase(setting);
  await migrate(databaseUrl);
  return withClient(databaseUrl, async (client) => {
    const tenantId = await shop.ensureTenant(client, 'demo');
    if (await shop.isCatalogueEmpty(client, tenantId)) {
      const file = new URL('catalogue.json', import.meta.url);
      const products = shop.catalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      await shop.importCatalogue(client, tenantId, products);
      setting.say(`the sample catalogue is in: ${products.length} products`);
    }
    const last = readEndpoints(setting.state)?.apiKey;
    if (last !== undefined && (await shop.keyWorks(client, last, tenantId))) {
      return { databaseUrl, apiKey: last };
    }
    const environment = shop.keyEnvironment(setting.environment);
    const apiKey = await shop.createKey(client, { tenantId, scopes: shop.SCOPES, environment });
    return { databaseUrl, apiKey };
  });
}

function whatToOpen(endpoints: Endpoints): string {
  const { apiUrl, operationsUrl, apiKey, temporalUiUrl, mailUrl } = endpoints;
  const rows = [
    ['API reference', `${apiUrl}/docs`],
    ['Operations', `${operationsUrl}/operations`],
    ['Temporal UI', temporalUiUrl],
    ['Mails', mailUrl],
    ['All addresses', '.makegood/endpoints.json'],
    ['Logs', '.makegood/logs/'],
  ].filter(([, where]) => where !== undefined);
  return `
Open
${rows.map(([name = '', where = '']) => `  ${name.padEnd(14)} ${where}`).join('\n')}

Place an order
  curl -s ${apiUrl}/v1/orders \\
    -H 'Authorization: Bearer ${apiKey}' \\
    -H 'Content-Type: application/json' \\
    -H "Idempotency-Key: order-$(date +%s)" -H 'Prefer: wait=10' \\
    -d '${JSON.stringify(orderOf())}'

Ctrl-C stops everything and keeps the state; npm start -- --reset forgets it.
`;
}
