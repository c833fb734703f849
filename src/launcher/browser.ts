/**
 * The browser of the tests and of the pictures in docs: the one that CHROMIUM names, or the machine's
 * own. Where there is none, Debian's package is installed if that may be done without asking.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Complaint } from './complaint.ts';

const KNOWN_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Throws a complaint where there is none. */
export function findChromium(environment: NodeJS.ProcessEnv): string {
  const path = pathOf(environment);
  if (path !== undefined) return path;
  throw new Complaint('there is no Chromium here: install it, or name one in CHROMIUM');
}

/** Leaves the complaint to whoever needs the browser: most tests do not. */
export function ensureChromium(environment: NodeJS.ProcessEnv, say: (line: string) => void): void {
  if (pathOf(environment) !== undefined) return;
  const mayInstall = process.getuid?.() === 0 && run('apt-get', ['--version']);
  if (!mayInstall) return;
  say('installing Chromium for the tests of pages (a minute or two)');
  run('apt-get', ['update', '-qq']);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
}

function pathOf(environment: NodeJS.ProcessEnv): string | undefined {
  return environment['CHROMIUM'] ?? KNOWN_PLACES.find((place) => existsSync(place));
}

function run(command: string, words: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, words, { env, stdio: 'ignore' }).status === 0;
}
