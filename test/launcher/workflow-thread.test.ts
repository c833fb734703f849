/** What a worker loads first, against the SDK itself: in a thread, as its workflows run in one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const first = fileURLToPath(new URL('../../src/workflow-thread.mjs', import.meta.url));

// Private to the SDK, which is why it is asked here: a new version may do it otherwise.
const handlers = createRequire(import.meta.url).resolve(
  '@temporalio/worker/lib/workflow/vm-shared',
);
const IN_THREAD = `
  const { globalHandlers } = require(${JSON.stringify(handlers)});
  globalHandlers.install();
  console.log('stacks of promises:', globalHandlers.promiseHookInstalled);`;
const IN_PROCESS = `
  const { Worker } = require('node:worker_threads');
  new Worker(require('node:path').join(__dirname, 'thread.cjs'));
  console.log('hooks of the process:', typeof require('node:v8').promiseHooks);`;

describe("A worker's thread", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'makegood-thread-'));
    await writeFile(join(directory, 'thread.cjs'), IN_THREAD);
    await writeFile(join(directory, 'main.cjs'), IN_PROCESS);
  });
  after(() => rm(directory, { recursive: true }));

  const told = async (...imports: readonly string[]) => {
    const words = ['tsx', ...imports].flatMap((module) => ['--import', module]);
    const main = join(directory, 'main.cjs');
    const { stdout, stderr } = await run(process.execPath, [...words, main], { cwd: root });
    return { lines: stdout.trim().split('\n').sort(), stderr };
  };

  it('keeps no stack for each promise, and the SDK says so', async () => {
    const { lines, stderr } = await told(first);
    assert.deepEqual(lines, ['hooks of the process: object', 'stacks of promises: false']);
    assert.match(stderr, /stack trace collection will be disabled/);
  });

  it('would keep them otherwise', async () => {
    assert.deepEqual((await told()).lines, [
      'hooks of the process: object',
      'stacks of promises: true',
    ]);
  });
});
