/**
 * One drill: the processes, clients and checker of test/faults/chaos, with one loss in place of its
 * nemesis. What was lost for good is told by name and judged on its own; the checker judges the rest.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawPlan } from '../../faults/chaos/plan.ts';
import type { Plan } from '../../faults/chaos/plan.ts';
import { askChecker, describe } from '../../faults/chaos/report.ts';
import type { Outcome } from '../../faults/chaos/report.ts';
import { isNothing } from '../../faults/chaos/drain.ts';
import { runChaos } from '../../faults/chaos/run.ts';
import { RECONCILING } from './agree.ts';
import { addOldRuns } from './old-runs.ts';
import { settleLost } from './lost.ts';
import { createTrouble } from './trouble.ts';
import type { Told } from './trouble.ts';
import type { Way } from './scene.ts';

export interface Drilled {
  /** 0: all is as it should be; 1: not; 2: nobody can say. */
  readonly code: number;
  readonly lines: readonly string[];
  readonly outcome: Outcome;
  readonly told: Told;
}

export async function runDrill(wish: {
  readonly way: Way;
  readonly orders: number;
  readonly seconds: number;
  readonly seed: string;
  readonly keep: boolean;
  readonly stop: AbortSignal;
  readonly say: (line: string) => void;
}): Promise<Drilled> {
  const { way, orders, seconds, seed, keep, stop, say } = wish;
  const folder = fileURLToPath(
    new URL(`../../../.makegood/drills/${way}-${seed}`, import.meta.url),
  );
  const lossAtMs = seconds * LOSS_AT * 1_000;
  const plan = quietPlan({ orders, seconds, seed }, way, lossAtMs);
  const backupAtMs = seconds * BACKUP_AT * 1_000;
  const { trouble, told } = createTrouble({ way, backupAtMs, lossAtMs, folder });
  const outcome = await runChaos(plan, {
    folder,
    say,
    stop,
    trouble,
    environment: way === 'older' ? RECONCILING : {},
  });
  const { brought, backup } = told();
  const cut = way === 'temporal' ? await addOldRuns(folder, say) : 0;
  const lost = settleLost(folder, brought);
  const { code, said } = await askChecker(folder);
  const isOver = isNothing(outcome.left) && lost.open.length === 0;
  const lines = [
    ...describe(outcome),
    ...timesOf(told(), outcome),
    `recovery point: ${pointOf(way, backup.takenAt, brought.lostAt)}`,
    ...(way === 'temporal' ? [`runs that Temporal lost while they ran: ${cut}`] : []),
    ...lost.lines,
    ...said.trimEnd().split('\n'),
  ];
  const verdict = code === 0 && !isOver ? 1 : code;
  if (verdict === 0 && !keep) rmSync(folder, { recursive: true });
  else lines.push(`the evidence is in ${folder}`);
  return { code: verdict, lines, outcome, told: told() };
}

// Of the time in which orders come: the backup is two thirds of it old when all is lost, which is a
// minute in the long form, and orders go on coming afterwards.
const BACKUP_AT = 1 / 9;
const LOSS_AT = 7 / 9;

// Slow parties, so that orders are found at every step when all is lost; within an attempt's time.
const SLOW_MS = 2_000;

/** Nothing goes wrong but the one thing. */
function quietPlan(
  wish: { readonly orders: number; readonly seconds: number; readonly seed: string },
  way: Way,
  atMs: number,
): Plan {
  const plan = drawPlan(wish);
  const quiet = { seed: 1, rates: {}, mostPerOrder: 1, delayMs: SLOW_MS };
  // More of them where nothing but runs under way is lost.
  const slow = { 'late-answer': way === 'temporal' ? 0.8 : 0.3 };
  const gateway = { ...quiet, rates: { create: slow, confirm: slow, capture: slow } };
  const carrier = { ...quiet, rates: { request: slow } };
  const target = way === 'temporal' ? 'temporal' : 'postgres';
  return {
    ...plan,
    acts: [{ sort: 'process', fault: 'kill', target, atMs, forMs: 0 }],
    rates: { gateway, carrier, mail: quiet },
  };
}

function timesOf({ brought }: Told, { times }: Outcome): readonly string[] {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const { restoredMs, servingMs, agreedMs, lostAt } = brought;
  return [
    `after the loss: restored after ${seconds(restoredMs)}, serving after ${seconds(servingMs)},` +
      ` the books agreed after ${seconds(agreedMs)},` +
      ` everything had ended after ${seconds(times.drainedAt - lostAt.getTime())}`,
  ];
}

function pointOf(way: Way, takenAt: Date, lostAt: Date): string {
  if (way !== 'older') return 'nothing was lost';
  const age = (lostAt.getTime() - takenAt.getTime()) / 1_000;
  return `${takenAt.toISOString()}, ${age.toFixed(1)} s before the loss`;
}
