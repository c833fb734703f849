/**
 * Physical backup and restore of a cluster, by PostgreSQL's own low-level calls: the embedded
 * binaries have no pg_basebackup. The WAL is archived by a copy into a folder beside the cluster,
 * which stands for another machine.
 */
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  copyFile,
  mkdir,
  readdir,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../../src/launcher/complaint.ts';
import { serverUser } from '../../../src/launcher/places.ts';
import { withClient } from '../../../src/launcher/postgres.ts';
import type { Database } from '../../faults/chaos/servers.ts';

export interface Vault {
  readonly data: string;
  readonly archive: string;
  readonly backup: string;
}

export interface Backup {
  readonly takenAt: Date;
  readonly ms: number;
  readonly bytes: number;
}

// As in docs/operations/backup-and-restore.md: what is lost at most when a machine is lost with its disk.
const ARCHIVE_TIMEOUT_SECONDS = 5;

/** Archives from here on; PostgreSQL is started again for it. */
export async function keepWal(database: Database): Promise<Vault> {
  const data = await withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory ?? '';
  });
  const home = dirname(data);
  const vault = { data, archive: join(home, 'archive'), backup: join(home, 'backup') };
  await mkdir(vault.archive, { mode: 0o700 });
  await giveToServer(vault.archive);
  // Under its own name only once it is whole: half a segment would end a recovery.
  const file = `${vault.archive}/%f`;
  const command = `test ! -f "${file}" && cp "%p" "${file}.part" && mv "${file}.part" "${file}"`;
  await withClient(database.adminUrl, async (client) => {
    for (const [name, value] of [
      ['archive_mode', 'on'],
      ['archive_command', command],
      ['archive_timeout', `${ARCHIVE_TIMEOUT_SECONDS}s`],
    ] as const) {
      await client.query(`ALTER SYSTEM SET ${name} = ${client.escapeLiteral(value)}`);
    }
  });
  await database.down('SIGTERM');
  await database.up();
  return vault;
}

/** While everything runs. The copy is torn in many places; the WAL from its beginning on mends it. */
export async function takeBackup(adminUrl: string, vault: Vault): Promise<Backup> {
  const begun = performance.now();
  return await withClient(adminUrl, async (client) => {
    await client.query(`SELECT pg_backup_start('drill', fast => true)`);
    const bytes = await copyTree(vault.data, vault.backup, leftOut);
    const { rows } = await client.query<{ labelfile: string; taken_at: Date }>(
      'SELECT labelfile, clock_timestamp() AS taken_at FROM pg_backup_stop(wait_for_archive => true)',
    );
    const [stopped] = rows;
    if (stopped === undefined) throw new Error('pg_backup_stop answered nothing');
    await writeAs(vault.backup, 'backup_label', stopped.labelfile);
    return { takenAt: stopped.taken_at, ms: performance.now() - begun, bytes };
  });
}

/**
 * In place of a cluster that is down: the backup as it was taken, or with all the WAL there is. What
 * was there is kept aside.
 */
export async function restoreBackup(vault: Vault, until: 'the backup' | 'the end'): Promise<void> {
  const lost = `${vault.data}.lost`;
  await rename(vault.data, lost);
  await copyTree(vault.backup, vault.data, () => false);
  // Read-only connections on the way would only be refused what they ask for.
  const settings = [`hot_standby = 'off'`, `restore_command = 'cp "${vault.archive}/%f" "%p"'`];
  if (until === 'the backup') {
    settings.push(`recovery_target = 'immediate'`, `recovery_target_action = 'promote'`);
  } else {
    // The last segment was never archived; where the disk has survived, it is there.
    await copyTree(join(lost, 'pg_wal'), join(vault.data, 'pg_wal'), (path) =>
      path.includes('archive_status'),
    );
  }
  await appendFile(join(vault.data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
  await writeAs(vault.data, 'recovery.signal', '');
}

// What PostgreSQL's manual says to leave out: of a process that is not there any more, or made anew.
const WITHOUT_CONTENT =
  /^(pg_wal|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/./;
const NOT_AT_ALL =
  /^(postmaster\.(pid|opts)|recovery\.signal)$|(^|\/)(pgsql_tmp|pg_internal\.init)/;

function leftOut(path: string): boolean {
  return WITHOUT_CONTENT.test(path) || NOT_AT_ALL.test(path);
}

/** Answers how many bytes it came to. What goes away meanwhile is not needed. */
async function copyTree(
  from: string,
  to: string,
  isLeftOut: (path: string) => boolean,
  path = '',
): Promise<number> {
  if (!existsSync(join(to, path))) await mkdirAs(from, to, path);
  let bytes = 0;
  for (const entry of await readdir(join(from, path), { withFileTypes: true })) {
    const inside = path === '' ? entry.name : `${path}/${entry.name}`;
    if (isLeftOut(inside)) continue;
    if (entry.isDirectory()) bytes += await copyTree(from, to, isLeftOut, inside);
    else bytes += await copyOne(join(from, inside), join(to, inside));
  }
  return bytes;
}

async function mkdirAs(from: string, to: string, path: string): Promise<void> {
  const { mode } = await stat(join(from, path));
  await mkdir(join(to, path));
  await chmod(join(to, path), mode);
  await giveToServer(join(to, path));
}

async function copyOne(from: string, to: string): Promise<number> {
  try {
    await copyFile(from, to);
    await giveToServer(to);
    return (await stat(to)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

async function writeAs(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  await giveToServer(file);
}

// Looked up by a command, so once and not for each of a thousand files.
const user = serverUser();

async function giveToServer(path: string): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}
