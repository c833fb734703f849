/** What can go wrong at the gateway, operation by operation. */
import { COMMON_FAULTS, EVENT_FAULTS } from '../faults.ts';
import type { Repertoire } from '../plan.ts';
import type { Operation } from './operations.ts';

const CHANGE = [
  ...COMMON_FAULTS,
  'key-in-use',
  'error',
  'error-after-effect',
  'forget-key',
  'malformed',
  'truncated',
  'wrong-amount',
  'wrong-currency',
] as const;

const QUESTION = [
  'reject',
  'rate-limit',
  'unavailable',
  'error',
  'fail-before',
  'hang',
  'fail-after-effect',
  'late-answer',
  'malformed',
  'truncated',
  'wrong-amount',
  'wrong-currency',
] as const;

/** `webhook` is nobody's request: the gateway itself tells of an event. */
export const REPERTOIRE: Repertoire<Operation | 'webhook'> = {
  party: 'gateway',
  faults: {
    create: CHANGE,
    confirm: [...CHANGE, 'decline', 'lapse'],
    capture: [...CHANGE, 'decline', 'lapse'],
    cancel: CHANGE,
    refund: [...CHANGE, 'decline', 'pending'],
    retrieve: QUESTION,
    'find-refund': QUESTION,
    'list-events': QUESTION,
    webhook: [...EVENT_FAULTS, 'early'],
  },
  questions: ['retrieve', 'find-refund', 'list-events'],
};
