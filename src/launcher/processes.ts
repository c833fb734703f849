/**
 * The processes the launcher starts, each in a group of its own so that a Ctrl-C in the terminal
 * reaches only the launcher, which then stops them in order. Our own Node programs stop by
 * themselves when the channel to the launcher closes; others are held by a tether that does.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { livingIn } from './birth.mjs';
import { Complaint } from './complaint.ts';

export interface Running {
  readonly pid: number;
  /** Resolves once the process is gone, with how it ended in words. Never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to stop, and kills its whole group when it has not stopped in time. */
  stop(withinMs?: number): Promise<void>;
}

export interface NodeChild extends Running {
  /** Everything the child sends over its channel. */
  onMessage(listener: (message: unknown) => void): void;
}

/** One of our own programs, in TypeScript. */
export function runNode(child: {
  readonly file: string;
  /** Loaded before it, in the process and in each of its threads. */
  readonly first?: readonly string[];
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}): NodeChild {
  const { file, first = [], args = [] } = child;
  const imports = ['tsx', ...first].flatMap((module) => ['--import', module]);
  return runBuilt({ ...child, args: [...imports, file, ...args] });
}

/** One that needs no translation any more, from the folder it lies in. */
export function runBuilt(child: {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
}): NodeChild {
  const started = spawnGroup(child.args, child);
  return { ...follow(started), onMessage: (listener) => void started.on('message', listener) };
}

export interface Held {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly logFile: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Where the tether writes whom it holds, for `endLeftover`. */
  readonly pidFile?: string;
  /** Signals to end it with, gentlest first; after the last one's time it is killed. */
  readonly stop: readonly { readonly signal: NodeJS.Signals; readonly withinMs: number }[];
}

/** A program of someone else's, held by a tether. */
export function runTethered({ env, logFile, ...held }: Held): Running {
  const running = follow(spawnGroup([tether, JSON.stringify(held)], { env, logFile }));
  const ended = running.ended.then(async (how) => {
    // Only a tether that was killed leaves anything; its successor would meet it on the same port.
    await emptyGroup(running.pid, held.stop[0]?.signal ?? 'SIGTERM');
    return how;
  });
  return { ...running, ended };
}

/** Ends what a tether held that was killed together with its launcher. */
export async function endLeftover(pidFile: string): Promise<void> {
  const left = livingIn(pidFile);
  if (left === undefined) return;
  signalTo(left, 'SIGTERM');
  const deadline = Date.now() + orphanMs;
  while (livingIn(pidFile) !== undefined) {
    if (Date.now() > deadline) signalTo(left, 'SIGKILL');
    await sleep(askEveryMs);
  }
}

/** What a log says of its process's failure: the last complaint in it, else its last line. */
export function reasonIn(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const at = lines.findLastIndex(
    (line) => /error|fatal|panic/i.test(line) && !/^\s+at /.test(line),
  );
  const [first = 'nothing', ...more] = lines.slice(at);
  // What belongs to it is indented below it, a stack excepted.
  const end = more.findIndex((line) => !/^\s+(?!\s|at )/.test(line));
  return [first, ...more.slice(0, end < 0 ? more.length : end)].join('\n');
}

/** Asks until the answer is yes, but no longer than the process lives or the time given. */
export async function untilReady(start: {
  readonly name: string;
  readonly running: Running;
  readonly logFile: string;
  readonly ready: () => boolean | Promise<boolean>;
  readonly withinMs?: number;
}): Promise<void> {
  const { name, running, logFile, ready, withinMs = 30_000 } = start;
  const deadline = Date.now() + withinMs;
  let how = 'no answer in time';
  while (Date.now() < deadline) {
    if (await ready()) return;
    const ended = await Promise.race([running.ended, sleep(askEveryMs)]);
    if (ended === undefined) continue;
    how = ended;
    break;
  }
  await running.stop(0);
  throw new Complaint(`${name} did not start (${how}), see ${logFile}: ${reasonIn(logFile)}`);
}

// Short against the fastest start, PostgreSQL's tenth of a second.
const askEveryMs = 20;

const tether = fileURLToPath(new URL('tether.mjs', import.meta.url));

// Each child has its own few seconds to drain; past that it hangs and nothing is gained by waiting.
const stopWithinMs = 8_000;

function spawnGroup(
  args: readonly string[],
  {
    env,
    logFile,
    cwd = project,
  }: { readonly env: NodeJS.ProcessEnv; readonly logFile: string; readonly cwd?: string },
): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  const stdio = ['ignore' as const, log, log, 'ipc' as const];
  const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio });
  closeSync(log);
  return child;
}

const project = fileURLToPath(new URL('../..', import.meta.url));

function follow(child: ChildProcess): Running {
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 0}`));
  });
  const { pid } = child;
  if (pid === undefined) return { pid: 0, ended, stop: () => Promise.resolve() };
  return { pid, ended, stop: (withinMs = stopWithinMs) => stopGroup(pid, ended, withinMs) };
}

async function stopGroup(pid: number, ended: Promise<string>, withinMs: number): Promise<void> {
  const waited = new AbortController();
  signalTo(pid, 'SIGTERM');
  const killing = sleep(withinMs, undefined, { signal: waited.signal }).then(
    () => signalTo(-pid, 'SIGKILL'),
    () => false,
  );
  await ended;
  waited.abort();
  await killing;
}

async function emptyGroup(leader: number, signal: NodeJS.Signals): Promise<void> {
  if (leader === 0 || !signalTo(-leader, signal)) return;
  const deadline = Date.now() + orphanMs;
  while (signalTo(-leader, 0)) {
    if (Date.now() > deadline) return void signalTo(-leader, 'SIGKILL');
    await sleep(askEveryMs);
  }
}

// What every child has to stop in, whoever asks it.
const orphanMs = 5_000;

/** Whether there was anybody to get it. */
function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
