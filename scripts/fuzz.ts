/**
 * `npm run test:fuzz [-- --cases n --least n --seed n]`: schemathesis against running processes. It reads
 * /v1/openapi.json, makes requests that keep to it and requests that do not, and holds every answer
 * to it. schemathesis is Python's; it is installed once, into a virtual environment in the cache.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../src/launcher/places.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../test/support/global.ts';
import { createProcessStack } from '../test/support/processes.ts';

const VERSION = '4.32.5';

// It keeps notes where it is started.
const notes = fileURLToPath(new URL('../.makegood/fuzz', import.meta.url));
const config = fileURLToPath(new URL('../schemathesis.toml', import.meta.url));

const { values } = parseArgs({
  options: {
    // Per operation and phase.
    cases: { type: 'string', default: '400' },
    least: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});

const program = install();
await mochaGlobalSetup();
try {
  const stack = await createProcessStack();
  try {
    await stack.shop.stock('mug', 1_000_000);
    const [api] = await Promise.all([stack.startApi(), stack.startWorker()]);
    process.exitCode = await fuzz(api.url, stack.apiKey);
  } finally {
    await stack.close();
  }
} finally {
  await mochaGlobalTeardown();
}

async function fuzz(url: string, apiKey: string): Promise<number> {
  const options = [
    ...['--header', `Authorization: Bearer ${apiKey}`],
    ...['--phases', 'examples,coverage,fuzzing,stateful', '--checks', 'all', '--mode', 'all'],
    ...['--seed', values.seed, '--max-examples', values.cases, '--generation-database', 'none'],
    ...['--request-timeout', '40', '--no-color', '--continue-on-failure'],
  ];
  mkdirSync(notes, { recursive: true });
  const words = ['--config-file', config, 'run', `${url}/v1/openapi.json`, ...options];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], cwd: notes });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const cases = Number(/(\d+) generated/.exec(said)?.[1] ?? 0);
  if (cases >= Number(values.least)) return code ?? 1;
  console.error(`${cases} cases, where there should be ${values.least} at least`);
  return 1;
}

/** The program, installed where it is missing; says so where there is no Python. */
function install(): string {
  const directory = join(cacheDirectory(process.env), `schemathesis-${VERSION}`);
  const installed = join(directory, 'bin/schemathesis');
  if (existsSync(installed)) return installed;
  // Whole, or made anew: what a broken start has left has no pip perhaps.
  must('python3', ['-m', 'venv', '--clear', directory]);
  must(join(directory, 'bin/pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
  return installed;
}

function must(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) return;
  const why = error?.message ?? `it ended with ${String(status)}`;
  throw new Error(
    `schemathesis ${VERSION} needs Python 3.10 with venv and pip, and their registry: ` +
      `${[command, ...args].join(' ')}: ${why}`,
  );
}
