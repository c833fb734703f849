/** What the checker answers, and how an invariant says what it found. */
import type { Facts } from './facts.ts';

export interface Verdict {
  readonly verdict: 'passed' | 'failed' | 'unknown';
  readonly findings: readonly (Finding & { readonly invariant: string })[];
  /** Why the verdict cannot be "passed" although nothing has failed. */
  readonly missing: readonly string[];
  /** Findings by invariant, and how much was looked at. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Finding {
  readonly orderId?: string | undefined;
  readonly detail: string;
}

/** Pure: what is wrong in these books, as far as this one rule goes. */
export type Invariant = (facts: Facts) => Iterable<Finding>;
