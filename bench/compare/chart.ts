/**
 * The chart: orders per second and CPU per order under one load, one bar
 * for each contender, its rounds' range as a whisker. Scales are logarithmic: the floor is far away.
 */
import type { Results } from './results.ts';
import { inDigits, spreadOf } from './statistics.ts';
import { valuesOf } from './summary.ts';
import type { Pick } from './summary.ts';

const WIDTH = 900;
const LABELS = 305;
const PANEL = 240;
const GAP = 50;
const ROW = 24;
const TOP = 64;
const CELL = '32 clients';

const COLOURS = { makegood: '#0b6e4f', peer: '#8a94a6' } as const;

const PANELS: readonly (readonly [string, Pick])[] = [
  ['orders/s (more is better)', ({ ordersPerSecond }) => ordersPerSecond],
  ['CPU ms per order (less is better)', ({ cpuTotal }) => cpuTotal],
];

export function chartOf(results: Results): string {
  const cell = results.cells.includes(CELL) ? CELL : (results.cells[0] ?? CELL);
  const height = TOP + ROW * results.contenders.length + 20;
  const panels = PANELS.map(([title, pick], at) => {
    const left = LABELS + at * (PANEL + GAP);
    return panel(results, { title, pick, left, cell });
  });
  const labels = results.contenders.map(({ title, work }, at) =>
    text(LABELS - 10, middle(at), `${title} · ${work}`, 'text-anchor="end"'),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img"`,
    `  font-family="system-ui, sans-serif" font-size="12" fill="#1d2433">`,
    `<title>makegood beside its peers, ${cell}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(10, 22, `${cell}, ${results.date.slice(0, 10)}, logarithmic scales`, 'font-weight="600"'),
    ...labels,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function middle(row: number): number {
  return TOP + ROW * row + ROW / 2;
}

function panel(
  results: Results,
  drawn: {
    readonly title: string;
    readonly pick: Pick;
    readonly left: number;
    readonly cell: string;
  },
): string {
  const { title, pick, left, cell } = drawn;
  const spreads = results.contenders.map(({ work, name: contender }) =>
    spreadOf(valuesOf(results, { work, contender, cell }, pick)),
  );
  const x = scale(spreads.flatMap(({ min, max }) => [min, max]));
  const bars = spreads.flatMap(({ median, min, max }, at) => {
    if (!(median > 0)) return [];
    const isOurs = results.contenders[at]?.name.startsWith('makegood') ?? false;
    const [y, colour] = [middle(at), isOurs ? COLOURS.makegood : COLOURS.peer];
    const [end, from, to] = [x(median), x(min), x(max)].map((each) => left + each);
    return [
      `<rect x="${left}" y="${y - 8}" width="${x(median)}" height="16" fill="${colour}"/>`,
      `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="#1d2433"/>`,
      text(Math.max(end ?? 0, to ?? 0) + 5, y, inDigits(median)),
    ];
  });
  return [text(left, TOP - 14, title, 'font-weight="600"'), ...bars].join('\n');
}

/** The least value still has a bar to be seen, and the greatest leaves room for its number. */
function scale(values: readonly number[]): (value: number) => number {
  const known = values.filter((value) => value > 0 && Number.isFinite(value));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = Math.log(most / least) || 1;
  const [shortest, longest] = [12, PANEL - 40];
  return (value) => {
    const share = Math.log(Math.min(Math.max(value, least), most) / least) / span;
    return Math.round(shortest + share * (longest - shortest));
  };
}

function text(x: number, y: number, said: string, attributes = ''): string {
  const safe = said.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" dominant-baseline="middle" ${attributes}>${safe}</text>`;
}
