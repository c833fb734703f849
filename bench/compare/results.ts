/** The record of a run: everything that was measured, with what it was measured on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import type { Histories, Work } from './contender.ts';
import type { Figures } from './figures.ts';

export interface Row {
  readonly round: number;
  readonly work: Work;
  readonly contender: string;
  readonly cell: string;
  readonly figures: Figures;
}

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** As the tables name them, in the tables' order. */
  readonly contenders: readonly {
    readonly work: Work;
    readonly name: string;
    readonly title: string;
    readonly histories?: Histories;
  }[];
  readonly cells: readonly string[];
  /** Turns that broke off, and why: nothing of them counts. */
  readonly failures: readonly string[];
  readonly rows: readonly Row[];
}

export function thisMachine(): Results['machine'] {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    'memory GB': Math.round(totalmem() / 1e9),
    kernel: release(),
    'load before': Number(loadavg()[0]?.toFixed(1)),
  };
}

/** One line for each row, so that a later run can be compared by eye. */
export function writeResults(file: string, results: Results): void {
  const { rows, ...rest } = results;
  const head = JSON.stringify(rest, sparing, 2).slice(0, -2);
  const lines = rows.map((row) => `    ${JSON.stringify(row, sparing)}`);
  writeFileSync(file, `${head},\n  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`);
}

export function readResults(file: string): Results {
  const revive = (_: string, value: unknown) => (value === NEVER ? Infinity : value);
  return JSON.parse(readFileSync(file, 'utf8'), revive) as Results;
}

// JSON has no word for infinity.
const NEVER = 'never';

// Four digits are one more than these measurements know.
function sparing(_: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : NEVER;
}
