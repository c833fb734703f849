/** All lists of mutants, by the name that `npm run mutants -- --only` knows them by. */
import type { Mutant } from './mutant.ts';
import { ROWS } from './rows.ts';
import { TENANTS } from './tenants.ts';

export const GROUPS: Readonly<Record<string, readonly Mutant[]>> = {
  rows: ROWS,
  tenants: TENANTS,
};
