/** Waits, after the heal, for every order to come to its end; by condition, and not for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { withClient } from '../../../src/launcher/postgres.ts';
import { RECONCILE } from '../../../src/workflows/contract.ts';
import { reportOf, untoldBy } from './party-faults.ts';

/** What is not over yet. */
export interface Left {
  readonly orders: number;
  readonly refunds: number;
  readonly mails: number;
  readonly flagged: number;
  readonly runs: number;
  readonly clients: number;
  /** What the gateway tells, and nothing has come of yet. */
  readonly heard: number;
  /** What a tenant's server is owed. */
  readonly webhooks: number;
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
  /** Of the one that tells of its events. */
  readonly gatewayUrl?: string;
  /** Orders that only a person can go on with: they are over once one is called. */
  readonly poisoned: readonly string[];
  readonly clientsLeft: () => number;
  readonly over: AbortSignal;
  readonly tell: (left: Left) => void;
}): Promise<Left> {
  const {
    adminUrl,
    temporalAddress: address,
    partyUrls,
    gatewayUrl,
    poisoned,
    clientsLeft,
    over,
    tell,
  } = world;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const deadline = Date.now() + MOST_MS;
  try {
    for (;;) {
      const reports = await Promise.all(partyUrls.map(reportOf));
      const late = reports.reduce((sum, { underWay }) => sum + underWay, 0);
      const untold = gatewayUrl === undefined ? 0 : await untoldBy(gatewayUrl);
      const { excused, ...books } = await booksOf(adminUrl, poisoned);
      const runs = await countRuns(client, excused);
      const heard = untold + books.heard;
      const left = { ...books, heard, runs, clients: clientsLeft(), late };
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

async function countRuns(client: Client, excused: readonly string[]): Promise<number> {
  let runs = 0;
  // The reconciler is never done.
  const query = `ExecutionStatus = 'Running' AND WorkflowType != '${RECONCILE}'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    if (!excused.includes(workflowId)) runs += 1;
  }
  return runs;
}

type Books = Omit<Left, 'runs' | 'clients' | 'late'> & {
  /** Of orders and refunds: an operator has been called, as was to be expected. */
  readonly excused: readonly string[];
};

async function booksOf(adminUrl: string, poisoned: readonly string[]): Promise<Books> {
  return await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<Books>(
      `WITH excused AS (SELECT id FROM "order" WHERE id = ANY ($1) AND needs_operator)
      SELECT
        (SELECT count(*)::int FROM "order"
          WHERE status NOT IN ('completed', 'rejected', 'cancelled', 'refunded')
            AND id NOT IN (SELECT id FROM excused)) AS orders,
        (SELECT count(*)::int FROM refund
          WHERE state = 'requested' AND order_id NOT IN (SELECT id FROM excused)) AS refunds,
        (SELECT count(*)::int FROM mail_outbox WHERE sent_at IS NULL) AS mails,
        (SELECT count(*)::int FROM "order"
          WHERE needs_operator AND id NOT IN (SELECT id FROM excused)) AS flagged,
        (SELECT count(*)::int FROM gateway_event WHERE handled_at IS NULL) AS heard,
        (SELECT count(*)::int FROM webhook_delivery WHERE state = 'pending') AS webhooks,
        ARRAY(SELECT id FROM excused
          UNION SELECT r.id FROM refund r JOIN excused e ON e.id = r.order_id) AS excused`,
      [poisoned],
    );
    if (rows[0] === undefined) throw new Error('PostgreSQL counted nothing');
    return rows[0];
  });
}
