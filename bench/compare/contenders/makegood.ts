/** makegood itself: its API, its worker and its books, as production runs them. */
import { migrate } from '../../../src/adapters/postgres/migrate.ts';
import { withClient } from '../../../src/launcher/postgres.ts';
import type { Postgres } from '../../../src/launcher/postgres.ts';
import { apiReady, isReady, startProgram } from '../../../src/launcher/programs.ts';
import { orderOf } from '../../../src/launcher/samples.ts';
import { createKey, ensureTenant, importCatalogue } from '../../../src/launcher/shop.ts';
import type { Arena, Contender } from '../contender.ts';
import { root } from '../ground.ts';
import type { TemporalKind } from '../ground.ts';
import { ask } from '../http.ts';
import { SKUS, skuOf, UNITS } from '../shelf.ts';
import { capturesAt, countIn } from './shop.ts';
import { named, readHistories, remember, titled } from './temporal.ts';

export function makegood(kind: TemporalKind, workers = 1): Contender {
  const suffix = workers === 1 ? '' : `-${workers}-workers`;
  return {
    name: named(`makegood${suffix}`, kind),
    title: titled(workers === 1 ? 'makegood' : `makegood, ${workers} workers`, kind),
    work: 'checkout',
    async start(ground) {
      const postgres = await ground.postgres(DATABASE);
      const apiKey = await fillShop(postgres);
      const { gatewayUrl, env: parties } = await ground.standIns();
      const address = await ground.temporal(kind);
      const env = {
        ...process.env,
        ...parties,
        DATABASE_URL: postgres.url(DATABASE),
        TEMPORAL_ADDRESS: address,
        WORKFLOW_BUNDLE: ground.prepared.bundles.checkout,
        LOG_LEVEL: 'warn',
        RATE_LIMIT_PER_MINUTE: '1000000',
        // As with its peers, nobody is turned away: all wait as long as it takes.
        ORDER_WAIT_SECONDS: '60',
        API_PORT: '0',
        OPERATIONS_PORT: '0',
      };
      const common = (name: string) => ({ name, root, env, logFile: ground.logFile(name) });
      const worker = { ...common('worker'), file: 'worker.ts', ready: isReady };
      for (let n = 0; n < workers; n += 1) await ground.keep('worker', startProgram(worker));
      const front = { ...common('API'), file: 'api.ts', ready: apiReady };
      const api = await ground.keep('API', startProgram(front));
      const latest: string[] = [];
      return {
        place: placeAt(api.url, apiKey, latest),
        completed: async () => [
          await countIn(
            postgres.adminUrl(DATABASE),
            `SELECT count(*) FROM "order" WHERE status = 'completed'`,
          ),
          await capturesAt(gatewayUrl),
        ],
        histories: () => readHistories(address, latest),
      };
    },
  };
}

const DATABASE = 'makegood';

async function fillShop(postgres: Postgres): Promise<string> {
  const url = postgres.url(DATABASE);
  await migrate(url);
  return await withClient(url, async (client) => {
    const tenantId = await ensureTenant(client, 'bench');
    const unitPrice = { value: '1000', currency: 'EUR' };
    const product = { name: 'Something to measure with', unitPrice, available: UNITS };
    const products = SKUS.map((sku) => ({ ...product, sku }));
    await importCatalogue(client, tenantId, products);
    const scopes = ['orders:read', 'orders:write'];
    return await createKey(client, { tenantId, scopes, environment: 'dev' });
  });
}

// The longest that the API waits.
const WAIT = 30;

interface Shown {
  readonly id: string;
  readonly status: string;
}

const DECIDED = ['paid', 'shipped', 'completed'];

/** As a shop's page does it: the order, and with the answer the decision; then its end. */
function placeAt(apiUrl: string, apiKey: string, latest: string[]): Arena['place'] {
  const authorization = { Authorization: `Bearer ${apiKey}` };
  return async (id, decided) => {
    const headers = {
      ...authorization,
      'Content-Type': 'application/json',
      'Idempotency-Key': id,
      Prefer: `wait=${WAIT}`,
    };
    const body = JSON.stringify(orderOf({ lines: [{ sku: skuOf(id), quantity: 1 }] }));
    const placed = JSON.parse(await ask(`${apiUrl}/v1/orders`, { headers, body })) as Shown;
    if (!DECIDED.includes(placed.status)) throw new Error(`the decision is ${placed.status}`);
    decided();
    const url = `${apiUrl}/v1/orders/${placed.id}?wait=${WAIT}`;
    const ended = JSON.parse(await ask(url, { method: 'GET', headers: authorization })) as Shown;
    if (ended.status !== 'completed') throw new Error(`the order is ${ended.status}`);
    remember(latest, placed.id);
  };
}
