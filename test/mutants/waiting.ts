/** Bugs of payments that wait: until when, what is told of them, and what is kept. */
import type { Mutant } from './mutant.ts';
import { WAITING } from './suites.ts';

const books = 'migrations/0030_customer_action.sql';

export const WAITING_MUTANTS: readonly Mutant[] = [
  {
    name: 'The deadline moves on with every look.',
    file: books,
    find: 'waits_until = coalesce(waits_until, at + p_patience)',
    replace: 'waits_until = at + p_patience',
    caughtBy: WAITING,
  },
  {
    name: 'A payment waits for ever.',
    file: books,
    find: 'IF at >= p.waits_until THEN',
    replace: `IF at = 'infinity' THEN`,
    caughtBy: WAITING,
  },
  {
    name: 'What was confirmed too late is kept.',
    file: books,
    find: 'AND waits_until < coalesce(p_held_at, clock_timestamp())',
    replace: `AND waits_until < '-infinity'`,
    caughtBy: WAITING,
  },
  {
    name: 'What counts is when somebody looked.',
    file: books,
    find: 'AND waits_until < coalesce(p_held_at, clock_timestamp())',
    replace: 'AND waits_until < clock_timestamp()',
    caughtBy: WAITING,
  },
  {
    name: 'What has been captured may still be too late.',
    file: books,
    find: `IF o.gate = 'forward' AND EXISTS (SELECT FROM payment`,
    replace: 'IF EXISTS (SELECT FROM payment',
    caughtBy: WAITING,
  },
  {
    name: 'A link is told of at every look.',
    file: books,
    find: 'IF p_url IS DISTINCT FROM before.action_url THEN',
    replace: 'IF true THEN',
    caughtBy: WAITING,
  },
  {
    name: 'The customer of a cancelled order is still sent to the bank.',
    file: books,
    find: `SELECT coalesce(o.gate = 'forward' AND o.status`,
    replace: 'SELECT coalesce(o.status',
    caughtBy: WAITING,
  },
  {
    name: 'Where the customer comes back to is not handed on.',
    file: books,
    find: 'CASE WHEN o.return_url IS NULL THEN',
    replace: 'CASE WHEN o.id IS NOT NULL THEN',
    caughtBy: WAITING,
  },
  {
    name: 'What a customer takes their time for is a difference after a while.',
    file: 'migrations/0033_capture_later.sql',
    find: `CASE WHEN operation = 'confirm' THEN greatest(asked, p.waits_until) ELSE asked END`,
    replace: 'asked',
    caughtBy: WAITING,
  },
  {
    name: 'A payment that was given up is not asked about again.',
    file: 'src/activities/reconcile.ts',
    find: `  if (theirs?.status === 'processing') return false;
`,
    replace: '',
    caughtBy: WAITING,
  },
  {
    name: 'The customer’s link outlives the customer.',
    file: books,
    find: `  UPDATE order_event SET data = data #- '{payment,action}' WHERE order_id = NEW.id;
`,
    replace: '',
    caughtBy: { mocha: 'test/api/erasure.test.ts' },
  },
];
