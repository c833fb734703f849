/**
 * Temporal's production server in the dev server's place, on the same PostgreSQL as the books, with a
 * retention of minutes: what it forgets can be seen to be forgotten.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { temporalServer } from '../../src/launcher/production/temporal-programs.ts';
import { createPart } from '../../test/faults/chaos/part.ts';
import type { StackOptions } from '../../test/faults/chaos/stack.ts';
import { SERVER_VERSION } from '../compare/prepare.ts';
import { startTemporalServer } from '../compare/temporal-server.ts';

export function serverThatForgets(retentionSeconds: number): NonNullable<StackOptions['temporal']> {
  return async ({ state, logs, say }, { url }) => {
    const logFile = join(logs, 'temporal.log');
    const wish = { cacheDir: cacheDirectory(process.env), environment: process.env, logFile, say };
    const programs = await temporalServer(wish, SERVER_VERSION);
    const stateDir = join(state, 'temporal');
    const postgres = { url: (database: string) => withDatabase(url, database) };
    let address = '';
    const start = async () => {
      const options = { programs, postgres, stateDir, logFile, retentionSeconds };
      const server = await startTemporalServer(options);
      ({ address } = server);
      return server;
    };
    const part = createPart('Temporal', start, say);
    await part.up();
    return { ...part, address };
  };
}

export function withDatabase(url: string, database: string): string {
  const at = new URL(url);
  at.pathname = `/${database}`;
  return at.href;
}

interface SeenRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly type: string;
  readonly startTime: Date;
  readonly closeTime: Date | null;
}

export interface RunBook {
  readonly runs: ReadonlyMap<string, SeenRun>;
  stop(): Promise<void>;
}

// A run can be looked for a little after it has closed, and long before it is forgotten.
const OVERLAP_MS = 20_000;

/** Notes every run that has closed, because the checker asks for those that are forgotten as well. */
export function noteRuns(address: string, everyMs: number): RunBook {
  const runs = new Map<string, SeenRun>();
  const stopping = new AbortController();
  let since = new Date();
  const look = async (client: Client): Promise<void> => {
    const now = Date.now();
    const query = `CloseTime >= '${since.toISOString()}'`;
    for await (const run of client.workflow.list({ query, pageSize: 1_000 })) {
      const { workflowId, runId, status, type, startTime, closeTime = null } = run;
      runs.set(runId, { workflowId, runId, status: status.name, type, startTime, closeTime });
    }
    since = new Date(now - OVERLAP_MS);
  };
  const loop = async (): Promise<void> => {
    const connection = await Connection.connect({ address });
    const client = new Client({ connection });
    while (!stopping.signal.aborted) {
      await look(client).catch(() => undefined);
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await look(client);
    await connection.close();
  };
  const looping = loop();
  return {
    runs,
    async stop() {
      stopping.abort();
      await looping;
    },
  };
}
