/**
 * What one test run owns: its servers and their temporary directory. A run that is killed takes its
 * servers along by their tethers; the next run removes the directory.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { workflowBundle } from '../../src/launcher/bundle.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { freePort } from '../../src/launcher/ports.ts';
import { ensureDatabase, startPostgres } from '../../src/launcher/postgres.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { temporalBinary } from '../../src/launcher/temporal-binary.ts';
import { startTemporal } from '../../src/launcher/temporal.ts';
import type { Services } from './services.ts';
import { startTemporalServer } from './temporal-server.ts';

export interface RunServices {
  get(name: string): Promise<Services[keyof Services]>;
  stop(): Promise<void>;
}

export function startServices(): RunServices {
  sweep();
  const directory = join(tmpdir(), `${prefix}${process.pid}`);
  const running: Running[] = [];
  /** What goes before the servers that it uses. */
  const before: (() => Promise<void>)[] = [];
  const makers = {
    postgres: () => postgres(directory, running),
    temporal: async () => {
      if (process.env['MAKEGOOD_TEST_TEMPORAL'] !== 'server') return temporal(directory, running);
      const { adminUrl } = (await services.get('postgres')) as Services['postgres'];
      const { stop, ...started } = await startTemporalServer(directory, { adminUrl });
      before.push(stop);
      return started;
    },
    bundle: async () => ({ file: await workflowBundle(bundles) }),
  } satisfies { [Name in keyof Services]: () => Promise<Services[Name]> };
  const asked = new Map<string, Promise<Services[keyof Services]>>();
  const services: RunServices = {
    get(name) {
      const known = asked.get(name);
      if (known !== undefined) return known;
      if (!(name in makers)) return Promise.reject(new Error(`there is no service "${name}"`));
      mkdirSync(directory, { recursive: true });
      const made = makers[name as keyof Services]();
      asked.set(name, made);
      return made;
    },
    async stop() {
      await Promise.allSettled(asked.values());
      await Promise.all(before.map((stop) => stop()));
      await Promise.all(running.map((server) => server.stop()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return services;
}

const prefix = 'makegood-run-';

// Kept across runs, because the workflows change less often than they are tested.
const bundles = fileURLToPath(new URL('../../.makegood/bundles', import.meta.url));

/** Directories of runs that were killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^makegood-run-(\d+)$/.exec(name) ?? [];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}

async function postgres(directory: string, running: Running[]): Promise<Services['postgres']> {
  const started = await startPostgres({
    stateDir: directory,
    cacheDir: cacheDirectory(process.env),
    logFile: join(directory, 'postgres.log'),
  });
  running.push(started);
  const template = 'makegood_template';
  await ensureDatabase(started, template);
  await migrate(started.url(template));
  return { url: started.url('postgres'), adminUrl: started.adminUrl('postgres'), template };
}

async function temporal(directory: string, running: Running[]): Promise<Services['temporal']> {
  const logFile = join(directory, 'temporal.log');
  const say = (line: string): void => console.log(line);
  const cacheDir = cacheDirectory(process.env);
  const binary = await temporalBinary({ cacheDir, environment: process.env, logFile, say });
  const [port, uiPort] = [await freePort(), await freePort()];
  const started = await startTemporal({ binary, stateDir: directory, port, uiPort, logFile });
  running.push(started);
  return { address: started.address, uiUrl: started.uiUrl, binary };
}
