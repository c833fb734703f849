/**
 * The short form of `npm run drill:restore`: a cluster of its own is backed up while it is written to,
 * killed, and restored both ways. What it means for hundreds of orders under way is the command's.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPorts } from '../../src/launcher/ports.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { startDatabase } from '../faults/chaos/servers.ts';
import type { Database } from '../faults/chaos/servers.ts';
import { keepWal, restoreBackup, takeBackup } from './restore/base-backup.ts';
import type { Vault } from './restore/base-backup.ts';

describe('a physical backup', () => {
  let state: string;
  let database: Database;
  let vault: Vault;
  before(async () => {
    state = mkdtempSync(join(tmpdir(), 'makegood-drill-'));
    const ports = createPorts({ file: join(state, 'ports.json'), environment: {} });
    database = await startDatabase({ state, logs: state, ports, say: () => undefined });
    vault = await keepWal(database);
    await write('CREATE TABLE written (what text)');
    await note('before the backup');
    // Written to all the while.
    const writing = Promise.all(Array.from({ length: 50 }, (_, n) => note(`during ${n}`)));
    await takeBackup(database.adminUrl, vault);
    await writing;
    await note('after the backup');
    await database.down('SIGKILL');
  });
  after(async () => {
    await database.down('SIGTERM');
    await database.forget();
    rmSync(state, { recursive: true });
  });

  const write = (sql: string, ...values: string[]) =>
    withClient(database.adminUrl, (client) => client.query(sql, values));
  const note = (what: string) => write('INSERT INTO written VALUES ($1)', what);
  const written = async (): Promise<readonly string[]> => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ what: string }>('SELECT what FROM written'),
    );
    return rows.map(({ what }) => what);
  };

  it('brings back everything with the WAL since, also what was never archived', async () => {
    await restoreBackup(vault, 'the end');
    await database.up();
    const found = await written();
    assert.equal(found.length, 52);
    assert.ok(found.includes('after the backup'));
  });

  it('brings back its own moment without, and is written to from there on', async () => {
    await database.down('SIGKILL');
    rmSync(`${vault.data}.lost`, { recursive: true });
    await restoreBackup(vault, 'the backup');
    await database.up();
    const found = await written();
    assert.ok(found.includes('before the backup'));
    assert.ok(!found.includes('after the backup'));
    await note('afterwards');
    assert.equal((await written()).length, found.length + 1);
  });
});
