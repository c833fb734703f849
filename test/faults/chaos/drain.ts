/** Waits, after the heal, for every order to come to its end; by condition, and not for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { withClient } from '../../../src/launcher/postgres.ts';
import { reportOf } from './party-faults.ts';

/** What is not over yet. */
export interface Left {
  readonly orders: number;
  readonly refunds: number;
  readonly mails: number;
  readonly flagged: number;
  readonly runs: number;
  readonly clients: number;
  /** What the parties outside do later than they were asked. */
  readonly late: number;
}

// The promise: every accepted order ends, or waits for an operator, within this after the heal.
const MOST_MS = 15 * 60_000;
const EVERY_MS = 1_000;

/** What was left when it gave up; nothing, most often. */
export async function drain(world: {
  readonly adminUrl: string;
  readonly temporalAddress: string;
  readonly partyUrls: readonly string[];
  readonly clientsLeft: () => number;
  readonly over: AbortSignal;
  readonly tell: (left: Left) => void;
}): Promise<Left> {
  const { adminUrl, temporalAddress: address, partyUrls, clientsLeft, over, tell } = world;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const deadline = Date.now() + MOST_MS;
  try {
    for (;;) {
      const { count: runs } = await client.workflow.count(`ExecutionStatus = 'Running'`);
      const reports = await Promise.all(partyUrls.map(reportOf));
      const late = reports.reduce((sum, { underWay }) => sum + underWay, 0);
      const left = { ...(await booksOf(adminUrl)), runs, clients: clientsLeft(), late };
      if (isNothing(left) || Date.now() > deadline || over.aborted) return left;
      tell(left);
      await sleep(EVERY_MS, undefined, { signal: over }).catch(() => undefined);
    }
  } finally {
    await connection.close();
  }
}

export function isNothing(left: Left): boolean {
  return Object.values(left).every((count) => count === 0);
}

async function booksOf(
  adminUrl: string,
): Promise<Pick<Left, 'orders' | 'refunds' | 'mails' | 'flagged'>> {
  return await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<Pick<Left, 'orders' | 'refunds' | 'mails' | 'flagged'>>(`
      SELECT
        (SELECT count(*)::int FROM "order"
          WHERE status NOT IN ('completed', 'rejected', 'cancelled', 'refunded')) AS orders,
        (SELECT count(*)::int FROM refund WHERE state = 'requested') AS refunds,
        (SELECT count(*)::int FROM mail_outbox WHERE sent_at IS NULL) AS mails,
        (SELECT count(*)::int FROM "order" WHERE needs_operator) AS flagged`);
    if (rows[0] === undefined) throw new Error('PostgreSQL counted nothing');
    return rows[0];
  });
}
