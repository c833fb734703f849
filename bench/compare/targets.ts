/** The targets that were set before there was a product, each with what this run says of it. */
import type { Work } from './contender.ts';
import type { Results } from './results.ts';
import { inRange, spreadOf } from './statistics.ts';
import { ratiosOf, valuesOf } from './summary.ts';
import type { Of, Pick } from './summary.ts';

export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

export function verdictsOf(results: Results): readonly Verdict[] {
  return TARGETS.map(({ target, values, isMet }) => {
    const measured = values(results);
    const { median } = spreadOf(measured);
    if (measured.length === 0) return { target, measured: '–', verdict: 'not measured' };
    return { target, measured: inRange(measured), verdict: isMet(median) ? 'met' : 'missed' };
  });
}

interface Target {
  readonly target: string;
  readonly values: (results: Results) => readonly number[];
  readonly isMet: (median: number) => boolean;
}

const rate: Pick = ({ ordersPerSecond }) => ordersPerSecond;
const cpu: Pick = ({ cpuTotal }) => cpuTotal;
const decision: Pick = ({ decisionP50 }) => decisionP50;
const completion: Pick = ({ completionP50 }) => completionP50;

const BUSY = '32 clients';
const STEADY = '20/s';

function ratio(
  work: Work,
  cell: string,
  [mine, theirs]: readonly [Pick, Pick],
  peer: string,
): Target['values'] {
  const of = (contender: string): Of => ({ work, contender, cell });
  return (results) => ratiosOf(results, [of('makegood'), mine], [of(peer), theirs]);
}

const atLeast = (least: number) => (median: number) => median >= least;
const atMost = (most: number) => (median: number) => median <= most;

const WORKS: readonly (readonly [Work, string])[] = [
  ['no-op', 'no-op steps'],
  ['checkout', 'the real checkout'],
];

/** Half of the 12 to 16 ms that a worker took before there was a product. */
const WORKER_MS = 7;

const TARGETS: readonly Target[] = [
  ...WORKS.flatMap(([work, what]): Target[] => [
    {
      target: `${what}: orders/s ≥ 3 × the usual Temporal saga (stretch: 5 ×)`,
      values: ratio(work, BUSY, [rate, rate], 'usual'),
      isMet: atLeast(3),
    },
    {
      target: `${what}: CPU per order ≤ 0.4 × the usual Temporal saga (stretch: 0.2 ×)`,
      values: ratio(work, BUSY, [cpu, cpu], 'usual'),
      isMet: atMost(0.4),
    },
    {
      target: `${what}: p50 to the decision at 20/s ≤ 0.35 × the usual Temporal saga’s round trip`,
      values: ratio(work, STEADY, [decision, completion], 'usual'),
      isMet: atMost(0.35),
    },
    {
      target: `${what}: p50 to the decision at 20/s ≤ 2 × Restate’s round trip`,
      values: ratio(work, STEADY, [decision, completion], 'restate'),
      isMet: atMost(2),
    },
  ]),
  {
    target: 'the real checkout: CPU per order ≤ 3 × DBOS',
    values: ratio('checkout', BUSY, [cpu, cpu], 'dbos'),
    isMet: atMost(3),
  },
  {
    target: `no-op steps: the worker’s own CPU per order halved, ≤ ${WORKER_MS} ms`,
    values: (results) =>
      valuesOf(
        results,
        { work: 'no-op', contender: 'makegood', cell: BUSY },
        (figures) => figures.cpu['worker'],
      ),
    isMet: atMost(WORKER_MS),
  },
];
