/** `npm run catalogue import <file.json> [--tenant name]`: sets products, prices and stock. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase } from './endpoints.ts';
import { withClient } from './postgres.ts';
import { catalogueSchema, ensureTenant, importCatalogue } from './shop.ts';
import type { Product } from './shop.ts';

const usage = 'usage: npm run catalogue -- import <file.json> [--tenant <name>]';

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tenant: { type: 'string', default: 'demo' } },
  });
  const [verb, file, ...more] = positionals;
  if (verb !== 'import' || file === undefined || more.length > 0) throw new Complaint(usage);
  const products = readCatalogue(file);
  await withClient(findDatabase(process.env), async (client) => {
    const tenantId = await ensureTenant(client, values.tenant);
    await importCatalogue(client, tenantId, products);
  });
  console.log(`${products.length} products of tenant ${values.tenant} are set:`);
  for (const { sku, unitPrice, available } of products) {
    console.log(`  ${sku}: ${unitPrice.value} ${unitPrice.currency}, ${available} available`);
  }
});

function readCatalogue(file: string): readonly Product[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Complaint(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  const parsed = catalogueSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Complaint(`${file} is not a catalogue:\n${z.prettifyError(parsed.error)}`);
}
