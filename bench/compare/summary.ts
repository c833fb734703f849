/** Results, asked for by contender and load: all rounds at once, or ratios within each round. */
import type { Work } from './contender.ts';
import type { Figures } from './figures.ts';
import type { Results } from './results.ts';

export type Pick = (figures: Figures) => number | undefined;

export interface Of {
  readonly work: Work;
  readonly contender: string;
  readonly cell: string;
}

/** Of each round one; empty when it was not measured. */
export function valuesOf(results: Results, of: Of, pick: Pick): readonly number[] {
  return roundsOf(results, of).flatMap(({ figures }) => pick(figures) ?? []);
}

/** Within a round: machine, neighbours and weather are the same for both. */
export function ratiosOf(
  results: Results,
  [one, pickOne]: readonly [Of, Pick],
  [other, pickOther]: readonly [Of, Pick],
): readonly number[] {
  const others = roundsOf(results, other);
  return roundsOf(results, one).flatMap(({ round, figures }) => {
    const against = others.find((row) => row.round === round);
    const [above, below] = [pickOne(figures), against && pickOther(against.figures)];
    if (above === undefined || below === undefined) return [];
    // To what never ended, or never happened, there is no ratio.
    return below > 0 && Number.isFinite(below) ? [above / below] : [];
  });
}

function roundsOf({ rows }: Results, { work, contender, cell }: Of) {
  return rows.filter(
    (row) => row.work === work && row.contender === contender && row.cell === cell,
  );
}
