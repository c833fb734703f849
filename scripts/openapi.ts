/**
 * Writes openapi.json from the routes, so that a change to the API is seen in review. With --check
 * it writes nothing, and fails when the committed copy is not what the routes say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../src/api/openapi.ts';

const file = fileURLToPath(new URL('../openapi.json', import.meta.url));
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('openapi.json is not what the routes say: node --import tsx scripts/openapi.ts');
  process.exitCode = 1;
}
