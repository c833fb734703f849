/**
 * After PostgreSQL was restored to an earlier moment its book is right by definition, and Temporal
 * is ahead of it. Runs of orders that the book has lost are ended; those of orders and refunds that
 * the book has unfinished begin again, and do once more what is not recorded any more, under the
 * same keys. Harmless at any moment, and when it is given twice.
 */
import type { Run, Runs } from '../client/ports.ts';
import type { SagaId, Signature, Standings } from './ports.ts';

export interface Realigned {
  /** Of no order or refund in the book; `ended`: those of them that still ran. */
  readonly unknown: readonly SagaId[];
  readonly ended: readonly SagaId[];
  readonly begunAgain: readonly SagaId[];
}

// Temporal's clock is another one than that of the recovery point.
const MARGIN_MS = 5 * 60_000;

// A run costs Temporal two calls, and the book one row of one read.
const LANES = 10;

export async function realign(
  { runs, standings }: { readonly runs: Runs; readonly standings: Standings },
  since: Date,
  { operator, why }: Signature,
): Promise<Realigned> {
  const reason = `after a restore, ${operator}: ${why}`;
  // First the runs and then the book: an order is in the book before it has a run.
  const found = await runs.since(new Date(since.getTime() - MARGIN_MS));
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
  return { unknown: idsOf(unknown), ended: idsOf(ended), begunAgain: idsOf(behind) };
}

export function realignedInWords({ unknown, ended, begunAgain }: Realigned): string {
  return [
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
