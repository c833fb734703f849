/**
 * Writes openapi.json and openapi-operations.json from the routes, so that a change to an API is seen
 * in review. With --check it writes nothing, and fails when a committed copy is not what the routes
 * say, or is no good description of an API (redocly.yaml says what is). `--lint <file>` looks at
 * another one.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openApiDocument } from '../src/api/openapi.ts';
import { operationsDocument } from '../src/api/operations.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const documents = {
  'openapi.json': openApiDocument,
  'openapi-operations.json': operationsDocument,
};

const { check, lint } = parseArgs({
  options: { check: { type: 'boolean' }, lint: { type: 'string' } },
}).values;

if (lint !== undefined) assertGood(lint);
else {
  for (const [name, describe] of Object.entries(documents)) {
    const text = `${JSON.stringify(describe(), null, 2)}\n`;
    if (check !== true) writeFileSync(inRoot(name), text);
    else if (readFileSync(inRoot(name), 'utf8') === text) assertGood(inRoot(name));
    else fail(`${name} is not what the routes say: npm run openapi`);
  }
}

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
