/** PostgreSQL and Temporal of a run, as the launcher starts them, each on a port that it keeps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../../src/adapters/postgres/migrate.ts';
import { cacheDirectory } from '../../../src/launcher/places.ts';
import type { Ports } from '../../../src/launcher/ports.ts';
import {
  ensureDatabase,
  removeCluster,
  startPostgres,
  withClient,
} from '../../../src/launcher/postgres.ts';
import type { Postgres } from '../../../src/launcher/postgres.ts';
import { createKey, ensureTenant, importCatalogue } from '../../../src/launcher/shop.ts';
import { importVouchers } from '../../../src/launcher/vouchers.ts';
import { temporalBinary } from '../../../src/launcher/temporal-binary.ts';
import { startTemporal } from '../../../src/launcher/temporal.ts';
import { createPart } from './part.ts';
import type { Part } from './part.ts';
import { TENANTS } from './shelf.ts';
import type { Product, Tenant } from './shelf.ts';

export interface Setting {
  /** Of PostgreSQL's data and Temporal's file. */
  readonly state: string;
  readonly logs: string;
  readonly ports: Ports;
  readonly say: (line: string) => void;
}

export interface Database extends Part {
  /** As the application's role, and as the superuser. */
  readonly url: string;
  readonly adminUrl: string;
  /** As `pg_ctl stop -m immediate` does: no checkpoint, and recovery at the next start. */
  readonly stopAtOnce: () => Promise<void>;
  readonly forget: () => Promise<void>;
}

const DATABASE = 'makegood';

export async function startDatabase(setting: Setting): Promise<Database> {
  const { state, logs, ports, say } = setting;
  const port = await ports.take({ variable: 'POSTGRES_PORT', preferred: FIRST_PORT });
  const cacheDir = cacheDirectory(process.env);
  const cluster = { stateDir: state, cacheDir, port, logFile: join(logs, 'postgres.log') };
  let first: Postgres | undefined;
  const part = createPart(
    'PostgreSQL',
    async () => {
      const started = await startPostgres(cluster);
      first ??= started;
      return started;
    },
    say,
  );
  await part.up();
  if (first === undefined) throw new Error('PostgreSQL was stopped before it had started');
  await ensureDatabase(first, DATABASE);
  const url = first.url(DATABASE);
  await migrate(url);
  const adminUrl = first.adminUrl(DATABASE);
  const data = await dataDirectory(adminUrl);
  const stopAtOnce = () =>
    part.down(() => {
      const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
    });
  return { ...part, url, adminUrl, stopAtOnce, forget: () => removeCluster(state, cacheDir) };
}

async function dataDirectory(adminUrl: string): Promise<string> {
  return await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ path: string }>(
      `SELECT current_setting('data_directory') AS path`,
    );
    return rows[0]?.path ?? '';
  });
}

// Below the range that outgoing connections take their ports from: a port whose server is down for
// a moment must not be somebody's own end of a connection when it comes back.
export const FIRST_PORT = 21_000 + (process.pid % 500) * 20;

export interface TemporalServer extends Part {
  readonly address: string;
}

export async function startTemporalServer(setting: Setting): Promise<TemporalServer> {
  const { state, logs, ports, say } = setting;
  const port = await ports.take({ variable: 'TEMPORAL_PORT', preferred: FIRST_PORT });
  const uiPort = await ports.take({ variable: 'TEMPORAL_UI_PORT', preferred: FIRST_PORT });
  const logFile = join(logs, 'temporal.log');
  const cacheDir = cacheDirectory(process.env);
  const binary = await temporalBinary({ cacheDir, environment: process.env, logFile, say });
  const options = { binary, stateDir: state, port, uiPort, logFile };
  const part = createPart('Temporal', () => startTemporal(options), say);
  await part.up();
  return { ...part, address: `127.0.0.1:${port}` };
}

/** The shelves and vouchers of all tenants; answers an API key for each. */
export async function stockUp(
  url: string,
  shelf: readonly Product[],
  vouchers: Parameters<typeof importVouchers>[2] = [],
): Promise<Readonly<Record<Tenant, string>>> {
  return await withClient(url, async (client) => {
    const keys: [Tenant, string][] = [];
    for (const tenant of TENANTS) {
      const tenantId = await ensureTenant(client, tenant);
      const products = shelf
        .filter((product) => product.tenant === tenant)
        .map(({ sku, unitPrice, available }) => ({
          sku,
          name: sku,
          unitPrice: { value: String(unitPrice), currency: 'EUR' },
          available,
        }));
      await importCatalogue(client, tenantId, products);
      await importVouchers(client, tenantId, vouchers);
      const scopes = ['orders:read', 'orders:write', 'refunds:write', 'webhooks:write'];
      keys.push([tenant, await createKey(client, { tenantId, scopes, environment: 'dev' })]);
    }
    return Object.fromEntries(keys) as Record<Tenant, string>;
  });
}

export async function captureAtShipment(url: string, tenant: Tenant): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`UPDATE tenant SET capture_policy = 'at-shipment' WHERE name = $1`, [
      tenant,
    ]);
  });
}
