/** What was measured, in tables; what grows and must not, in words. */
import { inDigits } from '../compare/statistics.ts';
import type { Measured } from './axes.ts';
import type { Footprint } from './footprint.ts';
import { growthOf, judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import { MUST_GROW } from './must-grow.ts';

export interface Results {
  readonly date: string;
  readonly axes: readonly Grown[];
  readonly footprint?: Footprint;
}

export interface Grown {
  readonly name: string;
  readonly told: string;
  readonly points: readonly { readonly size: number; readonly costs: readonly Measured[] }[];
}

interface Line {
  readonly probe: string;
  /** At each size. */
  readonly costs: readonly Measured[];
  readonly verdict: Verdict;
}

/** A page of 8 kB holds so many rows, and a touch of one so much WAL. */
const UNITS = { pages: 1, rows: 2, walBytes: 100 } as const;

function linesOf({ name, points }: Grown): readonly Line[] {
  return (points[0]?.costs ?? []).map(({ probe }) => {
    const costs = points.map(
      (point) => point.costs.find((one) => one.probe === probe) ?? missing(probe),
    );
    const growths = (['pages', 'rows', 'walBytes'] as const).map((kind) =>
      growthOf(
        costs.map((cost, n) => ({ size: points[n]?.size ?? 0, cost: cost[kind] })),
        UNITS[kind],
      ),
    );
    return { probe, costs, verdict: judge(name, probe, growths, MUST_GROW) };
  });
}

function missing(probe: string): never {
  throw new Error(`${probe} was not measured at every size`);
}

export function failuresOf({ axes }: Results): readonly string[] {
  return axes.flatMap((axis) =>
    linesOf(axis)
      .filter(({ verdict }) => verdict.fails)
      .map(({ probe, verdict, costs }) => {
        const whole = [...new Set(costs.flatMap((cost) => cost.whole))];
        const read = whole.length > 0 ? `, reads ${whole.join(', ')} from end to end` : '';
        return `${axis.name}: ${probe} like ${verdict.growth}${read}`;
      }),
  );
}

export function tableOf(axis: Grown): string {
  const sizes = axis.points.map(({ size }) => size.toLocaleString('en'));
  const last = sizes.at(-1) ?? '';
  const head = ['', ...sizes, `rows at ${last}`, `WAL, B`, `ms`, 'grows like'];
  const rows = linesOf(axis).map(({ probe, costs, verdict }) => {
    const largest = costs.at(-1);
    const growth = verdict.fails ? `**${verdict.growth}**` : verdict.growth;
    return [
      probe,
      ...costs.map(({ pages }) => inDigits(pages)),
      inDigits(largest?.rows ?? 0),
      inDigits(largest?.walBytes ?? 0),
      inDigits(largest?.ms ?? 0),
      verdict.because === undefined ? growth : `${growth}: ${verdict.because}`,
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, n) => (n === 0 ? '---' : '---:')));
  return [`Pages, by ${axis.told}:`, '', line(head), rule, ...rows.map(line)].join('\n');
}
