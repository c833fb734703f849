/** Bugs of capture at shipment: what a parcel comes to, and what is held for it. */
import type { Mutant } from './mutant.ts';
import { LATER, SHIPMENTS, SHIPPED } from './suites.ts';

const books = 'migrations/0033_capture_later.sql';

export const LATER_MUTANTS: readonly Mutant[] = [
  {
    name: 'What was refused cannot be asked for again.',
    file: books,
    find: `AND r.sku = l.sku AND s.state <> 'refused') r`,
    replace: 'AND r.sku = l.sku) r',
    caughtBy: SHIPMENTS,
  },
  {
    name: 'A part may leave nothing for the rest of the order.',
    file: books,
    find: ' OR (price >= rest AND NOT is_rest)',
    replace: '',
    caughtBy: SHIPMENTS,
  },
  {
    name: 'A part is taken of what is captured only as a whole.',
    file: books,
    find: 'WHEN NOT is_rest AND (asked = 49 OR',
    replace: 'WHEN NOT is_rest AND (asked = 49 AND',
    caughtBy: SHIPMENTS,
  },
  {
    name: 'A hold is made once more before it is let go.',
    file: 'src/activities/renewal.ts',
    find: 'begun = await letGo(deps, order, begun.work);',
    replace: 'begun = await book.recordOldHold(order.id);',
    caughtBy: LATER,
  },
  {
    name: 'A later parcel that nobody pays for stays on its way.',
    file: 'src/activities/capture-later.ts',
    find: `      const begun = await book.beginPartRecall(order.id, number);
      if (begun.state !== 'open') return void settle(begun);
      await carrier.cancelShipment(referenceOf(order, number), callBudget(deps));
`,
    replace: `      const begun = await book.beginPartRecall(order.id, number);
      if (begun.state !== 'open') return void settle(begun);
`,
    caughtBy: SHIPPED,
  },
];
