/**
 * The two books after a restore: whoever is on call waits for the reconciler to settle what it can, looks
 * at what is left, and lets captures go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { withClient } from '../../../src/launcher/postgres.ts';
import { RECONCILE } from '../../../src/workflows/contract.ts';
import type { Stack } from '../../faults/chaos/stack.ts';
import type { Scene } from './scene.ts';

const TOLERANCE_SECONDS = 3;

/** For the programs of the drill: as often as a short run needs. */
export const RECONCILING = {
  RECONCILE_SECONDS: '2',
  RECONCILE_TOLERANCE_SECONDS: String(TOLERANCE_SECONDS),
};

// What one run has found the next one has settled; those two have seen all that is older than the start.
const RUNS = 2;

/** Until the reconciler has looked at everything since the start, and nothing is left to settle. */
export async function untilSettled(scene: Scene, startedAt: Date): Promise<void> {
  const from = new Date(startedAt.getTime() + TOLERANCE_SECONDS * 1_000);
  const connection = await Connection.connect({ address: scene.stack.temporalAddress });
  const { workflow } = new Client({ connection });
  const query =
    `WorkflowType = '${RECONCILE}' AND ExecutionStatus = 'Completed'` +
    ` AND StartTime > '${from.toISOString()}'`;
  try {
    await until(scene, async () => {
      if ((await workflow.count(query)).count < RUNS) return false;
      return (await states(scene.stack)).settling === 0;
    });
  } finally {
    await connection.close();
  }
}

/** Until no difference is left, neither for the book nor for people. */
export async function untilAgreed(scene: Scene): Promise<void> {
  await until(scene, async () => {
    const { open, settling } = await states(scene.stack);
    return open + settling === 0;
  });
}

/** By kind and words, with how many there are; IDs and amounts are in the evidence. */
export async function whatIsOpen({ database }: Stack): Promise<readonly string[]> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ line: string }>(
      `SELECT '  ' || count(*) || ' ' || kind || ': ' || what AS line
       FROM (SELECT kind, regexp_replace(detail, '\\m(ord|pi|re)_\\w+', '…', 'g') AS what
         FROM reconciliation_difference WHERE state = 'open') d
       GROUP BY kind, what ORDER BY 1`,
    ),
  );
  return rows.map(({ line }) => line);
}

async function states({ database }: Stack): Promise<{ open: number; settling: number }> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ open: number; settling: number }>(
      `SELECT count(*) FILTER (WHERE state = 'open')::int AS open,
         count(*) FILTER (WHERE state = 'settling')::int AS settling
       FROM reconciliation_difference`,
    ),
  );
  return rows[0] ?? { open: 0, settling: 0 };
}

// A difference that was looked at is looked at again after ten minutes, or at news of its payment.
const MOST_MS = 12 * 60_000;
const LOOK_MS = 1_000;

/** What is not so by then is told at the end of the drill. */
async function until({ say, over }: Scene, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + MOST_MS;
  while (!(await isSo())) {
    if (over.aborted) return;
    if (Date.now() > deadline) {
      say('the books do not agree, and nobody waits any longer');
      return;
    }
    await sleep(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
  }
}
