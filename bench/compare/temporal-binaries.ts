/**
 * Temporal's production server and its schema tool, which come as sources: built once from the Go
 * module proxy into the cache that all checkouts share.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Complaint } from '../../src/launcher/complaint.ts';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { reasonIn, runTethered } from '../../src/launcher/processes.ts';

const SERVER_VERSION = '1.32.0';

export interface ServerBinaries {
  readonly server: string;
  readonly schemaTool: string;
}

export async function serverBinaries(
  logFile: string,
  say: (line: string) => void,
): Promise<ServerBinaries> {
  const cache = cacheDirectory(process.env);
  const home = join(cache, `temporal-server-${SERVER_VERSION}-${process.platform}-${process.arch}`);
  const binaries = {
    server: join(home, 'temporal-server'),
    schemaTool: join(home, 'temporal-sql-tool'),
  };
  if (existsSync(home)) return binaries;
  say(`building Temporal's server ${SERVER_VERSION} with Go, once, for 5 to 10 minutes`);
  // Complete before it has its name: a build that is killed leaves nothing to trip over.
  const unfinished = `${home}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const modules = ['cmd/server', 'cmd/tools/sql'];
  const running = runTethered({
    command: 'go',
    args: [
      'install',
      '-v',
      ...modules.map((at) => `go.temporal.io/server/${at}@v${SERVER_VERSION}`),
    ],
    env: { ...process.env, GOBIN: unfinished },
    cwd: unfinished,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 2_000 }],
  });
  const how = await running.ended;
  if (how !== 'exit code 0') {
    await rm(unfinished, { recursive: true, force: true });
    throw new Complaint(`the Temporal server could not be built (${how}): ${reasonIn(logFile)}`);
  }
  await rename(join(unfinished, 'server'), join(unfinished, 'temporal-server'));
  await rename(join(unfinished, 'sql'), join(unfinished, 'temporal-sql-tool'));
  await rename(unfinished, home);
  return binaries;
}
