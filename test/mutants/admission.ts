/** Bugs of admission: what it measures, what it lets in, and whom it refuses. */
import type { Mutant } from './mutant.ts';
import { ADMISSION } from './suites.ts';

const admission = 'src/api/admission.ts';
const orders = 'src/api/orders.ts';
const migration = 'migrations/0027_waiting_orders.sql';
const caughtBy = ADMISSION;

export const ADMISSION_MUTANTS: readonly Mutant[] = [
  {
    name: 'The queue does not count for what is let in.',
    file: admission,
    find: 'Math.max(0, perSecond + limit() - waiting)',
    replace: 'Math.max(0, perSecond + limit())',
    caughtBy,
  },
  {
    name: 'Each process lets in as much as all of them may.',
    file: admission,
    find: '/ processes;',
    replace: '/ Math.min(1, processes);',
    caughtBy,
  },
  {
    name: 'What workers can do is measured while none wait.',
    file: admission,
    find: 'wereWaiting >= FEWEST_WAITING;',
    replace: 'wereWaiting >= 0;',
    caughtBy,
  },
  {
    name: 'Nobody learns that workers have become slower.',
    file: admission,
    find: 'if (rate > perSecond || isBusy)',
    replace: 'if (rate > perSecond || (isBusy && rate < 0))',
    caughtBy,
  },
  {
    name: 'An outage is an overload.',
    file: admission,
    find: 'if (looksWithoutAny >= AN_OUTAGE) return mostWaiting;',
    replace: 'if (looksWithoutAny < 0) return mostWaiting;',
    caughtBy,
  },
  {
    name: 'A replay takes up room for good.',
    file: orders,
    find: `if (hasRoom && answer.state !== 'placed') admission?.giveBack();`,
    replace: `if (hasRoom && answer.state === 'no-room') admission?.giveBack();`,
    caughtBy,
  },
  {
    name: 'Without room nobody is asked whether the key is known.',
    file: migration,
    find: `  IF answer IS NOT NULL THEN
    RETURN answer;
  END IF;
`,
    replace: '',
    caughtBy,
  },
  {
    name: 'What waits for an operator waits for a worker.',
    file: migration,
    find: ` AND NOT needs_operator)`,
    replace: ')',
    caughtBy,
  },
];
