/**
 * What kill -9 leaves behind: a postmaster whose tether is gone, or only its lock file. A running
 * one is stopped, because nothing holds it any more; a file whose process ID now belongs to
 * something else is removed, because PostgreSQL would take that process for itself.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, Complaint } from './complaint.ts';
import type { ServerUser } from './places.ts';

interface Cluster {
  readonly home: string;
  readonly data: string;
  readonly binaries: string;
  readonly user: ServerUser | undefined;
}

export async function stopLeftover(cluster: Cluster): Promise<void> {
  const lockFile = join(cluster.data, 'postmaster.pid');
  const pid = readPid(lockFile);
  if (pid === undefined || !isAlive(pid) || !servesCluster(pid, cluster.data)) {
    // Removed also where PostgreSQL would not mind it: the old file still says "ready".
    rmSync(lockFile, { force: true });
    return;
  }
  const stopped =
    (await pgCtlStop(cluster, 'fast', 10)) || (await pgCtlStop(cluster, 'immediate', 5));
  if (!stopped && isAlive(pid)) {
    throw new Complaint(`PostgreSQL (process ${pid}) still runs and does not stop: end it by hand`);
  }
}

function readPid(lockFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8').split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** A postmaster works in its data directory and names it in its arguments; nothing else does both. */
function servesCluster(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux')
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
    const args = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return args.includes(`postgres -D ${data}`);
  } catch {
    return false;
  }
}

async function pgCtlStop(cluster: Cluster, mode: string, seconds: number): Promise<boolean> {
  const args = ['stop', '-D', cluster.data, '-m', mode, '-w', '-t', String(seconds)];
  try {
    await promisify(execFile)(join(cluster.binaries, 'bin', 'pg_ctl'), args, {
      cwd: cluster.home,
      ...cluster.user,
    });
    return true;
  } catch {
    return false;
  }
}
