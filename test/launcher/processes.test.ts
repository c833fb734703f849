import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameOf } from '../../src/launcher/birth.mjs';
import { endLeftover, runTethered } from '../../src/launcher/processes.ts';
import { keepAlive } from '../../src/launcher/supervise.ts';
import { gone, until } from '../support/wait.ts';

/** A program that says its process ID and then lives on, deaf to a polite request when told so. */
const stubborn = `process.on('SIGTERM', () => {});`;
const living = `console.log(process.pid); setInterval(() => {}, 1000);`;

describe('processes of the launcher', () => {
  let directory: string;
  let logFile: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'makegood-'));
    logFile = join(directory, 'held.log');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const held = (script: string, withinMs = 300) => ({
    command: process.execPath,
    args: ['-e', script],
    env: process.env,
    cwd: directory,
    logFile,
    stop: [{ signal: 'SIGTERM' as const, withinMs }],
  });
  const pidInLog = async (): Promise<number> => {
    await until(() => readFileSync(logFile, 'utf8').includes('\n'));
    return Number(readFileSync(logFile, 'utf8').split('\n')[0]);
  };

  it('say how they ended', async () => {
    assert.equal(await runTethered(held('process.exit(3)')).ended, 'exit code 3');
    const missing = runTethered({ ...held(''), command: '/no/such/command' });
    assert.equal(await missing.ended, 'exit code 127');
    assert.match(readFileSync(logFile, 'utf8'), /ENOENT/);
  });

  it('stop when asked, and are killed when they do not', async () => {
    const running = runTethered(held(stubborn + living));
    const pid = await pidInLog();
    await running.stop();
    await until(() => gone(pid));
  });

  it('leave with their tether when only that was killed', async () => {
    const running = runTethered(held(living));
    const pid = await pidInLog();
    process.kill(running.pid, 'SIGKILL');
    assert.equal(await running.ended, 'SIGKILL');
    assert.ok(gone(pid));
  });

  it('can be ended by the next start when launcher and tether were killed together', async () => {
    const pidFile = join(directory, 'held.pid');
    const orphan = spawn(process.execPath, ['-e', living], { stdio: 'ignore' });
    const { pid = 0 } = orphan;
    writeFileSync(pidFile, nameOf(pid));
    await endLeftover(pidFile);
    await until(() => gone(pid));
    // The same ID with another birth is somebody else, who is left alone.
    writeFileSync(pidFile, `${process.pid} 1`);
    await endLeftover(pidFile);
  });

  it('leave with a launcher that was killed, also those that cannot notice', async () => {
    const processes = new URL('../../src/launcher/processes.ts', import.meta.url).href;
    const script = `import { runTethered } from '${processes}';
      runTethered({ ...${JSON.stringify(held(stubborn + living))}, env: process.env });`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const launcher = spawn(process.execPath, args, { stdio: 'inherit' });
    await until(() => {
      try {
        return readFileSync(logFile, 'utf8').includes('\n');
      } catch {
        return false;
      }
    });
    const pid = await pidInLog();
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    await until(() => gone(pid), 5_000);
  });

  it('are started again when they die, until they are to stop', async () => {
    const said: string[] = [];
    let starts = 0;
    const kept = await keepAlive({
      name: 'it',
      start: () => {
        starts += 1;
        // The second start fails as a whole, the way a port in use makes it fail.
        if (starts === 2) return Promise.reject(new Error('not yet'));
        return Promise.resolve(runTethered(held(starts === 1 ? 'process.exit(1)' : living)));
      },
      say: (line) => said.push(line),
      firstPauseMs: 10,
    });
    await until(() => said.includes('it is up again'));
    const pid = await pidInLog();
    await kept.stop();
    assert.ok(gone(pid));
    assert.equal(starts, 3);
    assert.match(said[0] ?? '', /^it ended \(exit code 1\); starting it again in 0\.01 s$/);
  });

  it('that cannot start at all say so to whoever wanted them', async () => {
    const start = (): Promise<never> => Promise.reject(new Error('no'));
    await assert.rejects(keepAlive({ name: 'it', start, say: () => undefined }), { message: 'no' });
  });
});
