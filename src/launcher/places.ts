/**
 * Where the launcher keeps things, and as whom PostgreSQL runs. PostgreSQL refuses to run as root,
 * so under root it runs as `postgres` or `nobody`, who must be able to reach its files. A checkout
 * or a cache below a private home is out of their reach; then a directory in /var/tmp, named after
 * our user ID and the place it stands in for, is used instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Complaint } from './complaint.ts';

/** Binaries that take long to get, shared by all checkouts. */
export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'makegood');
}

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** As whom PostgreSQL has to run; undefined when that is ourselves. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = ['postgres', 'nobody'].map(lookUp).find((found) => found !== undefined);
  if (user === undefined) {
    throw new Complaint(
      'PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it' +
        ' as: start as an ordinary user, or set DATABASE_URL',
    );
  }
  return user;
}

/** The directory itself when the user can reach it, else its stand-in. Exists afterwards. */
export function reachable(directory: string, user: ServerUser | undefined): string {
  const wanted = resolve(directory);
  mkdirSync(wanted, { recursive: true });
  if (user === undefined || canEnter(wanted, user)) return wanted;
  const bases = ['/var/tmp', tmpdir(), '/tmp'];
  const base = bases.find((candidate) => canEnter(candidate, user));
  if (base === undefined) {
    throw new Complaint(`no user but root can enter ${wanted}: start as an ordinary user`);
  }
  return openStandIn(join(base, standInName(wanted)));
}

/** The name says whose it is and what for, and is the same at every start. */
function standInName(directory: string): string {
  const digest = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 16);
  return `makegood-${process.getuid?.() ?? 0}-${digest}`;
}

function openStandIn(standIn: string): string {
  mkdirSync(standIn, { recursive: true });
  // Anyone may create names in /var/tmp; one that is not ours could be a trap.
  const found = lstatSync(standIn);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Complaint(`${standIn} belongs to somebody else: remove it`);
  }
  chmodSync(standIn, 0o755);
  return standIn;
}

/** Tried, not computed from mode bits, because access lists and mounts have a say as well. */
function canEnter(directory: string, { uid, gid }: ServerUser): boolean {
  const test = ['-c', 'test -d "$0" && test -x "$0"', directory];
  return spawnSync('/bin/sh', test, { cwd: '/', uid, gid, stdio: 'ignore' }).status === 0;
}

function lookUp(name: string): ServerUser | undefined {
  try {
    const ask = (option: string): number =>
      Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return undefined;
  }
}
