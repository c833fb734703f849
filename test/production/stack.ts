/** `npm run stack:production` as a person starts it, in a state folder of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEndpoints } from '../../src/launcher/endpoints.ts';
import type { Endpoints } from '../../src/launcher/endpoints.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { removeCluster } from '../../src/launcher/postgres.ts';
import { until } from '../support/wait.ts';

export interface ProductionStack {
  readonly state: string;
  readonly endpoints: Endpoints;
  readonly apiUrls: readonly string[];
  readonly said: () => string;
  /** Kill -9; resolves once the launcher has it up again. */
  readonly kill: (member: string) => Promise<void>;
  /** Ctrl-C; answers what the launcher ended with. */
  readonly interrupt: () => Promise<number | null>;
  readonly forget: () => Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

// A cold cache: the server and the UI are built first.
const COLD_MS = 20 * 60_000;

export async function startProductionStack(): Promise<ProductionStack> {
  const state = await mkdtemp(join(tmpdir(), 'makegood-production-'));
  const args = [join(root, 'start.mjs'), '--production', '--state', state];
  const launcher = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  launcher.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const said = (): string => output;
  await until(() => output.includes('makegood is ready') || launcher.exitCode !== null, COLD_MS);
  const endpoints = readEndpoints(state);
  if (endpoints === undefined) throw new Error(`the stack did not start:\n${output}`);
  return {
    state,
    endpoints,
    apiUrls: endpoints.apiUrls ?? [],
    said,
    async kill(member) {
      const ups = (): number => output.split(`${member} is up again`).length;
      const before = ups();
      process.kill(pidOf(member, state, output), 'SIGKILL');
      await until(() => ups() > before, 60_000);
    },
    async interrupt() {
      const ended = once(launcher, 'exit');
      launcher.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      return code;
    },
    async forget() {
      launcher.kill('SIGKILL');
      await removeCluster(state, cacheDirectory(process.env));
      await rm(state, { recursive: true });
    },
  };
}

/** Of a program that a tether holds, the program's own. */
function pidOf(member: string, state: string, output: string): number {
  if (member === 'Temporal')
    return Number.parseInt(readFileSync(join(state, 'temporal.pid'), 'utf8'), 10);
  const [, pid] = new RegExp(`^${member} is up \\(process (\\d+)\\)$`, 'm').exec(output) ?? [];
  assert.ok(pid, `the launcher names the process of ${member}`);
  return Number(pid);
}
