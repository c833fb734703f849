/** What a corruption is: words, the rule that must notice, whose order it is, and how to do it. */
import type { Copy, Role } from '../copy.ts';

export type Corruption = readonly [
  what: string,
  invariant: string,
  /** `none` where the rule is about stock or the whole run, and so names no order. */
  order: Role | 'unknown' | 'none',
  spoil: (copy: Copy) => unknown,
];

/** An order that nobody has heard of. */
export const UNKNOWN = 'ord_01m0000000000000000000000z';
