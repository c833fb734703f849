/**
 * Prometheus' two programs, which check and try the alerts: those that PROMETHEUS and PROMTOOL name, or
 * those on the PATH. Where there are none, Debian's package is unpacked into the cache if that may be
 * done without asking; nothing is installed, and no daemon starts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Complaint } from './complaint.ts';

export type PrometheusProgram = 'prometheus' | 'promtool';

/** Throws a complaint where it is not to be had. */
export async function prometheusProgram(
  name: PrometheusProgram,
  cacheDir: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const found = environment[name.toUpperCase()] ?? onPath(name, environment);
  if (found !== undefined) return found;
  const unpacked = join(cacheDir, 'prometheus', 'usr', 'bin', name);
  if (!existsSync(unpacked)) await unpack(cacheDir, environment);
  if (existsSync(unpacked)) return unpacked;
  throw new Complaint(
    `there is no ${name} here: install Debian's package prometheus, or name the program in ${name.toUpperCase()}`,
  );
}

function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Leaves the complaint to whoever needs the program. */
async function unpack(cacheDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  // Complete before it has its name: a start that is killed half-way leaves nothing to trip over.
  const folder = await mkdtemp(join(cacheDir, 'prometheus-'));
  const run = (command: string, ...words: string[]): boolean =>
    spawnSync(command, words, { cwd: folder, env, stdio: 'ignore' }).status === 0;
  const download = () => run('apt-get', 'download', '-qq', 'prometheus');
  try {
    // Refused to whoever is not root, who mostly has lists of packages that are new enough.
    const has = download() || (run('apt-get', 'update', '-qq') && download());
    const archive = has ? (await readdir(folder)).find((file) => file.endsWith('.deb')) : undefined;
    if (archive === undefined || !run('dpkg', '-x', archive, 'unpacked')) return;
    await rename(join(folder, 'unpacked'), join(cacheDir, 'prometheus')).catch(() => undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
