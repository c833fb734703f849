/**
 * An older book, and everybody else as they were: the steps of docs/operations/backup-and-restore.md
 * as an operator gives them, by the commands that an operator has.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withClient } from '../../../src/launcher/postgres.ts';
import { APIS, WORKERS } from '../../faults/chaos/acts.ts';
import type { Stack } from '../../faults/chaos/stack.ts';
import { untilAgreed, untilSettled, whatIsOpen } from './agree.ts';
import { restoreBackup } from './base-backup.ts';
import { decideParked, operate } from './on-call.ts';
import type { Brought, Scene } from './scene.ts';

export async function bringBackOlder(scene: Scene): Promise<Brought> {
  const { stack, vault, backup, folder, say } = scene;
  const lostAt = new Date();
  const since = () => Date.now() - lostAt.getTime();
  await stack.parts.postgres.down('SIGKILL');
  const programs = [...APIS, ...WORKERS].map((name) => stack.parts[name]);
  await Promise.all(programs.map((part) => part.down('SIGTERM')));
  await restoreBackup(vault, 'the backup');
  await stack.parts.postgres.up();
  const restoredMs = since();

  const lostOrders = await whatIsLost(stack, folder);
  say(`${lostOrders.length} orders are in no book any more`);
  await operate(stack, ['halt']);
  const words = await operate(stack, ['after-restore', '--since', backup.takenAt.toISOString()]);
  for (const line of words.split('\n').filter((one) => /^\d/.test(one))) say(line);
  await Promise.all(programs.map((part) => part.up()));
  const servingMs = since();
  decideParked(scene);
  await untilSettled(scene, new Date());
  say(`settled after ${since()} ms; still open:`);
  for (const line of await whatIsOpen(stack)) say(line);
  await operate(stack, ['resume']);
  await untilAgreed(scene);
  return { lostAt, restoredMs, servingMs, agreedMs: since(), lostOrders, deeds: [] };
}

/** Whatever an answer, or a party outside, named, and the book does not. */
async function whatIsLost({ database }: Stack, folder: string): Promise<readonly string[]> {
  const files = ['clients.jsonl', 'gateway.jsonl', 'carrier.jsonl', 'mails.jsonl'];
  const named = new Set(
    files.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(ORDER_ID) ?? []),
  );
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ id: string }>('SELECT id FROM "order"'),
  );
  const known = new Set(rows.map(({ id }) => id));
  return [...named].filter((id) => !known.has(id)).sort();
}

const ORDER_ID = /\bord_[0-9a-z]{26}\b/g;
