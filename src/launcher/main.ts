/**
 * `npm start`: brings everything up, as much of it at once as its order allows, places the sample
 * orders, says what to open, and stays to keep it alive. Run by start.mjs, in its process.
 */
import { join } from 'node:path';
import { migrate } from '../adapters/postgres/migrate.ts';
import { workflowBundle } from './bundle.ts';
import { writeEndpoints } from './endpoints.ts';
import type { Endpoints } from './endpoints.ts';
import {
  bringUpApi,
  bringUpCounterparties,
  bringUpDatabase,
  bringUpTemporal,
  bringUpWorker,
} from './parts.ts';
import type { Setting } from './parts.ts';
import { orderOf, placeSamples } from './samples.ts';
import { runSession } from './session.ts';
import type { Session } from './session.ts';
import { stockShop } from './stocked.ts';
import { openStorefront } from './storefront/index.ts';

export async function launch(session: Session, options: { samples: boolean }): Promise<void> {
  await runSession(session, async (setting) => {
    const { say } = setting;
    const { endpoints, gatewayIsStandIn } = await bringUp(setting);
    if (options.samples) {
      say('\nSample orders, each with its run in the Temporal UI:');
      await placeSamples({ ...endpoints, gatewayIsStandIn }, say);
    }
    say(whatToOpen(endpoints));
    say('makegood is ready');
  });
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
    bringUpCounterparties(setting, apiPort),
    workflowBundle(join(state, 'bundles')),
  ]);
  const env = {
    // A receiver to try webhooks with runs on this machine.
    WEBHOOK_ALLOW_PRIVATE: 'true',
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
  const { gatewayUrl, carrierUrl, mailUrl, gatewayIsStandIn, carrierIsStandIn } = counterparties;
  const shop = await openStorefront(setting, {
    apiUrl: api.url,
    operationsUrl: api.operationsUrl,
    temporalUiUrl: temporal.uiUrl,
    mailUrl,
    databaseUrl,
    gatewayUrl: gatewayIsStandIn ? gatewayUrl : undefined,
    carrierUrl: carrierIsStandIn ? carrierUrl : undefined,
  });
  const endpoints: Endpoints = {
    ...shop,
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
  return { databaseUrl, apiKey: await stockShop(setting, databaseUrl) };
}

function whatToOpen(endpoints: Endpoints): string {
  const { apiUrl, operationsUrl, apiKey, temporalUiUrl, mailUrl, shopUrl } = endpoints;
  const rows = [
    ['Shop', shopUrl],
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
