/** One cell of the table: what one contender did under one load, once. */
import { difference } from '../processes.ts';
import type { Counters } from './counters.ts';
import type { Run } from './load.ts';
import { percentile } from './statistics.ts';

export interface Figures {
  readonly orders: number;
  /** Answered otherwise than with success, or not in time. */
  readonly failed: number;
  /** Completed within the window. */
  readonly ordersPerSecond: number;
  readonly decisionP50: number;
  readonly decisionP99: number;
  readonly completionP50: number;
  readonly completionP99: number;
  /** Milliseconds for each completed order, by part. */
  readonly cpu: Readonly<Record<string, number>>;
  /** The sum without the stand-ins, which are the world outside. */
  readonly cpuTotal: number;
  readonly walKilobytes?: number;
  readonly transactions?: number;
}

/** The part that no contender is charged for. */
export const OUTSIDE = 'stand-ins';

export function figuresOf(run: Run, before: Counters, after: Counters): Figures {
  const endsAt = run.beganAt + 1_000 * run.seconds;
  const completed = run.outcomes.filter(({ completedAt }) => Number.isFinite(completedAt));
  const within = completed.filter(({ completedAt }) => completedAt <= endsAt);
  const decisions = run.outcomes.map(({ dueAt, decidedAt }) => decidedAt - dueAt);
  const completions = run.outcomes.map(({ dueAt, completedAt }) => completedAt - dueAt);
  const cpu = Object.fromEntries(
    Object.entries(difference(after.cpu, before.cpu)).map(([part, seconds]) => [
      part,
      (1_000 * seconds) / completed.length,
    ]),
  );
  const charged = Object.entries(cpu).filter(([part]) => part !== OUTSIDE);
  return {
    orders: completed.length,
    failed: run.outcomes.length - completed.length,
    ordersPerSecond: within.length / run.seconds,
    decisionP50: percentile(decisions, 0.5),
    decisionP99: percentile(decisions, 0.99),
    completionP50: percentile(completions, 0.5),
    completionP99: percentile(completions, 0.99),
    cpu,
    cpuTotal: charged.reduce((sum, [, ms]) => sum + ms, 0),
    ...written(before, after, completed.length),
  };
}

function written(before: Counters, after: Counters, orders: number) {
  if (before.database === undefined || after.database === undefined) return {};
  const { walBytes, transactions } = after.database;
  return {
    walKilobytes: (walBytes - before.database.walBytes) / 1_000 / orders,
    transactions: (transactions - before.database.transactions) / orders,
  };
}
