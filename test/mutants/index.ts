/** All lists of mutants, by the name that `npm run mutants -- --only` knows them by. */
import type { Mutant } from './mutant.ts';
import { ACTIVITY_MUTANTS } from './activities.ts';
import { ADAPTER_MUTANTS } from './adapters.ts';
import { ADMISSION_MUTANTS } from './admission.ts';
import { BOOK_MUTANTS } from './books.ts';
import { ENGINE_MUTANTS } from './engine.ts';
import { EVENT_MUTANTS } from './gateway-events.ts';
import { LATER_MUTANTS } from './later.ts';
import { OPERATORS } from './operators.ts';
import { PAGE_MUTANTS } from './page.ts';
import { RECONCILER_MUTANTS } from './reconciler.ts';
import { ROWS } from './rows.ts';
import { SHOP_MUTANTS } from './shop.ts';
import { TENANTS } from './tenants.ts';
import { WAITING_MUTANTS } from './waiting.ts';

export const GROUPS: Readonly<Record<string, readonly Mutant[]>> = {
  engine: ENGINE_MUTANTS,
  activities: ACTIVITY_MUTANTS,
  adapters: ADAPTER_MUTANTS,
  admission: ADMISSION_MUTANTS,
  books: BOOK_MUTANTS,
  events: EVENT_MUTANTS,
  later: LATER_MUTANTS,
  operators: OPERATORS,
  page: PAGE_MUTANTS,
  reconciler: RECONCILER_MUTANTS,
  rows: ROWS,
  shop: SHOP_MUTANTS,
  tenants: TENANTS,
  waiting: WAITING_MUTANTS,
};
