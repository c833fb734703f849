/**
 * Writes openapi.json from the routes, so that a change to the API is seen in review. With --check
 * it writes nothing, and fails when the committed copy is not what the routes say, or is no good
 * description of an API (redocly.yaml says what is). `--lint <file>` looks at another one.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openApiDocument } from '../src/api/openapi.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const file = inRoot('openapi.json');
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

const { check, lint } = parseArgs({
  options: { check: { type: 'boolean' }, lint: { type: 'string' } },
}).values;

if (lint !== undefined) assertGood(lint);
else if (check !== true) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') === text) assertGood(file);
else fail('openapi.json is not what the routes say: node --import tsx scripts/openapi.ts');

/** By a process of its own, which is the only way in that the package has. */
function assertGood(path: string): void {
  const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
  const cli = join(dirname(manifest), 'bin/cli.js');
  const options = ['--config', inRoot('redocly.yaml'), '--format', 'stylish'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'lint', path, ...options], {
    encoding: 'utf8',
    // It neither reports home nor asks for news of itself.
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (status !== 0) fail(`${stdout}\n${stderr}`);
}

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}
