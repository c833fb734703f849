/**
 * `npm run histories [-- name…]`: the golden histories of test/histories, recorded anew. Walks every
 * path on real PostgreSQL and Temporal, with the parties outside played by their stand-ins, and
 * keeps what the `temporal` command shows of its run. When to do that is in CONTRIBUTING.md.
 */
import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GOLDEN } from '../test/histories/golden.ts';
import { PATHS } from '../test/histories/paths.ts';
import { walk } from '../test/histories/scene.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../test/support/global.ts';
import { service } from '../test/support/services.ts';
import { createStage } from '../test/support/stage.ts';

// A parked step is then tried often enough to go on by itself while one waits for it.
const SLOWEST_RETRY_MS = 3_000;

// They tell of the machine that recorded, or of the moment; no replay asks for them.
const NEEDLESS = ['identity', 'stackTrace', 'taskId', 'workerVersion'];

const run = promisify(execFile);
const asked = process.argv.slice(2);
const paths = Object.entries(PATHS).filter(([name]) => asked.length === 0 || asked.includes(name));
if (paths.length < asked.length) throw new Error(`the paths are: ${Object.keys(PATHS).join(', ')}`);

await mochaGlobalSetup();
try {
  await removeForgotten();
  const stage = await createStage({ slowestRetryMs: SLOWEST_RETRY_MS });
  for (const [name, path] of paths) {
    const history = anonymous(await shown(await walk(stage, path)));
    await writeFile(join(GOLDEN, `${name}.json`), inLines(history));
    console.log(`${name}: ${history.events.length} events`);
  }
  await stage.close();
} finally {
  await mochaGlobalTeardown();
}

interface History {
  readonly events: readonly unknown[];
}

/** Those of paths that there are no more. */
async function removeForgotten(): Promise<void> {
  for (const file of await readdir(GOLDEN)) {
    const [, name] = /^(.*)\.json$/.exec(file) ?? [];
    if (name !== undefined && !(name in PATHS)) await rm(join(GOLDEN, file));
  }
}

async function shown(id: string): Promise<string> {
  const { binary, address } = await service('temporal');
  const show = ['workflow', 'show', '--workflow-id', id, '--output', 'json', '--address', address];
  // Far more than any history here has.
  return (await run(binary, show, { maxBuffer: 1e8 })).stdout;
}

function anonymous(text: string): History {
  return JSON.parse(text, (key, value: unknown) => {
    if (NEEDLESS.includes(key)) return undefined;
    return key === 'taskQueue' ? withoutWorker(value as TaskQueue) : value;
  }) as History;
}

interface TaskQueue {
  readonly name: string;
  readonly normalName?: string;
}

/** A sticky queue is called after its worker. */
function withoutWorker(queue: TaskQueue): TaskQueue {
  return queue.normalName === undefined ? queue : { ...queue, name: queue.normalName };
}

/** One event per line: a change then shows which events it is about. */
function inLines({ events }: History): string {
  return `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
}
