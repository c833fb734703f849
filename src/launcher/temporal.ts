/**
 * Temporal's dev server for development and tests: one process with the UI, its state in a file.
 * Like PostgreSQL it is held by a tether, and like PostgreSQL it is skipped when there is one
 * already: TEMPORAL_ADDRESS.
 */
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Complaint } from './complaint.ts';
import { listens } from './ports.ts';
import { endLeftover, runTethered, untilReady } from './processes.ts';
import type { Running } from './processes.ts';
import { registerSearchAttributes } from './search-attributes.ts';

export interface Temporal extends Running {
  readonly address: string;
  readonly uiUrl: string;
}

export interface TemporalOptions {
  readonly binary: string;
  readonly stateDir: string;
  readonly port: number;
  readonly uiPort: number;
  readonly logFile: string;
}

/**
 * Beside its own two ports the server takes free ones for itself, and may lose one between finding
 * it and listening there; so it is tried again.
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryToStart(options);
    } catch (error) {
      const lostPort = error instanceof Complaint && error.message.includes('already in use');
      if (!lostPort || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

const MOST_ATTEMPTS = 3;

async function tryToStart(options: TemporalOptions): Promise<Temporal> {
  const address = `127.0.0.1:${options.port}`;
  await endTemporal(options.stateDir);
  const running = runTethered({
    command: options.binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1'],
      ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
      ...['--db-filename', join(options.stateDir, 'temporal.db')],
      ...tuning,
    ],
    env: process.env,
    cwd: options.stateDir,
    logFile: options.logFile,
    pidFile: pidFileIn(options.stateDir),
    stop,
  });
  // A connection tried before the port is open waits a second before it tries again.
  const ready = async (): Promise<boolean> =>
    (await listens(address)) && (await answers({ address, namespace: 'default' }));
  await untilReady({ name: 'Temporal', running, logFile: options.logFile, ready });
  await introduce({ address, namespace: 'default' });
  return { ...running, address, uiUrl: `http://127.0.0.1:${options.uiPort}` };
}

/** Stops what an earlier start left running: two servers must never share the file with the state. */
export function endTemporal(stateDir: string): Promise<void> {
  return endLeftover(pidFileIn(stateDir));
}

function pidFileIn(stateDir: string): string {
  return join(stateDir, 'temporal.pid');
}

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string | undefined;
}

/** Throws a complaint when nobody answers there, or it cannot be told of our search attributes. */
export async function requireTemporal(at: TemporalAddress): Promise<void> {
  // Where nobody listens, five seconds of trying to connect would tell no more.
  if ((await listens(at.address)) && (await answers(at, 5_000))) {
    await introduce(at);
    return;
  }
  throw new Complaint(
    `TEMPORAL_ADDRESS=${at.address} does not answer for namespace ${at.namespace}: start Temporal` +
      ' there, or unset TEMPORAL_ADDRESS to have one started',
  );
}

async function introduce(at: TemporalAddress): Promise<void> {
  const connection = await connect(at, 5_000);
  try {
    await connection.withDeadline(Date.now() + 10_000, () =>
      registerSearchAttributes(connection, at.namespace),
    );
  } finally {
    await connection.close();
  }
}

const tuning = [
  // As durable as PostgreSQL's books need it: a write-ahead log that survives a killed process.
  ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
  // One small worker set: partitions would only forward tasks to each other.
  ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
  ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
  // An older build is seen to have drained in seconds instead of minutes.
  ...['--dynamic-config-value', 'matching.wv.VersionDrainageStatusVisibilityGracePeriod="2s"'],
  ...['--dynamic-config-value', 'matching.wv.VersionDrainageStatusRefreshInterval="2s"'],
  ...['--log-level', 'warn', '--color', 'never'],
];

// A graceful stop takes about a second; what is cut off is in the file already.
const stop = [{ signal: 'SIGTERM', withinMs: 4_000 }] as const;

/** Whether the namespace can be used, which comes a little later than the open port. */
async function answers(at: TemporalAddress, connectTimeout = 1_000): Promise<boolean> {
  const { namespace } = at;
  const connection = await connect(at, connectTimeout).catch(() => undefined);
  if (connection === undefined) return false;
  try {
    await connection.withDeadline(Date.now() + connectTimeout, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

function connect(
  { address, apiKey }: TemporalAddress,
  connectTimeout: number,
): Promise<Connection> {
  const secured = apiKey === undefined ? {} : { apiKey, tls: true };
  return Connection.connect({ address, connectTimeout, ...secured });
}
