/**
 * After PostgreSQL was restored to an earlier moment its book is right by definition, and Temporal
 * is ahead of it. Runs of orders that the book has lost are ended; those of orders and refunds that
 * the book has unfinished begin again, and do once more what is not recorded any more, under the
 * same keys. What the gateway has captured may only go forward: the order cannot be cancelled any more,
 * nor given up. Harmless at any moment, and when it is given twice.
 */
import type { Run, Runs } from '../client/ports.ts';
import type { OrderId } from '../domain/order.ts';
import type { Captured, SagaId, Signature, Standings } from './ports.ts';

export interface Realigned {
  /** Of no order or refund in the book; `ended`: those of them that still ran. */
  readonly unknown: readonly SagaId[];
  readonly ended: readonly SagaId[];
  readonly begunAgain: readonly SagaId[];
  /** Captured at the gateway and not in the book. */
  readonly committed: readonly OrderId[];
}

// Temporal's clock, and the gateway's, is another one than that of the recovery point.
const MARGIN_MS = 5 * 60_000;

// A run costs Temporal two calls, and the book one row of one read.
const LANES = 10;

export async function realign(
  {
    runs,
    standings,
    captured,
  }: { readonly runs: Runs; readonly standings: Standings; readonly captured: Captured },
  since: Date,
  { operator, why }: Signature,
): Promise<Realigned> {
  const reason = `after a restore, ${operator}: ${why}`;
  const from = new Date(since.getTime() - MARGIN_MS);
  // Before any run walks again, and might give up what has been paid for.
  const committed = await standings.commit(await captured.since(from));
  // First the runs and then the book: an order is in the book before it has a run.
  const found = await runs.since(from);
  const standing = await standings.standingOf(found.map(({ sagaId }) => sagaId));
  const unknown = found.filter(({ sagaId }) => !standing.has(sagaId));
  const ended = unknown.filter(({ isRunning }) => isRunning);
  const behind = found.filter(
    ({ sagaId, isRunning, isCompleted }) =>
      standing.get(sagaId) === 'unfinished' && (isRunning || isCompleted),
  );
  await inLanes(ended, (run) => runs.end(run, reason));
  await inLanes(behind, (run) => runs.beginAgain(run, reason));
  const idsOf = (some: readonly Run[]) => some.map(({ sagaId }) => sagaId);
  return { unknown: idsOf(unknown), ended: idsOf(ended), begunAgain: idsOf(behind), committed };
}

export function realignedInWords({ unknown, ended, begunAgain, committed }: Realigned): string {
  return [
    `${committed.length} orders were captured at the gateway and not in the book; they go forward:`,
    ...committed.map((id) => `  ${id}`),
    `${unknown.length} orders and refunds have a run and are in no book; ${ended.length} of these runs were ended:`,
    ...unknown.map((id) => `  ${id}`),
    `${begunAgain.length} runs begin again, for the book has gone back behind them`,
  ].join('\n');
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
