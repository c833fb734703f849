/** What is said of many measurements in a few numbers. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The least value that `share` of all are not above (nearest rank); of nothing it is NaN. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Of an even number the median lies between the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [at(Math.floor(middle)), at(Math.ceil(middle))];
  // Half of two infinities is not a number.
  const median = low === high ? low : (low + high) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Three digits say all that such measurements know. */
export function inDigits(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return '∞';
  const rounded = value === 0 ? 0 : Number(value.toPrecision(3));
  return rounded.toLocaleString('en', { maximumFractionDigits: 2 });
}

/** `median (min–max)`, or the one number where all say the same. */
export function inRange(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values);
  const [low, middle, high] = [min, median, max].map(inDigits);
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}
