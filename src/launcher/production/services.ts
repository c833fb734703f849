/**
 * Runs the services of the compose file: each once what it waits for is up or done, jobs to their
 * end, the others for as long as the stack lives.
 */
import { join } from 'node:path';
import { Complaint } from '../complaint.ts';
import type { Kind, Member } from '../fleet.ts';
import { reasonIn, runTethered } from '../processes.ts';
import type { Running } from '../processes.ts';
import type { Service } from './compose.ts';
import { programs } from './programs.ts';
import type { Stage } from './programs.ts';

export async function runServices(stage: Stage, services: readonly Service[]): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const start = (name: string): Promise<void> => {
    const known = started.get(name);
    if (known !== undefined) return known;
    const service = services.find((each) => each.name === name);
    if (service === undefined)
      throw new Complaint(`docker-compose.yml: no service ${name} to wait for`);
    const starting = Promise.all(service.after.map(start)).then(() => run(stage, service));
    started.set(name, starting);
    return starting;
  };
  await Promise.all(services.map(({ name }) => start(name)));
}

async function run(stage: Stage, service: Service): Promise<void> {
  if (service.isJob) {
    await runJob(stage, service);
    stage.say(`${service.name} is done`);
    return;
  }
  const { start, kind } = programOf(service);
  const replicas = Array.from({ length: service.replicas }, async (_, at) => {
    const member: Member = service.replicas === 1 ? kind : `${kind} ${at + 1}`;
    const patient = async (): Promise<Running> => {
      const running = await start(stage, service, at + 1);
      const stop = (withinMs = service.stopGraceMs) => running.stop(withinMs);
      return { ...running, stop };
    };
    const { pid } = await stage.fleet.add(member, patient);
    stage.say(`${member} is up (process ${pid})`);
  });
  await Promise.all(replicas);
}

/** Throws a complaint when nothing here stands for its image. */
export function programOf({ name, image }: Service) {
  const start = programs[image.split(':')[0] ?? ''];
  const kind = KINDS[name];
  if (start !== undefined && kind !== undefined) return { start, kind };
  throw new Complaint(`docker-compose.yml: the production stack cannot run ${name} (${image})`);
}

const KINDS: Readonly<Record<string, Kind>> = {
  postgres: 'PostgreSQL',
  temporal: 'Temporal',
  'temporal-ui': 'Temporal UI',
  api: 'API',
  worker: 'worker',
  gateway: 'gateway',
  carrier: 'carrier',
  mail: 'mail',
};

async function runJob(stage: Stage, service: Service): Promise<void> {
  const { name } = service;
  const [command = '', ...args] = service.command.map((word) => stage.here.textOf(word));
  const logFile = join(stage.state, 'logs', `${name}.log`);
  const job = runTethered({
    command,
    args,
    cwd: stage.state,
    env: { PATH: stage.path, HOME: stage.state, ...stage.here.environmentOf(service, 1) },
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 2_000 }],
  });
  const how = await job.ended;
  if (how === 'exit code 0') return;
  throw new Complaint(`${name} failed (${how}), see ${logFile}: ${reasonIn(logFile)}`);
}
