/**
 * The ground on which one contender runs: a directory of its own, its own PostgreSQL, server and
 * programs, all of them new for each round and gone after it. So every round begins alike, nobody's
 * leftovers slow anybody else down, and whatever runs is the contender's.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { freePort } from '../../src/launcher/ports.ts';
import { ensureDatabase, removeCluster, startPostgres } from '../../src/launcher/postgres.ts';
import type { Postgres } from '../../src/launcher/postgres.ts';
import { runNode, untilReady } from '../../src/launcher/processes.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { standInReady, startProgram } from '../../src/launcher/programs.ts';
import { startTemporal } from '../../src/launcher/temporal.ts';
import type { Part } from '../processes.ts';
import { OUTSIDE } from './figures.ts';
import type { Prepared } from './prepare.ts';
import { startTemporalServer } from './temporal-server.ts';
import type { ServerProfile } from './temporal-server.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export type TemporalKind = 'server' | 'dev server';

export interface Ground {
  readonly directory: string;
  readonly prepared: Prepared;
  /** Whose CPU is counted, by name. */
  readonly parts: Part[];
  /** Undefined for a contender without PostgreSQL. */
  admin(): pg.Client | undefined;
  logFile(name: string): string;
  /** Keeps what was started until the ground is left. */
  keep<Child extends Running>(name: string, starting: Promise<Child>): Promise<Child>;
  postgres(database: string): Promise<Postgres>;
  temporal(kind: TemporalKind, profile?: ServerProfile): Promise<string>;
  standIns(): Promise<Parties>;
  /** A program of the benchmark's own; answers what it says when it is ready. */
  program(
    name: string,
    file: string,
    env: NodeJS.ProcessEnv,
    /** Loaded before it, in the process and in each of its threads. */
    first?: readonly string[],
  ): Promise<{ readonly url?: string }>;
  leave(): Promise<void>;
}

interface Parties {
  readonly gatewayUrl: string;
  /** What whoever calls them needs to know. */
  readonly env: NodeJS.ProcessEnv;
}

export function createGround(directory: string, prepared: Prepared): Ground {
  mkdirSync(directory, { recursive: true });
  const cacheDir = cacheDirectory(process.env);
  const running: Running[] = [];
  const parts: Part[] = [];
  let cluster: Promise<Postgres> | undefined;
  let admin: pg.Client | undefined;
  const logFile = (name: string) => join(directory, `${name}.log`);
  const keep = async <Child extends Running>(name: string, starting: Promise<Child>) => {
    const child = await starting;
    running.push(child);
    parts.push({ name, pid: child.pid });
    return child;
  };
  const startCluster = async () => {
    const options = { stateDir: directory, cacheDir, logFile: logFile('postgres') };
    const postgres = await keep('PostgreSQL', startPostgres(options));
    admin = new pg.Client({ connectionString: postgres.adminUrl('postgres') });
    // The server goes before it on the way out.
    admin.on('error', () => undefined);
    await admin.connect();
    return postgres;
  };
  const ground: Ground = {
    directory,
    prepared,
    parts,
    admin: () => admin,
    logFile,
    keep,
    async postgres(database) {
      const postgres = await (cluster ??= startCluster());
      await ensureDatabase(postgres, database);
      return postgres;
    },
    temporal: (kind, profile) => startEither(ground, kind, profile),
    standIns: () => startParties(ground),
    async program(name, file, env, first = []) {
      const program = {
        file: join(root, 'bench', file),
        first: first.map((module) => join(root, module)),
        env: { ...process.env, ...env },
        logFile: logFile(name),
      };
      const child = await keep(name, started(name, program));
      return child.said;
    },
    async leave() {
      // Who asks goes before whom it asks.
      for (const child of running.toReversed()) await child.stop();
      await admin?.end().catch(() => undefined);
      await removeCluster(directory, cacheDir);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return ground;
}

async function startEither(
  ground: Ground,
  kind: TemporalKind,
  profile: ServerProfile = {},
): Promise<string> {
  const { directory, prepared } = ground;
  const common = { stateDir: join(directory, 'temporal'), logFile: ground.logFile('temporal') };
  if (kind === 'server') {
    const postgres = await ground.postgres('postgres');
    const options = { ...common, programs: prepared.server, postgres, profile };
    return (await ground.keep('Temporal', startTemporalServer(options))).address;
  }
  mkdirSync(common.stateDir, { recursive: true });
  const ports = { port: await freePort(), uiPort: await freePort() };
  const options = { ...common, ...ports, binary: prepared.devServer };
  return (await ground.keep('Temporal', startTemporal(options))).address;
}

async function startParties(ground: Ground): Promise<Parties> {
  const standIn = (role: string) => {
    const book = { COUNTERPARTY_BOOK: join(ground.directory, `${role}.jsonl`) };
    const program = { name: role, root, file: 'counterparties/main.ts', args: [role] };
    const env = { ...process.env, ...book };
    const options = { ...program, env, ready: standInReady, logFile: ground.logFile(role) };
    return ground.keep(OUTSIDE, startProgram(options));
  };
  const gateway = await standIn('gateway');
  const carrier = await standIn('carrier');
  const mail = await standIn('mail');
  const env = {
    STRIPE_SECRET_KEY: 'sk_test_standin',
    STRIPE_API_BASE: gateway.url,
    CARRIER_URL: carrier.url,
    SMTP_URL: mail.smtpUrl,
  };
  return { gatewayUrl: gateway.url, env };
}

const saidReady = z.object({ ready: z.literal(true), url: z.string().optional() });

async function started(name: string, program: Parameters<typeof runNode>[0]) {
  const { logFile } = program;
  const running = runNode(program);
  let said: z.infer<typeof saidReady> | undefined;
  running.onMessage((message) => (said ??= saidReady.safeParse(message).data));
  await untilReady({ name, running, logFile, ready: () => said !== undefined });
  return { ...running, said: { ...(said?.url !== undefined && { url: said.url }) } };
}
