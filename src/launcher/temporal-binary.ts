/**
 * Finds the `temporal` command, whose dev server has the UI and keeps its state in a file: on the
 * PATH, in the cache, by the SDK's own download, or built from the Go module proxy, in this order.
 * Nothing gets its final name in the cache before it is whole.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Complaint } from './complaint.ts';
import { reasonIn, runNode, runTethered } from './processes.ts';
import type { Running } from './processes.ts';

export interface Wish {
  readonly cacheDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the output of the download and of the build goes. */
  readonly logFile: string;
  readonly say: (line: string) => void;
}

export async function temporalBinary(wish: Wish): Promise<string> {
  const cached = join(wish.cacheDir, `temporal-${process.platform}-${process.arch}`);
  const found = onPath('temporal', wish.environment) ?? (isCommand(cached) ? cached : undefined);
  if (found !== undefined) return found;
  await mkdir(wish.cacheDir, { recursive: true });
  const unfinished = `${cached}.${process.pid}`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    const got = (await download(wish, unfinished)) ?? (await build(wish, unfinished));
    await rename(got, cached);
    return cached;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function onPath(command: string, environment: NodeJS.ProcessEnv): string | undefined {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((path) => path !== '');
  return directories.map((directory) => join(directory, command)).find(isCommand);
}

function isCommand(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

// A slow line still brings something in this time; a blocked one never does.
const stalledMs = 20_000;

/** The SDK knows which release fits and where it lies, and only does so together with a start. */
async function download(
  { logFile, say, environment }: Wish,
  to: string,
): Promise<string | undefined> {
  say('Temporal: not on the PATH and not in the cache; downloading it');
  const file = fileURLToPath(new URL('temporal-download.ts', import.meta.url));
  const child = runNode({ file, args: [to], env: environment, logFile });
  let size = 0;
  let grewAt = Date.now();
  while ((await Promise.race([child.ended, sleep(500)])) === undefined) {
    const now = await sizeOf(to);
    if (now > size) grewAt = Date.now();
    size = now;
    if (Date.now() - grewAt > stalledMs) await child.stop(0);
  }
  const [name] = (await readdir(to)).filter((entry) => isCommand(join(to, entry)));
  const ended = await child.ended;
  return ended === 'exit code 0' && name !== undefined ? join(to, name) : undefined;
}

async function sizeOf(directory: string): Promise<number> {
  const files = await readdir(directory);
  return files.reduce((sum, file) => {
    const found = statSync(join(directory, file), { throwIfNoEntry: false });
    return sum + (found?.size ?? 0);
  }, 0);
}

// The newest release that `go install` takes: later ones carry a `replace` in their go.mod.
const source = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

async function build({ logFile, say, environment, cacheDir }: Wish, to: string): Promise<string> {
  const go = onPath('go', environment);
  if (go === undefined) {
    throw new Complaint(
      'Temporal could not be downloaded, and there is no Go to build it with: install the' +
        ' `temporal` command (docs.temporal.io/cli) or Go 1.24, or set TEMPORAL_ADDRESS',
    );
  }
  say(`Temporal: no download here; building it with Go, once, for 3 to 4 minutes (${source})`);
  const running = runTethered({
    command: go,
    args: ['install', '-v', source],
    env: { ...environment, ...homeless(environment, cacheDir), GOBIN: to },
    cwd: to,
    logFile,
    stop: [{ signal: 'SIGTERM', withinMs: 2_000 }],
  });
  await reportUntilEnd(running, logFile, say);
  const binary = join(to, 'temporal');
  if (isCommand(binary)) return binary;
  throw new Complaint(
    `Temporal could be neither downloaded nor built (${await running.ended}): install the` +
      ` \`temporal\` command, or set TEMPORAL_ADDRESS. Go said: ${reasonIn(logFile)}`,
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
      `Temporal: building for ${seconds} s, ${modules} modules downloaded,` +
        ` ${packages} packages compiled`,
    );
  }
}
