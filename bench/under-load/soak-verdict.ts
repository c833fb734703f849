/** What half an hour has left behind, held against what may stay. Pure. */
import { inDigits, percentile } from '../compare/statistics.ts';
import type { Growth } from './growth.ts';
import { DECIDED_WITHIN_SECONDS, judgeMemory, line } from './verdict.ts';
import type { Line } from './verdict.ts';

export interface Soaked {
  readonly seconds: number;
  readonly retentionSeconds: number;
  readonly orders: number;
  readonly refused: number;
  readonly unanswered: number;
  /** From acceptance to decision, in the order of acceptance. */
  readonly secondsToDecision: readonly number[];
  readonly memory: Readonly<Record<string, readonly MemorySample[]>>;
  readonly growth: readonly Growth[];
}

export interface MemorySample {
  readonly at: number;
  readonly mib: number;
}

// Below what it can take nobody should be turned away; a machine has its moments.
const MOST_REFUSED = 0.01;

// What an order costs in the second half, in times of the first: neither tables nor indexes may swell.
const MOST_SWELLING = 1.25;

// Autovacuum begins at a fifth.
const MOST_DEAD = 0.25;

// Some pages of each.
const QUEUES_MIB = 4;

// Timers of the retention are spread, and deleting takes a while.
const FORGOTTEN_WITHIN = { times: 1.5, seconds: 60 };

export function judgeSoak(soaked: Soaked): readonly Line[] {
  const { orders, refused, unanswered, secondsToDecision, seconds } = soaked;
  const third = Math.floor(secondsToDecision.length / 3);
  const p99 = (part: readonly number[]) => percentile(part, 0.99);
  const [first, last] = [secondsToDecision.slice(0, third), secondsToDecision.slice(-third)];
  const whole = p99(secondsToDecision);
  return [
    line(
      refused <= MOST_REFUSED * orders && unanswered === 0,
      `${orders} orders in ${inDigits(seconds / 60)} minutes, ${inDigits(orders / seconds)} a second: ${refused} refused, ${unanswered} requests without an answer`,
    ),
    line(
      whole <= DECIDED_WITHIN_SECONDS,
      `decided within ${DECIDED_WITHIN_SECONDS} s: p99 ${inDigits(whole)} s; of the first third ${inDigits(p99(first))}, of the last ${inDigits(p99(last))}`,
    ),
    ...Object.entries(soaked.memory).map(([name, samples]) => judgeProcess(name, samples)),
    ...judgeBooks(soaked.growth),
    ...judgeTemporal(soaked),
  ];
}

function judgeProcess(name: string, samples: readonly MemorySample[]): Line {
  const { passed, says } = judgeMemory(
    name,
    samples.map(({ mib }) => mib),
  );
  const half = samples.slice(Math.floor(samples.length / 2));
  return line(passed, `${says}; ${inDigits(slopePerHour(half))} MiB an hour in the second half`);
}

/** Of the straight line that lies closest to all. */
export function slopePerHour(samples: readonly MemorySample[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, mib] = [mean(samples.map((each) => each.at)), mean(samples.map((each) => each.mib))];
  const sum = (of: (each: MemorySample) => number) =>
    samples.reduce((total, each) => total + of(each), 0);
  const slope =
    sum((each) => (each.at - at) * (each.mib - mib)) / sum((each) => (each.at - at) ** 2);
  return slope * 3_600_000;
}

const MIB = 1024 * 1024;

function judgeBooks(growth: readonly Growth[]): readonly Line[] {
  const [start, middle, end] = [growth[0], growth[Math.floor(growth.length / 2)], growth.at(-1)];
  if (start === undefined || middle === undefined || end === undefined) {
    return [line(false, 'nobody looked at the books')];
  }
  const perOrder = (of: 'tables' | 'indexes', from: Growth, to: Growth) =>
    (to[of] - from[of]) / 1_000 / (to.orders - from.orders);
  const sizes = (['tables', 'indexes'] as const).map((of) => {
    const [early, late] = [perOrder(of, start, middle), perOrder(of, middle, end)];
    return line(
      late <= MOST_SWELLING * early,
      `${of} of the books grow by ${inDigits(late)} kB an order, ${inDigits(early)} in the first half`,
    );
  });
  const dead = end.deadTuples / end.liveTuples;
  return [
    ...sizes,
    line(
      dead <= MOST_DEAD,
      `${inDigits(100 * dead)} % of the rows are dead (${end.deadTuples} of ${end.liveTuples})`,
    ),
    line(
      end.queues <= QUEUES_MIB * MIB,
      `indexes of what is under way have ${inDigits(end.queues / MIB)} MiB, ${inDigits(middle.queues / MIB)} at half time`,
    ),
  ];
}

function judgeTemporal({ growth, retentionSeconds, seconds, orders }: Soaked): readonly Line[] {
  const [start, end] = [growth[0], growth.at(-1)];
  const full = growth.find(({ at }) => at >= (start?.at ?? 0) + 1_000 * retentionSeconds);
  if (start === undefined || end === undefined || full === undefined) {
    return [line(false, 'the run was shorter than the retention')];
  }
  const written = (full.temporal - start.temporal) / 1_000 / (full.orders - start.orders);
  const later = (end.temporal - full.temporal) / 1_000 / (end.orders - full.orders);
  const most =
    (orders / seconds) * (FORGOTTEN_WITHIN.times * retentionSeconds + FORGOTTEN_WITHIN.seconds);
  return [
    line(
      end.runs <= most,
      `retention holds Temporal: it has ${end.runs} runs of ${end.orders}, at most ${Math.round(most)}`,
    ),
    line(
      later <= written / 2,
      `Temporal grows by ${inDigits(written)} kB an order, and by ${inDigits(later)} once the first are forgotten`,
    ),
  ];
}
