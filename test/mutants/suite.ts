/** One run of a suite, in a process group of its own so that nothing of it is left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Suite } from './mutant.ts';

export interface Verdict {
  readonly verdict: 'caught' | 'survived' | 'broken';
  /** The test that failed, or what was wrong with the mutant. */
  readonly by: string;
  /** What that test found. */
  readonly found?: string;
}

interface RunOptions {
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

export async function runSuite(
  directory: string,
  suite: Suite,
  options: RunOptions,
): Promise<Verdict> {
  const report = join(directory, '.mutant.json');
  const log = join(directory, '.mutant.log');
  rmSync(report, { force: true });
  const isOurs = 'mocha' in suite;
  const [command, args] = isOurs ? mocha(suite, report) : (['npm', suite.npm] as const);
  const ended = await run(command, args, { ...options, cwd: directory, log });
  if (ended === 'late') return broken(`took longer than ${options.limitMs / 1_000} s`);
  if (!isOurs) return ended === 0 ? survived() : { verdict: 'caught', by: suite.npm.join(' ') };
  if (!existsSync(report)) return broken(`nothing ran: ${complaintIn(log)}`);
  return judge(JSON.parse(readFileSync(report, 'utf8')) as Report);
}

const MOCHA = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'));

function mocha(suite: { readonly mocha: string; readonly grep?: string }, report: string) {
  const json = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const only = suite.grep === undefined ? [] : ['--grep', suite.grep];
  const args = [MOCHA, suite.mocha, '--no-parallel', '--bail', ...json, ...only];
  return [process.execPath, args] as const;
}

// They tell a process that it is part of another run.
const OF_ANOTHER_RUN = /^(MOCHA_|MAKEGOOD_TEST_|NODE_V8_COVERAGE$)/;

/** Its exit code; null if a signal ended it. */
async function run(
  command: string,
  args: readonly string[],
  { cwd, log, limitMs, signal }: RunOptions & { readonly cwd: string; readonly log: string },
): Promise<number | null | 'late'> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_ANOTHER_RUN.test(name));
  const file = openSync(log, 'w');
  const env = Object.fromEntries(inherited);
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', file, file] });
  closeSync(file);
  const late = AbortSignal.timeout(limitMs);
  const stop = AbortSignal.any(signal === undefined ? [late] : [late, signal]);
  const kill = () => endGroup(child.pid);
  stop.addEventListener('abort', kill);
  if (stop.aborted) kill();
  const [code] = (await once(child, 'exit')) as [number | null];
  stop.removeEventListener('abort', kill);
  kill();
  return late.aborted ? 'late' : code;
}

/** Servers that it held end by their tethers, as when any run of tests is killed. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

interface Report {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly failures: readonly {
    readonly title: string;
    readonly fullTitle: string;
    readonly err: { readonly message?: string; readonly stack?: string; readonly code?: string };
  }[];
}

// What the compiler would have found: it says nothing of the rule.
const NO_PROGRAM = /\b(SyntaxError|ReferenceError|TransformError)\b|syntax error at or near/;

function judge({ stats, failures: [first] }: Report): Verdict {
  if (first === undefined)
    return stats.passes > 0 ? survived() : broken('no test has such a title');
  const { title, fullTitle, err } = first;
  const found = (err.message ?? '').split('\n', 1)[0] ?? '';
  if (title.startsWith('"before') && stats.passes === 0) {
    return broken(`it failed before its first test: ${found}`);
  }
  if (err.code === 'ERR_MOCHA_TIMEOUT') return broken(`it hangs: ${fullTitle}`);
  if (NO_PROGRAM.test(`${err.stack ?? ''} ${found}`)) return broken(`it is no program: ${found}`);
  return { verdict: 'caught', by: title, found };
}

function complaintIn(log: string): string {
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no word';
}

function survived(): Verdict {
  return { verdict: 'survived', by: '' };
}

function broken(by: string): Verdict {
  return { verdict: 'broken', by };
}
