/**
 * PostgreSQL for development and tests: the embedded binaries, a cluster of our own, reachable on
 * 127.0.0.1 only and with a password, durable like a real one. It outlives nobody: a tether stops
 * it with the launcher, and what a killed tether left running is stopped before the next start.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Complaint } from './complaint.ts';
import { reachable, serverUser } from './places.ts';
import type { ServerUser } from './places.ts';
import { freePort } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { stopLeftover } from './postgres-leftover.ts';
import { reasonIn, runTethered, untilReady } from './processes.ts';
import type { Running } from './processes.ts';

export interface Postgres extends Running {
  readonly port: number;
  /** As `makegood`, who may create databases and is no superuser: what the application uses. */
  url(database: string): string;
  /** As the superuser, for whom no row-level policy holds. */
  adminUrl(database: string): string;
}

export interface PostgresOptions {
  readonly stateDir: string;
  readonly cacheDir: string;
  /** Any free port when absent. */
  readonly port?: number;
  readonly logFile: string;
  /** Of the superuser and of `makegood`, when the cluster is new; a random one when absent. */
  readonly password?: string;
  /** Options of `initdb` and settings of the server beside our own. */
  readonly initdb?: readonly string[];
  readonly settings?: readonly string[];
}

/** With the roles that the application needs. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const postgres = await startCluster(options);
  await ensureRoles(postgres);
  return postgres;
}

/** With the superuser only. */
export async function startCluster(options: PostgresOptions): Promise<Postgres> {
  const cluster = await openCluster(options);
  await stopLeftover(cluster);
  const port = options.port ?? (await freePort());
  const running = runTethered({
    command: join(cluster.binaries, 'bin', 'postgres'),
    args: ['-D', cluster.data, '-p', String(port), ...settings, ...(options.settings ?? [])],
    env: serverEnvironment(cluster.home),
    cwd: cluster.home,
    logFile: options.logFile,
    ...cluster.user,
    stop,
  });
  await untilReady({
    name: 'PostgreSQL',
    running,
    logFile: options.logFile,
    ready: () => acceptsConnections(cluster.data),
  });
  const urlAs = (role: string, database: string): string =>
    `postgres://${role}:${cluster.password}@127.0.0.1:${port}/${database}`;
  return {
    ...running,
    port,
    url: (database) => urlAs('makegood', database),
    adminUrl: (database) => urlAs('postgres', database),
  };
}

/** Stops what an earlier start left running, so that its port is free again. */
export async function endPostgres(stateDir: string, cacheDir: string): Promise<void> {
  const user = serverUser();
  const home = clusterHome(stateDir, user);
  const data = join(home, 'data');
  if (!existsSync(data)) return;
  const binaries = await postgresBinaries(reachable(cacheDir, user));
  await stopLeftover({ home, data, user, binaries });
}

/** Forgets the cluster of a state directory, which may lie in a stand-in for it. */
export async function removeCluster(stateDir: string, cacheDir: string): Promise<void> {
  await endPostgres(stateDir, cacheDir);
  rmSync(clusterHome(stateDir, serverUser()), { recursive: true, force: true });
}

/** Creates the database unless it is there. */
export async function ensureDatabase(postgres: Postgres, name: string): Promise<void> {
  await withClient(postgres.url('postgres'), async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0)
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

export async function withClient<T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  // Without a listener a connection that breaks while idle would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const settings = [
  // Loopback only, and no Unix socket: its path would exceed the limit of 107 bytes in deep checkouts.
  ['listen_addresses', '127.0.0.1'],
  ['unix_socket_directories', ''],
  // The pools of several API and worker processes, beside a person who looks into the tables.
  ['max_connections', '200'],
  // The same words and times in the log wherever it runs.
  ['timezone', 'UTC'],
  ['log_timezone', 'UTC'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

// Fast: roll back and write a checkpoint; then immediate: recover from the log at the next start.
// Together below the 5 s within which every child has to be gone after the launcher died.
const stop = [
  { signal: 'SIGINT', withinMs: 3_500 },
  { signal: 'SIGQUIT', withinMs: 1_000 },
] as const;

interface Cluster {
  readonly home: string;
  readonly data: string;
  readonly binaries: string;
  readonly password: string;
  readonly user: ServerUser | undefined;
}

async function openCluster(options: PostgresOptions): Promise<Cluster> {
  const { stateDir, cacheDir } = options;
  const user = serverUser();
  const home = clusterHome(stateDir, user);
  const binaries = await postgresBinaries(reachable(cacheDir, user));
  const passwordFile = join(home, 'password');
  const data = join(home, 'data');
  if (!existsSync(data)) {
    await initialise({ home, data, binaries, user, passwordFile }, options);
  }
  const password = readFileSync(passwordFile, 'utf8').trim();
  return { home, data, binaries, password, user };
}

function clusterHome(stateDir: string, user: ServerUser | undefined): string {
  return reachable(join(stateDir, 'postgres'), user);
}

async function initialise(
  cluster: Omit<Cluster, 'password'> & { readonly passwordFile: string },
  { logFile, password = randomBytes(24).toString('hex'), initdb: more = [] }: PostgresOptions,
): Promise<void> {
  const { home, data, user, passwordFile } = cluster;
  // A cluster gets its name when it is whole, so that a kill in between leaves no half of one.
  const unfinished = join(home, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) [unfinished, passwordFile].forEach((path) => chownSync(path, user.uid, user.gid));
  const initdb = runTethered({
    command: join(cluster.binaries, 'bin', 'initdb'),
    args: [...shape, ...more, `--pgdata=${unfinished}`, `--pwfile=${passwordFile}`],
    env: serverEnvironment(home),
    cwd: home,
    logFile,
    ...user,
    stop,
  });
  const how = await initdb.ended;
  if (how !== 'exit code 0') {
    throw new Complaint(
      `PostgreSQL's initdb failed (${how}), see ${logFile}: ${reasonIn(logFile)}`,
    );
  }
  await rename(unfinished, data);
}

const shape = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // Sorts the same on every system, and survives an update of the system's locales.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--data-checksums',
];

/** Nothing of the caller's: PGHOST or a foreign locale would change what PostgreSQL does. */
function serverEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C' };
}

/** PostgreSQL says in line 8 of its lock file whether it takes connections, as pg_ctl -w reads it. */
function acceptsConnections(data: string): boolean {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return false;
  return readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready';
}

/** As in docker-compose.yml: one that owns everything, and one that requests run as. */
async function ensureRoles(postgres: Postgres): Promise<void> {
  const { password } = new URL(postgres.url('postgres'));
  await withClient(postgres.adminUrl('postgres'), async (client) => {
    const found = await client.query<{ rolname: string }>(
      "SELECT rolname FROM pg_roles WHERE rolname IN ('makegood', 'makegood_tenant')",
    );
    const roles = found.rows.map(({ rolname }) => rolname);
    const secret = client.escapeLiteral(password);
    if (!roles.includes('makegood')) {
      await client.query(`CREATE ROLE makegood LOGIN CREATEDB PASSWORD ${secret}`);
    }
    if (!roles.includes('makegood_tenant')) await client.query('CREATE ROLE makegood_tenant');
    await client.query('GRANT makegood_tenant TO makegood');
  });
}
