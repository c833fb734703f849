/**
 * How a cost grows with what it was measured against. All sizes but the largest say what the largest
 * would cost if the cost were a + b·log n; the largest says whether it is. What grows faster grows like n
 * as long as it has not grown by more than the size has.
 */
export type Growth = 'none' | 'log n' | 'n' | 'more than n';

export interface Point {
  readonly size: number;
  readonly cost: number;
}

// An index gets one level deeper for about 200 times as many entries, all the indexes that a question
// uses perhaps at the same size: half as much again is still that. A few pages more are chance.
const LEEWAY = 1.5;
const CHANCE = 16;

/** `unit`: what a page, a row or a byte is beside one page. */
export function growthOf(points: readonly Point[], unit = 1): Growth {
  const known = points.slice(0, -1);
  const [previous, last] = [known.at(-1), points.at(-1)];
  if (previous === undefined || last === undefined || known.length < 2) {
    throw new Error('growth needs three sizes');
  }
  const isWithin = (told: number) => last.cost <= told * LEEWAY + CHANCE * unit;
  if (last.cost <= Math.max(...known.map(({ cost }) => cost)) + unit) return 'none';
  if (isWithin(foretold(known, last.size))) return 'log n';
  if (isWithin((previous.cost * last.size) / previous.size)) return 'n';
  return 'more than n';
}

/** By the line through the known ones with the least squares, on a logarithmic scale; it never falls. */
function foretold(known: readonly Point[], size: number): number {
  const xs = known.map((point) => Math.log10(point.size));
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(xs), mean(known.map(({ cost }) => cost))];
  const covariance = mean(known.map(({ cost }, n) => ((xs[n] ?? 0) - meanX) * (cost - meanY)));
  const variance = mean(xs.map((x) => (x - meanX) ** 2));
  const slope = Math.max(0, covariance / variance);
  return meanY + slope * (Math.log10(size) - meanX);
}

/** What may grow like this, and why it must. */
export interface MustGrow {
  readonly axis: string;
  readonly probe: RegExp;
  readonly why: string;
}

export interface Verdict {
  readonly growth: Growth;
  /** Why it is no failure that it grows; undefined where it is one, or where it does not. */
  readonly because?: string;
  readonly fails: boolean;
}

const RANKS: readonly Growth[] = ['none', 'log n', 'n', 'more than n'];

/** The fastest of the growths of one probe, and whether that is allowed. */
export function judge(
  axis: string,
  probe: string,
  growths: readonly Growth[],
  mustGrow: readonly MustGrow[],
): Verdict {
  const growth = RANKS.findLast((rank) => growths.includes(rank)) ?? 'none';
  if (growth === 'none' || growth === 'log n') return { growth, fails: false };
  const allowed = mustGrow.find((one) => one.axis === axis && one.probe.test(probe));
  if (allowed === undefined) return { growth, fails: true };
  return { growth, because: allowed.why, fails: growth === 'more than n' };
}
