/** For each rule of the reconciler the tests that it cannot be taken out of unnoticed. */
import type { Mutant } from './mutant.ts';

const caught = (suite: string, mutant: Omit<Mutant, 'caughtBy'>): Mutant => ({
  ...mutant,
  caughtBy: { mocha: `test/${suite}.test.ts` },
});

const JUDGE = 'src/domain/reconcile.ts';
const BOOKS = 'migrations/0017_reconciler.sql';

export const RECONCILER_MUTANTS: readonly Mutant[] = [
  caught('activities/judgement', {
    name: 'what moves at this moment is judged',
    file: JUDGE,
    find: 'if (isYoung(ours, theirs, patience)) return undefined;',
    replace: '',
  }),
  caught('activities/judgement', {
    name: 'money that is not in the book is given back whatever became of its order',
    file: JUDGE,
    find: 'const remedy = isMadeGood(order.status) ? giveBack(theirs) : null;',
    replace: 'const remedy = giveBack(theirs);',
  }),
  caught('activities/reconcile-neighbours', {
    name: 'what another installation has taken is given back',
    file: JUDGE,
    find: 'if (isAnothers(theirs, installation)) return [];',
    replace: '',
  }),
  caught('activities/reconcile-neighbours', {
    name: 'what names no installation is given back',
    file: JUDGE,
    find: `if (installation === undefined) return 'it names no installation';`,
    replace: '',
  }),
  caught('activities/reconcile-neighbours', {
    name: 'what another installation does is looked at',
    file: BOOKS,
    find: 'coalesce(i.installation, us) = us',
    replace: 'true',
  }),
  caught('activities/reconcile-runs', {
    name: 'the place moves before what was read is written down',
    file: 'src/activities/reconcile-events.ts',
    find: `    if (page === undefined) return await walk.note(await newest(deps, reachedAt));`,
    replace: `    if (page === undefined) {
      const first = (await ledger.eventsBefore(undefined, { timeoutMs: CALL_MS })).events.at(-1);
      const to = { place: first?.id ?? '', reachedAt: first?.at };
      await book.noteEvents(place, to, [], limits.toleranceMs);
      return await walk.note(await newest(deps, reachedAt));
    }`,
  }),
  caught('activities/reconcile-runs', {
    name: 'a settlement begins whatever has become of the order since',
    file: BOOKS,
    find: `WHEN d.remedy = 'book' THEN NULL ELSE why_not_settled(d) END;`,
    replace: 'ELSE NULL END;',
  }),
  caught('activities/reconcile-runs', {
    name: 'our book is not read again after the gateway',
    file: BOOKS,
    find: 'IF our_payment(p_intent, p_named) IS DISTINCT FROM p_ours THEN',
    replace: 'IF false THEN',
  }),
  caught('activities/reconcile-runs', {
    name: 'a difference stays open when the books agree again',
    file: BOOKS,
    find: '  WHERE intent_id = p_intent AND settled_at IS NULL AND NOT subject IN (',
    replace: '  WHERE false AND NOT subject IN (',
  }),
  {
    name: 'a halt does not keep money from being taken',
    file: 'migrations/0015_differences.sql',
    find: '  PERFORM require_captures();\n',
    replace: '',
    caughtBy: { mocha: 'test/api/operations-differences.test.ts' },
  },
];
