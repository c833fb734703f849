/**
 * Programs that are got once and kept in the cache; and how one is built from the Go module proxy,
 * with progress to look at while it takes its minutes.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Complaint } from './complaint.ts';
import { reasonIn, runTethered } from './processes.ts';
import type { Running } from './processes.ts';

export interface Wish {
  readonly cacheDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the output of the download and of the build goes. */
  readonly logFile: string;
  readonly say: (line: string) => void;
}

/** The entry of this name, made first if it is not there; nothing has its name before it is whole. */
export async function inCache(
  cacheDir: string,
  name: string,
  /** Answers what of the folder given is to be kept: all of it, or one file. */
  make: (unfinished: string) => Promise<string>,
): Promise<string> {
  const cached = join(cacheDir, name);
  if (existsSync(cached)) return cached;
  const unfinished = `${cached}.${process.pid}`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    const made = await make(unfinished);
    await rename(made, cached).catch((error: unknown) => {
      // A folder that somebody else finished meanwhile is as good.
      if (!existsSync(cached)) throw error;
    });
    return cached;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

export function onPath(command: string, environment: NodeJS.ProcessEnv): string | undefined {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((path) => path !== '');
  return directories.map((directory) => join(directory, command)).find(isCommand);
}

export function isCommand(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Builds commands of one module into a folder, or throws a complaint that says what to do instead. */
export async function goInstall(
  { logFile, say, environment, cacheDir }: Wish,
  build: {
    readonly name: string;
    /** Like module/cmd/program@v1.2.3. */
    readonly sources: readonly string[];
    readonly to: string;
    readonly takes: string;
    readonly otherwise: string;
  },
): Promise<void> {
  const { name, sources, to, takes, otherwise } = build;
  const go = onPath('go', environment);
  if (go === undefined) {
    throw new Complaint(
      `${name} has to be built here, and there is no Go: install Go, or ${otherwise}`,
    );
  }
  say(`${name}: building it with Go, once, for ${takes} (${sources.join(' ')})`);
  const running = runTethered({
    command: go,
    args: ['install', '-v', ...sources],
    env: { ...environment, ...homeless(environment, cacheDir), GOBIN: to },
    cwd: to,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 2_000 }],
  });
  await reportUntilEnd(name, running, logFile, say);
  const how = await running.ended;
  if (how === 'exit code 0') return;
  throw new Complaint(
    `${name} could not be built (${how}): ${otherwise}. Go said: ${reasonIn(logFile)}`,
  );
}

/** Go wants a place for its caches, and without a home it does not know any. */
function homeless(environment: NodeJS.ProcessEnv, cacheDir: string): NodeJS.ProcessEnv {
  if (existsSync(environment['HOME'] ?? '')) return {};
  return { GOPATH: join(cacheDir, 'go'), GOCACHE: join(cacheDir, 'go-build') };
}

// Often enough to see that it lives, seldom enough to read.
const reportEveryMs = 10_000;

async function reportUntilEnd(
  name: string,
  running: Running,
  logFile: string,
  say: (line: string) => void,
): Promise<void> {
  const since = Date.now();
  while ((await Promise.race([running.ended, sleep(reportEveryMs)])) === undefined) {
    const seconds = Math.round((Date.now() - since) / 1000);
    const lines = readFileSync(logFile, 'utf8').split('\n');
    const modules = lines.filter((line) => line.startsWith('go: downloading ')).length;
    // With -v Go names each package on a line of its own; other lines are sentences.
    const packages = lines.filter((line) => /^[\w./-]+$/.test(line)).length;
    say(
      `${name}: building for ${seconds} s, ${modules} modules downloaded,` +
        ` ${packages} packages compiled`,
    );
  }
}
