/**
 * What has to be in the books before the first order: a tenant, a key to call the API with, and
 * products with stock. Shared by the launcher and the two commands that change them.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { makeApiKey, parseApiKey } from '../adapters/postgres/api-keys.ts';
import type { KeyEnvironment } from '../adapters/postgres/api-keys.ts';

export const SCOPES = ['orders:read', 'orders:write', 'refunds:write', 'webhooks:write'] as const;

/** Of `environment`, of MAKEGOOD_ENV: the word that stands in its keys. */
export function keyEnvironment(environment: NodeJS.ProcessEnv): KeyEnvironment {
  return environment['MAKEGOOD_ENV'] === 'production' ? 'live' : 'dev';
}

// The columns are bigint and integer; a price beyond them is a slip of the keyboard.
const product = z.strictObject({
  sku: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 visible ASCII characters'),
  name: z.string().min(1).max(200),
  unitPrice: z.strictObject({
    value: z.string().regex(/^[1-9]\d{0,14}$/, 'must be minor units as a decimal string'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO currency like EUR'),
  }),
  available: z.int().min(0).max(1_000_000_000),
});

type Product = z.infer<typeof product>;

export const catalogueSchema = z
  .array(product)
  .min(1)
  .refine((products) => new Set(products.map(({ sku }) => sku)).size === products.length, {
    message: 'names a SKU twice',
  });

/** The tenant's ID, creating the tenant when there is none of this name. */
export async function ensureTenant(client: pg.Client, name: string): Promise<string> {
  const id = `ten_${randomBytes(8).toString('hex')}`;
  await client.query('INSERT INTO tenant (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    name,
  ]);
  const found = await client.query<{ id: string }>('SELECT id FROM tenant WHERE name = $1', [name]);
  const [tenant] = found.rows;
  if (tenant === undefined) throw new Error(`Bug: tenant ${name} is not there after its insert`);
  return tenant.id;
}

export async function createKey(
  client: pg.Client,
  key: {
    readonly tenantId: string;
    readonly scopes: readonly string[];
    readonly environment: KeyEnvironment;
  },
): Promise<string> {
  const made = makeApiKey(key.environment);
  await client.query(
    'INSERT INTO api_key (id, tenant_id, secret_hash, scopes) VALUES ($1, $2, $3, $4)',
    [made.id, key.tenantId, made.secretHash, key.scopes],
  );
  return made.key;
}

/** Opens the operations API and nothing else; the name stands in the audit. */
export async function createOperatorKey(
  client: pg.Client,
  operator: string,
  environment: KeyEnvironment,
): Promise<string> {
  const made = makeApiKey(environment);
  await client.query(
    'INSERT INTO api_key (id, operator, secret_hash, scopes) VALUES ($1, $2, $3, $4)',
    [made.id, operator, made.secretHash, ['operations']],
  );
  return made.key;
}

/** Whether the key of an earlier start still opens this tenant, with every scope there is now. */
export async function keyWorks(
  client: pg.Client,
  text: string,
  tenantId: string,
): Promise<boolean> {
  const key = parseApiKey(text);
  if (key === undefined) return false;
  const found = await client.query(
    `SELECT 1 FROM api_key k WHERE id = $1 AND secret_hash = $2 AND tenant_id = $3
       AND scopes @> $4 AND is_live(k)`,
    [key.id, key.secretHash, tenantId, SCOPES],
  );
  return found.rowCount === 1;
}

/** Sets names, prices and what is available; what is reserved or sold stays as it is. */
export async function importCatalogue(
  client: pg.Client,
  tenantId: string,
  products: readonly Product[],
): Promise<void> {
  await client.query('BEGIN');
  try {
    // In the order in which orders lock stock, so that an import cannot deadlock with them.
    const sorted = products.toSorted((one, other) => (one.sku < other.sku ? -1 : 1));
    for (const each of sorted) await importProduct(client, tenantId, each);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

export async function isCatalogueEmpty(client: pg.Client, tenantId: string): Promise<boolean> {
  const found = await client.query('SELECT 1 FROM product WHERE tenant_id = $1 LIMIT 1', [
    tenantId,
  ]);
  return found.rowCount === 0;
}

async function importProduct(client: pg.Client, tenantId: string, each: Product): Promise<void> {
  const { sku, name, unitPrice, available } = each;
  await client.query(
    `INSERT INTO product (tenant_id, sku, name, unit_price, currency) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, sku) DO UPDATE
       SET name = excluded.name, unit_price = excluded.unit_price, currency = excluded.currency`,
    [tenantId, sku, name, unitPrice.value, unitPrice.currency],
  );
  await client.query(
    `INSERT INTO stock (tenant_id, sku, available) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, sku) DO UPDATE SET available = excluded.available`,
    [tenantId, sku, available],
  );
}
