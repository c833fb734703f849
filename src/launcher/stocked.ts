/** What the launcher puts into a new database: a tenant with a key, and something to sell. */
import { readFileSync } from 'node:fs';
import { readEndpoints } from './endpoints.ts';
import type { Setting } from './parts.ts';
import { withClient } from './postgres.ts';
import * as shop from './shop.ts';
import { hasVouchers, importVouchers, vouchersSchema } from './vouchers.ts';

/** The key of tenant `demo`, that of the last start if it still works. */
export async function stockShop(
  { state, environment, say }: Pick<Setting, 'state' | 'environment' | 'say'>,
  databaseUrl: string,
): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const tenantId = await shop.ensureTenant(client, 'demo');
    if (await shop.isCatalogueEmpty(client, tenantId)) {
      const file = new URL('catalogue.json', import.meta.url);
      const products = shop.catalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      await shop.importCatalogue(client, tenantId, products);
      say(`the sample catalogue is in: ${products.length} products`);
    }
    if (!(await hasVouchers(client, tenantId))) {
      const file = new URL('vouchers.json', import.meta.url);
      const vouchers = vouchersSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      await importVouchers(client, tenantId, vouchers);
      say(`sample vouchers are in: ${vouchers.map(({ code }) => code).join(', ')}`);
    }
    const last = readEndpoints(state)?.apiKey;
    if (last !== undefined && (await shop.keyWorks(client, last, tenantId))) return last;
    const scopes = shop.SCOPES;
    return shop.createKey(client, {
      tenantId,
      scopes,
      environment: shop.keyEnvironment(environment),
    });
  });
}

/** Another key of tenant `demo`, for the shop's page: it can buy, cancel and refund. */
export async function storefrontKey(
  { state, environment }: Pick<Setting, 'state' | 'environment'>,
  databaseUrl: string,
): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const tenantId = await shop.ensureTenant(client, 'demo');
    const last = readEndpoints(state)?.shopKey;
    if (last !== undefined && (await shop.keyWorks(client, last, tenantId))) return last;
    const scopes = ['orders:read', 'orders:write', 'refunds:write'] as const;
    return shop.createKey(client, {
      tenantId,
      scopes,
      environment: shop.keyEnvironment(environment),
    });
  });
}
