/**
 * `npm run catalogue -- import <file.json> [--tenant name]` sets products, prices and stock, and
 * `vouchers <file.json>` vouchers.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase } from './endpoints.ts';
import { withClient } from './postgres.ts';
import { catalogueSchema, ensureTenant, importCatalogue } from './shop.ts';
import { importVouchers, vouchersSchema } from './vouchers.ts';

const usage = 'usage: npm run catalogue -- import|vouchers <file.json> [--tenant <name>]';

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tenant: { type: 'string', default: 'demo' } },
  });
  const [verb, file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Complaint(usage);
  if (verb === 'import') await setProducts(file, values.tenant);
  else if (verb === 'vouchers') await setVouchers(file, values.tenant);
  else throw new Complaint(usage);
});

async function setProducts(file: string, tenant: string): Promise<void> {
  const products = read(file, catalogueSchema, 'a catalogue');
  await inBooks(tenant, (client, tenantId) => importCatalogue(client, tenantId, products));
  console.log(`${products.length} products of tenant ${tenant} are set:`);
  for (const { sku, unitPrice, available } of products) {
    console.log(`  ${sku}: ${unitPrice.value} ${unitPrice.currency}, ${available} available`);
  }
}

async function setVouchers(file: string, tenant: string): Promise<void> {
  const vouchers = read(file, vouchersSchema, 'a list of vouchers');
  await inBooks(tenant, async (client, tenantId) => {
    await importVouchers(client, tenantId, vouchers).catch((error: unknown) => {
      const isOverused =
        error instanceof pg.DatabaseError && error.constraint === 'voucher_is_not_overused';
      throw isOverused ? new Complaint('one of them has been used more often already') : error;
    });
  });
  console.log(`${vouchers.length} vouchers of tenant ${tenant} are set:`);
  for (const { code, amountOff, percentOff, currency, uses } of vouchers) {
    const off = amountOff === undefined ? `${percentOff} % off` : `${amountOff} ${currency} off`;
    console.log(`  ${code}: ${off}, ${uses} uses`);
  }
}

function inBooks(
  tenant: string,
  work: (client: pg.Client, tenantId: string) => Promise<void>,
): Promise<void> {
  return withClient(findDatabase(process.env), async (client) => {
    await work(client, await ensureTenant(client, tenant));
  });
}

function read<T>(file: string, schema: z.ZodType<T>, what: string): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Complaint(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Complaint(`${file} is not ${what}:\n${z.prettifyError(parsed.error)}`);
}
