/**
 * What so many orders a second need, by plain multiplication: CPU and WAL of one order as `npm run bench`
 * has measured them for the real checkout, and what one order leaves in the books.
 */
import type { Results as Comparison } from '../compare/results.ts';
import { inDigits, spreadOf } from '../compare/statistics.ts';
import { valuesOf } from '../compare/summary.ts';
import type { Footprint } from './footprint.ts';

const RATES = [1, 10, 100, 1_000, 10_000] as const;
const PARTS = ['API', 'worker', 'Temporal', 'PostgreSQL'] as const;
const SECONDS_A_DAY = 86_400;

// A process that is busier than this answers late (shared/TEMPORAL.md: above 75 % latency explodes).
const MOST_BUSY = 0.7;
// As a worker and an API process have by default: src/config.ts and src/api.ts.
const [OF_A_WORKER, OF_AN_API] = [10, 17];
// autovacuum_freeze_max_age: so many transactions later every table is gone through.
const UNTIL_FREEZE = 200_000_000;

interface Inputs {
  readonly cpuMs: Readonly<Record<(typeof PARTS)[number], number>>;
  readonly walKilobytes: number;
  readonly transactions: number;
}

export function bottleneckTable(comparison: Comparison, footprint: Footprint): string {
  const inputs = inputsOf(comparison);
  const lines = linesOf(inputs, footprint).map(([name, of]) => [
    name,
    ...RATES.map((rate) => inDigits(of(rate))),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rates = RATES.map((rate) => `${rate.toLocaleString('en')}/s`);
  return [
    told(comparison, inputs, footprint),
    '',
    line(['', ...rates]),
    line(['---', ...rates.map(() => '---:')]),
    ...lines.map(line),
  ].join('\n');
}

function inputsOf(comparison: Comparison): Inputs {
  const cell = comparison.cells.find((name) => name === '32 clients') ?? comparison.cells[0] ?? '';
  const of = { work: 'checkout', contender: 'makegood', cell } as const;
  const cpu = (part: string) => spreadOf(valuesOf(comparison, of, (f) => f.cpu[part])).median;
  return {
    cpuMs: {
      API: cpu('API'),
      worker: cpu('worker'),
      Temporal: cpu('Temporal'),
      PostgreSQL: cpu('PostgreSQL'),
    },
    walKilobytes: spreadOf(valuesOf(comparison, of, (f) => f.walKilobytes)).median,
    transactions: spreadOf(valuesOf(comparison, of, (f) => f.transactions)).median,
  };
}

function told(comparison: Comparison, inputs: Inputs, footprint: Footprint): string {
  const cpu = PARTS.map((part) => `${part} ${inDigits(inputs.cpuMs[part])}`).join(', ');
  const wal = `${inDigits(inputs.walKilobytes)} kB of WAL in ${inDigits(inputs.transactions)} transactions`;
  const own = `${inDigits(footprint.rows)} rows, ${inDigits(footprint.diskBytes / 1_000)} kB with their indexes`;
  return [
    `Of one order, by the comparison above (${comparison.date.slice(0, 10)}; CPU on a busy machine is an`,
    `upper bound), ms of CPU: ${cpu}; ${wal}, Temporal's own included. Of these`,
    `${inDigits(footprint.transactions)} transactions and ${inDigits(footprint.walBytes / 1_000)} kB`,
    `(without whole pages) are the books'. An order of ${footprint.lines} lines leaves in the books`,
    `${own}. Times the rate:`,
  ].join(' ');
}

type Line = readonly [name: string, of: (rate: number) => number];

function linesOf({ cpuMs, ...inputs }: Inputs, footprint: Footprint): readonly Line[] {
  const cores = (part: (typeof PARTS)[number], rate: number) => (rate * cpuMs[part]) / 1_000;
  const processes = (part: 'API' | 'worker', rate: number) =>
    Math.ceil(cores(part, rate) / MOST_BUSY);
  const connections = (rate: number) =>
    OF_A_WORKER * processes('worker', rate) + OF_AN_API * processes('API', rate);
  return [
    ...PARTS.map((part): Line => [`cores: ${part}`, (rate) => cores(part, rate)]),
    ['API processes, each 70 % busy', (rate) => processes('API', rate)],
    ['worker processes, each 70 % busy', (rate) => processes('worker', rate)],
    ['connections of all these', connections],
    ['transactions that write, /s', (rate) => rate * inputs.transactions],
    ['WAL, MB/s', (rate) => (rate * inputs.walKilobytes) / 1_000],
    ['the books grow by, GB a day', (rate) => (rate * SECONDS_A_DAY * footprint.diskBytes) / 1e9],
    ['rows a day, millions', (rate) => (rate * SECONDS_A_DAY * footprint.rows) / 1e6],
    [
      'hours until every table is frozen again',
      (rate) => UNTIL_FREEZE / (rate * inputs.transactions) / 3_600,
    ],
  ];
}
