/**
 * What has to happen before anything is installed, so it is plain JavaScript without dependencies:
 * is this machine supported, does another launcher run in this checkout, are the packages there.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { livingIn, nameOf } from './birth.mjs';

/** Why it cannot run here, in one line, or undefined. */
export function platformProblem({ node, platform, arch, musl }) {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const problems = [
    [
      major > 20 || (major === 20 && minor >= 19),
      `makegood needs Node 20.19 or later, and this is Node ${node}`,
    ],
    [
      ['linux', 'darwin'].includes(platform),
      `makegood runs on Linux and macOS, not on ${platform}: on Windows use WSL`,
    ],
    [
      ['x64', 'arm64'].includes(arch),
      `makegood runs on x64 and arm64, not on ${arch}: Temporal's SDK has no build for it`,
    ],
    [
      !musl,
      'makegood needs glibc, and this Linux has musl (Alpine?): use one like Debian or Fedora',
    ],
  ];
  return problems.find(([fits]) => !fits)?.[1];
}

export function thisMachine() {
  const linux = process.platform === 'linux';
  // Asked only where it says something: the report of another system has no such field.
  const musl = linux && process.report.getReport().header.glibcVersionRuntime === undefined;
  const { platform, arch } = process;
  return { node: process.versions.node, platform, arch, musl };
}

/**
 * Takes the lock of a checkout until this process ends. Answers who holds it, if somebody does, and
 * whether the last holder died without letting go.
 */
export function takeLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const abandoned = fs.existsSync(file);
  const holder = livingIn(file);
  if (holder !== undefined) return { holder };
  fs.rmSync(file, { force: true });
  try {
    fs.writeFileSync(file, nameOf(process.pid), { flag: 'wx' });
  } catch {
    return { holder: livingIn(file) ?? 0 };
  }
  process.once('exit', () => fs.rmSync(file, { force: true }));
  return { abandoned };
}

/** Installs the packages that the lock file names, unless they are there. */
export async function ensureInstalled(root, say) {
  if (isInstalled(root)) return;
  say('installing the packages (npm ci), once');
  const since = Date.now();
  const seconds = () => Math.round((Date.now() - since) / 1000);
  const progress = setInterval(() => say(`installing the packages: ${seconds()} s`), 5_000);
  const ended = await runNpm(root);
  clearInterval(progress);
  if (ended !== 0) throw new Error(`npm ci failed (${ended}): see the lines above`);
  say(`packages installed in ${seconds()} s`);
}

/**
 * Compared by content, because a fresh clone or a checkout changes every file's time. npm writes its
 * list last, but the list alone proves nothing: an installation, a removal or a copy that was broken
 * off may leave an old one beside packages that are gone.
 */
export function isInstalled(root) {
  try {
    const read = (...names) => JSON.parse(fs.readFileSync(path.join(root, ...names), 'utf8'));
    const wanted = read('package-lock.json').packages;
    const present = read('node_modules', '.package-lock.json').packages;
    const isListed = Object.entries(wanted).every(
      ([name, { version, optional }]) =>
        name === '' || optional || present[name]?.version === version,
    );
    const isThere = (name) => fs.existsSync(path.join(root, name, 'package.json'));
    return isListed && Object.keys(present).every(isThere);
  } catch {
    return false;
  }
}

/** Held by a tether: an installation must not go on when the launcher was killed. */
function runNpm(root) {
  const tether = fileURLToPath(new URL('tether.mjs', import.meta.url));
  // Development packages are what the launcher is made of, so NODE_ENV=production must not drop them.
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const cli = process.env.npm_execpath;
  const [command, args] = cli ? [process.execPath, [cli, ...options]] : ['npm', options];
  const stop = [{ signal: 'SIGTERM', withinMs: 2_000 }];
  const held = JSON.stringify({ command, args, cwd: root, stop });
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  const child = spawn(process.execPath, [tether, held], { stdio, detached: true });
  const interrupt = () => child.kill('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => process.on(signal, interrupt));
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      signals.forEach((name) => process.off(name, interrupt));
      resolve(code ?? signal);
    });
  });
}
