import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../src/launcher/places.ts';
import { startPostgres, withClient } from '../../src/launcher/postgres.ts';
import type { Postgres } from '../../src/launcher/postgres.ts';
import { gone, until } from '../support/wait.ts';

describe('the embedded PostgreSQL', () => {
  let stateDir: string;
  let home: string;
  let postgres: Postgres;

  const start = async (): Promise<Postgres> => {
    const cacheDir = cacheDirectory(process.env);
    return startPostgres({ stateDir, cacheDir, logFile: join(stateDir, 'postgres.log') });
  };
  const postmaster = (): number =>
    Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

  /** What remains when launcher and tether are killed at once: a postmaster that nobody holds. */
  const leavePostmaster = async (): Promise<number> => {
    const module = new URL('../../src/launcher/postgres.ts', import.meta.url).href;
    const options = JSON.stringify({
      stateDir,
      cacheDir: cacheDirectory(process.env),
      logFile: join(stateDir, 'postgres.log'),
    });
    const script = `import { startPostgres } from '${module}';
      const postgres = await startPostgres(${options});
      process.stdout.write(String(postgres.pid));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const launcher = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(launcher.stdout, 'data')) as [Buffer];
    const tether = Number(said.toString());
    // Held still, so that it cannot notice that the launcher is gone before it is gone itself.
    process.kill(tether, 'SIGSTOP');
    launcher.kill('SIGKILL');
    process.kill(tether, 'SIGKILL');
    await until(() => gone(tether));
    assert.equal(gone(postmaster()), false);
    return postmaster();
  };

  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'makegood-'));
    postgres = await start();
    home = await withClient(postgres.adminUrl('postgres'), async (client) => {
      const shown = await client.query<{ data_directory: string }>('SHOW data_directory');
      return join(shown.rows[0]?.data_directory ?? '', '..');
    });
  });
  after(async () => {
    await postgres.stop();
    rmSync(home, { recursive: true });
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('is durable, checks its pages, sorts the same everywhere and takes passwords only', async () => {
    const settings = await withClient(postgres.adminUrl('postgres'), async (client) => {
      const shown = await client.query<{ name: string; setting: string }>(
        `SELECT name, setting FROM pg_settings WHERE name IN
           ('fsync', 'synchronous_commit', 'data_checksums', 'listen_addresses') ORDER BY name`,
      );
      return shown.rows.map(({ name, setting }) => `${name}=${setting}`);
    });
    assert.deepEqual(settings, [
      'data_checksums=on',
      'fsync=on',
      'listen_addresses=127.0.0.1',
      'synchronous_commit=on',
    ]);
    const stranger = new URL(postgres.url('postgres'));
    stranger.password = 'guessed';
    await assert.rejects(
      withClient(stranger.href, (client) => client.query('SELECT 1')),
      /password authentication failed/,
    );
  });

  it('that outlived its killed launcher and tether is stopped by the next start, which finds the data', async () => {
    await withClient(postgres.url('postgres'), (client) =>
      client.query('CREATE DATABASE kept_after_kill'),
    );
    await postgres.stop();
    const left = await leavePostmaster();

    postgres = await start();
    await until(() => gone(left));
    assert.notEqual(postmaster(), left);
    await withClient(postgres.url('kept_after_kill'), (client) => client.query('SELECT 1'));
  });

  it('takes no other process for its own when a stale lock file names it', async () => {
    const lockFile = join(home, 'data', 'postmaster.pid');
    const lines = readFileSync(lockFile, 'utf8').split('\n');
    const old = postmaster();
    await postgres.stop();
    await until(() => gone(old));
    writeFileSync(lockFile, [process.pid, ...lines.slice(1)].join('\n'));

    postgres = await start();
    await withClient(postgres.url('postgres'), (client) => client.query('SELECT 1'));
    assert.notEqual(postmaster(), process.pid);
  });
});
