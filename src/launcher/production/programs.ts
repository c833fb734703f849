/** What stands for each image of the compose file: how it is started here, and when it is healthy. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../fleet.ts';
import { listens } from '../ports.ts';
import { startCluster } from '../postgres.ts';
import { endLeftover, runBuilt, runTethered, untilReady } from '../processes.ts';
import type { Running } from '../processes.ts';
import { apiReady, isReady, onceReady, standInReady } from '../programs.ts';
import type { Service } from './compose.ts';
import type { Here } from './here.ts';
import type { Image } from './image.ts';

export interface Stage {
  readonly state: string;
  readonly cacheDir: string;
  readonly fleet: Fleet;
  readonly say: (line: string) => void;
  readonly here: Here;
  readonly image: Image;
  /** The image laid out, and the checkout as it was built. */
  readonly app: string;
  readonly build: string;
  /** The folders of Temporal's programs. */
  readonly server: string;
  readonly ui: string;
  /** Where jobs look for commands. */
  readonly path: string;
}

type Start = (stage: Stage, service: Service, replica: number) => Promise<Running>;

/** By image, without its tag. */
export const programs: Readonly<Record<string, Start>> = {
  postgres: startPostgres,
  'temporalio/server': startServer,
  'temporalio/ui': startUi,
  makegood: startMakegood,
  'makegood-stand-ins': startStandIn,
};

/** What a killed start left running, which would hold the ports. */
export async function endLeftovers(state: string): Promise<void> {
  await Promise.all(HELD.map((name) => endLeftover(join(state, `${name}.pid`))));
}

const HELD = ['temporal', 'temporal-ui'];

async function startPostgres(stage: Stage, { environment, command }: Service): Promise<Running> {
  const [, ...settings] = command;
  return startCluster({
    stateDir: stage.state,
    cacheDir: stage.cacheDir,
    port: stage.here.portOf('postgres', 'PGPORT'),
    password: environment['POSTGRES_PASSWORD'] ?? '',
    initdb: (environment['POSTGRES_INITDB_ARGS'] ?? '').split(' '),
    settings,
    logFile: logOf(stage, 'postgres'),
  });
}

async function startServer(stage: Stage, service: Service): Promise<Running> {
  const port = stage.here.portOf('temporal', 'FRONTEND_GRPC_PORT');
  return startHeld(stage, service, {
    command: join(stage.server, 'temporal-server'),
    args: ['start'],
    ready: () => listens(`127.0.0.1:${port}`),
  });
}

async function startUi(stage: Stage, service: Service): Promise<Running> {
  const port = stage.here.portOf('temporal-ui', 'TEMPORAL_UI_PORT');
  const config = join(stage.state, 'temporal-ui');
  mkdirSync(config, { recursive: true });
  // Alone in its container it listens everywhere.
  writeFileSync(join(config, 'base.yaml'), 'host: 127.0.0.1\n');
  copyFileSync(join(stage.ui, 'docker.yaml'), join(config, 'docker.yaml'));
  return startHeld(stage, service, {
    command: join(stage.ui, 'ui-server'),
    // Looked for below the working directory, however it begins.
    args: ['--config', 'temporal-ui', '--env', 'docker', 'start'],
    ready: () => answers(`http://127.0.0.1:${port}/`),
  });
}

async function startHeld(
  stage: Stage,
  service: Service,
  program: {
    readonly command: string;
    readonly args: readonly string[];
    readonly ready: () => Promise<boolean>;
  },
): Promise<Running> {
  const { name } = service;
  const logFile = logOf(stage, name);
  const running = runTethered({
    ...program,
    cwd: stage.state,
    env: { PATH: stage.path, ...stage.here.environmentOf(service, 1) },
    logFile,
    pidFile: join(stage.state, `${name}.pid`),
    // Below the 5 s within which every child has to be gone after the launcher died.
    stop: [{ signal: 'SIGTERM', withinMs: 4_000 }],
  });
  await untilReady({ name, running, logFile, ready: program.ready });
  return running;
}

async function startMakegood(stage: Stage, service: Service, replica: number): Promise<Running> {
  const { here, image } = stage;
  const own = Object.entries(image.environment).map(([name, value]) => [name, here.textOf(value)]);
  const program = {
    name: service.name,
    command: service.command.length > 0 ? service.command : image.command,
    cwd: stage.app,
    env: {
      ...(Object.fromEntries(own) as Record<string, string>),
      ...here.environmentOf(service, replica),
    },
    logFile: logOf(stage, service.replicas === 1 ? service.name : `${service.name}-${replica}`),
  };
  if (service.name === 'worker') return startNode({ ...program, ready: isReady });
  const api = await startNode({ ...program, ready: apiReady });
  while (!(await answers(`${api.operationsUrl}/health/ready`))) await sleep(100);
  return api;
}

async function startStandIn(stage: Stage, service: Service): Promise<Running> {
  return startNode({
    name: service.name,
    command: service.command,
    cwd: stage.build,
    env: stage.here.environmentOf(service, 1),
    logFile: logOf(stage, service.name),
    ready: standInReady,
  });
}

/** `node …`, as this very Node; ready when it says so. */
async function startNode<Ready extends Parameters<typeof onceReady>[0]['ready']>(program: {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly ready: Ready;
}) {
  const [, ...args] = program.command;
  return onceReady(program, runBuilt({ ...program, args }));
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

function logOf({ state }: Stage, name: string): string {
  return join(state, 'logs', `${name}.log`);
}
