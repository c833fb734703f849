/** Takes the place of the nemesis: a backup, some time later the loss, and everything that brings it back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../../../src/launcher/postgres.ts';
import type { Nemesis, Trouble } from '../../faults/chaos/nemesis.ts';
import { keepWal, takeBackup } from './base-backup.ts';
import type { Backup } from './base-backup.ts';
import { bringBack } from './ways.ts';
import type { Brought, Way } from './scene.ts';

export interface Told {
  readonly backup: Backup;
  readonly brought: Brought;
}

export interface Wish {
  readonly way: Way;
  readonly backupAtMs: number;
  readonly lossAtMs: number;
  readonly folder: string;
}

export function createTrouble({ way, backupAtMs, lossAtMs, folder }: Wish): {
  readonly trouble: Trouble;
  /** Once it has happened. */
  readonly told: () => Told;
} {
  let happened: Told | undefined;
  const told = (): Told => {
    if (happened === undefined) throw new Error('nothing was lost: the run has ended before');
    return happened;
  };
  const trouble: Trouble = (_acts, stack, { over, say }): Nemesis => {
    const startedAt = Date.now();
    const until = (ms: number) =>
      sleep(Math.max(0, startedAt + ms - Date.now()), undefined, { signal: over });
    let now = 'nothing';
    const happen = async (): Promise<void> => {
      const vault = await keepWal(stack.database);
      await until(backupAtMs);
      const backup = await takeBackup(stack.database.adminUrl, vault);
      say(`backup: ${Math.round(backup.bytes / 1e6)} MB in ${Math.round(backup.ms)} ms`);
      await until(lossAtMs);
      now = way === 'temporal' ? 'Temporal' : 'PostgreSQL';
      say(`${now} is lost; under way: ${await underWay(stack.database.adminUrl)}`);
      happened = {
        backup,
        brought: await bringBack[way]({ stack, vault, backup, folder, say, over }),
      };
      now = 'nothing';
    };
    return {
      done: happen(),
      async heal() {
        await Promise.all(Object.values(stack.parts).map((part) => part.up()));
      },
      inForce: () => [now],
      begun: () => (happened === undefined ? 0 : 1),
      missed: () => 0,
      hits: { [`${way === 'temporal' ? 'temporal' : 'postgres'}.process.kill`]: 1 },
      strange: [],
      get deeds() {
        return happened?.brought.deeds ?? [];
      },
      lost: () => happened?.brought.lostOrders ?? [],
    };
  };
  return { trouble, told };
}

async function underWay(adminUrl: string): Promise<string> {
  const { rows } = await withClient(adminUrl, (client) =>
    client.query<{ status: string; count: number }>(
      `SELECT status, count(*)::int FROM "order"
       WHERE status NOT IN ('completed', 'rejected', 'cancelled', 'refunded') GROUP BY 1 ORDER BY 1`,
    ),
  );
  return rows.map(({ status, count }) => `${status} ${count}`).join(', ');
}
