/** What a run of the comparison consists of: who, under which loads, for how long, how often. */
import { makegood } from './contenders/makegood.ts';
import { dbos, floor } from './contenders/plain.ts';
import { restate } from './contenders/restate.ts';
import { onTemporal } from './contenders/temporal.ts';
import type { Contender } from './contender.ts';

export type Cell =
  | { readonly kind: 'closed'; readonly clients: number }
  | { readonly kind: 'open'; readonly rate: number };

export interface Plan {
  readonly repeats: number;
  readonly warmUpSeconds: number;
  /** The window of a cell. */
  readonly seconds: number;
  /** How long after the window of an open loop an order may still end. */
  readonly patienceSeconds: number;
  readonly cells: readonly Cell[];
}

// The lightest load of a kind first: what a heavier one leaves behind must not slow a lighter one.
const LOADS: readonly Cell[] = [
  { kind: 'closed', clients: 8 },
  { kind: 'closed', clients: 32 },
  { kind: 'closed', clients: 128 },
  { kind: 'open', rate: 5 },
  { kind: 'open', rate: 20 },
  { kind: 'open', rate: 50 },
];

export const FULL: Plan = {
  repeats: 3,
  warmUpSeconds: 5,
  seconds: 20,
  patienceSeconds: 45,
  cells: LOADS,
};

/** The two loads that the targets are about, in windows that let it end within half an hour. */
export const QUICK: Plan = {
  repeats: 3,
  warmUpSeconds: 3,
  seconds: 8,
  patienceSeconds: 15,
  cells: LOADS.filter((cell) => (cell.kind === 'open' ? cell.rate === 20 : cell.clients === 32)),
};

export const WARM_UP_CLIENTS = 16;

export const CONTENDERS: readonly Contender[] = [
  floor('no-op', 'one'),
  floor('no-op', 'five'),
  restate('no-op'),
  dbos('no-op'),
  onTemporal('bare', 'no-op', 'server'),
  onTemporal('usual', 'no-op', 'server'),
  onTemporal('bare', 'no-op', 'dev server'),
  onTemporal('usual', 'no-op', 'dev server'),
  floor('checkout', 'five'),
  restate('checkout'),
  dbos('checkout'),
  makegood('server'),
  onTemporal('usual', 'checkout', 'server'),
];

/** Each round begins with another one, so that nobody is always the one that the cold machine gets. */
export function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = (round * Math.ceil(all.length / 3)) % Math.max(all.length, 1);
  return [...all.slice(first), ...all.slice(0, first)];
}

export function nameOf(cell: Cell): string {
  return cell.kind === 'closed' ? `${cell.clients} clients` : `${cell.rate}/s`;
}
