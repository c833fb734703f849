/**
 * Temporal's production server on PostgreSQL as one process for one machine: all four services, the
 * faster of its two PostgreSQL drivers, and databases of its own in the cluster that it is given.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { createPorts, listens } from '../../src/launcher/ports.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import type { Postgres } from '../../src/launcher/postgres.ts';
import { runTethered, untilReady } from '../../src/launcher/processes.ts';
import type { Running } from '../../src/launcher/processes.ts';
import { requireTemporal } from '../../src/launcher/temporal.ts';

export interface TemporalServer extends Running {
  readonly address: string;
}

/** How the server is set up; for one machine unless told otherwise. */
export interface ServerProfile {
  readonly plugin?: 'postgres12' | 'postgres12_pgx';
  /** Fixed for ever when the cluster is made. */
  readonly historyShards?: number;
  readonly taskQueuePartitions?: number;
}

export async function startTemporalServer(options: {
  /** The folder with `temporal-server` and `temporal-sql-tool`. */
  readonly programs: string;
  readonly postgres: Pick<Postgres, 'url'>;
  readonly stateDir: string;
  readonly logFile: string;
  readonly retentionSeconds?: number;
  readonly profile?: ServerProfile;
}): Promise<TemporalServer> {
  const { programs, postgres, stateDir, logFile, retentionSeconds = A_DAY, profile } = options;
  mkdirSync(stateDir, { recursive: true });
  for (const database of DATABASES) await createSchema(programs, postgres, database);
  const services = await takePorts(stateDir);
  const port = services.frontend.rpc.grpcPort;
  const address = `127.0.0.1:${port}`;
  const configFile = join(stateDir, 'temporal.yaml');
  writeFileSync(
    configFile,
    JSON.stringify(configuration({ postgres, services, stateDir }, profile)),
  );
  const running = runTethered({
    command: join(programs, 'temporal-server'),
    args: ['--config-file', configFile, '--allow-no-auth', 'start'],
    env: process.env,
    cwd: stateDir,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 4_000 }],
  });
  await untilReady({ name: 'Temporal', running, logFile, ready: () => listens(address) });
  await registerNamespace(address, retentionSeconds);
  await requireTemporal({ address, namespace: NAMESPACE });
  return { ...running, address };
}

const NAMESPACE = 'default';
const A_DAY = 86_400;

const DATABASES = [
  { name: 'temporal', schema: 'postgresql/v12/temporal' },
  { name: 'temporal_visibility', schema: 'postgresql/v12/visibility' },
] as const;

async function createSchema(
  programs: string,
  postgres: Pick<Postgres, 'url'>,
  { name, schema }: (typeof DATABASES)[number],
): Promise<void> {
  await withClient(postgres.url('postgres'), (client) => client.query(`CREATE DATABASE ${name}`));
  const { hostname, port, username, password } = new URL(postgres.url(name));
  const place = ['--ep', hostname, '-p', port, '-u', username, '--pw', password, '--db', name];
  const tool = (...args: string[]) =>
    promisify(execFile)(join(programs, 'temporal-sql-tool'), [
      '--plugin',
      'postgres12',
      ...place,
      ...args,
    ]);
  await tool('setup-schema', '-v', '0.0');
  await tool('update-schema', '--schema-name', schema);
}

// Temporal writes its ports into columns of two bytes with a sign: beyond 32767 it does not start.
const FIRST_PORT = 21_000 + (process.pid % 500) * 20;

type Services = Awaited<ReturnType<typeof takePorts>>;

async function takePorts(stateDir: string) {
  const ports = createPorts({ file: join(stateDir, 'ports.json'), environment: {} });
  const take = (variable: string) => ports.take({ variable, preferred: FIRST_PORT });
  const service = async (name: string) => ({
    rpc: {
      grpcPort: await take(`${name}_GRPC`),
      membershipPort: await take(`${name}_MEMBERSHIP`),
      bindOnLocalHost: true,
    },
  });
  return {
    frontend: await service('FRONTEND'),
    matching: await service('MATCHING'),
    history: await service('HISTORY'),
    worker: await service('WORKER'),
  };
}

interface Place {
  readonly postgres: Pick<Postgres, 'url'>;
  readonly services: Services;
  readonly stateDir: string;
}

/** YAML is a superset of JSON. */
function configuration({ postgres, services, stateDir }: Place, profile: ServerProfile = {}) {
  const { hostname, port: postgresPort, username, password } = new URL(postgres.url('x'));
  const store = (databaseName: string, connections: number) => ({
    sql: {
      // Measured by `npm run bench:levers`, as are shards and partitions.
      pluginName: profile.plugin ?? 'postgres12_pgx',
      databaseName,
      connectAddr: `${hostname}:${postgresPort}`,
      connectProtocol: 'tcp',
      user: username,
      password,
      maxConns: connections,
      maxIdleConns: connections,
      maxConnLifetime: '1h',
    },
  });
  const dynamic = join(stateDir, 'dynamic.yaml');
  writeFileSync(dynamic, JSON.stringify(dynamicConfiguration(profile)));
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      // As Temporal's own configuration for one machine has it.
      numHistoryShards: profile.historyShards ?? 4,
      datastores: {
        main: store('temporal', 20),
        visibility: store('temporal_visibility', 5),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services,
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${services.frontend.rpc.grpcPort}`,
        },
      },
    },
    dynamicConfigClient: { filepath: dynamic, pollInterval: '60s' },
  };
}

// One small worker set, as with the dev server: partitions would only forward tasks to each other. And a
// retention may be of minutes, and kept to the second, where somebody asks for that.
function dynamicConfiguration({ taskQueuePartitions = 1 }: ServerProfile) {
  return {
    'system.namespaceMinRetentionLocal': [{ value: '1s' }],
    'history.retentionTimerJitterDuration': [{ value: '1s' }],
    'matching.numTaskqueueReadPartitions': [{ value: taskQueuePartitions }],
    'matching.numTaskqueueWritePartitions': [{ value: taskQueuePartitions }],
  };
}

async function registerNamespace(address: string, retentionSeconds: number): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 20_000 });
  try {
    await connection.withDeadline(Date.now() + 20_000, () =>
      connection.workflowService.registerNamespace({
        namespace: NAMESPACE,
        workflowExecutionRetentionPeriod: { seconds: retentionSeconds as never },
      }),
    );
  } finally {
    await connection.close();
  }
}
