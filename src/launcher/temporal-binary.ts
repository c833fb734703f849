/**
 * Finds the `temporal` command, whose dev server has the UI and keeps its state in a file: on the
 * PATH, in the cache, by the SDK's own download, or built from the Go module proxy, in this order.
 * Nothing gets its final name in the cache before it is whole.
 */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { goInstall, inCache, isCommand, onPath } from './go.ts';
import type { Wish } from './go.ts';
import { runNode } from './processes.ts';

export async function temporalBinary(wish: Wish): Promise<string> {
  const found = onPath('temporal', wish.environment);
  if (found !== undefined) return found;
  const name = `temporal-${process.platform}-${process.arch}`;
  return inCache(wish.cacheDir, name, async (unfinished) => {
    return (await download(wish, unfinished)) ?? (await build(wish, unfinished));
  });
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

async function build(wish: Wish, to: string): Promise<string> {
  await goInstall(wish, {
    name: 'Temporal',
    sources: [source],
    to,
    takes: '3 to 4 minutes',
    otherwise: 'install the `temporal` command (docs.temporal.io/cli), or set TEMPORAL_ADDRESS',
  });
  return join(to, 'temporal');
}
