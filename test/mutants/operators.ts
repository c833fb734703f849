/** For each rule of the operations API the tests that it cannot be taken out of unnoticed. */
import type { Mutant } from './mutant.ts';

const caught = (file: string, mutant: Omit<Mutant, 'caughtBy'>): Mutant => ({
  ...mutant,
  caughtBy: { mocha: `test/api/${file}.test.ts` },
});

const OPERATIONS = 'migrations/0014_operations.sql';

export const OPERATORS: readonly Mutant[] = [
  caught('tokens', {
    name: 'a tenant’s client is an operator as well, if its token says so',
    file: 'src/adapters/jwt/index.ts',
    find: 'scopes: scopes.filter((one) => one !== OPERATIONS)',
    replace: 'scopes',
  }),
  caught('operations-access', {
    name: 'a tenant’s key may have the scope of operators',
    file: OPERATIONS,
    find: `WHEN operator IS NULL THEN NOT 'operations' = ANY (scopes)`,
    replace: 'WHEN operator IS NULL THEN true',
  }),
  caught('operations-acts', {
    name: 'a cancel by an operator is written down nowhere',
    file: OPERATIONS,
    find: `  IF answer ->> 'state' = 'cancelled' THEN`,
    replace: `  IF answer ->> 'state' = 'nothing' THEN`,
  }),
  caught('operations-acts', {
    name: 'a replay of a refund is written down as another one',
    file: OPERATIONS,
    find: `  IF answer ->> 'state' = 'requested' THEN`,
    replace: `  IF answer ->> 'state' IN ('requested', 'replayed') THEN`,
  }),
  caught('operations-retry', {
    name: 'a word about a cause is also about what is parked after it',
    file: OPERATIONS,
    find: `WHERE cause = r.cause AND parked_at <= r.asked_at\n`,
    replace: 'WHERE cause = r.cause\n',
  }),
  caught('operations-retry', {
    name: 'the next turn of a retry does not wait',
    file: OPERATIONS,
    find: 'next_at = clock_timestamp() + p_pause',
    replace: 'next_at = clock_timestamp()',
  }),
  caught('operations-retry', {
    name: 'an order that somebody holds holds up all of its cause',
    file: OPERATIONS,
    find: 'EXCEPTION WHEN lock_not_available THEN',
    replace: 'EXCEPTION WHEN division_by_zero THEN',
  }),
  caught('operations-queue', {
    name: 'what two banks say is one cause',
    file: OPERATIONS,
    find: '(?=[A-Za-z_]*[0-9])',
    replace: '',
  }),
  caught('operations-orders', {
    name: 'customers are looked for from end to end',
    file: 'src/adapters/postgres/operations-desk.ts',
    find: 'WHERE erased_at IS NULL AND lower(customer_email)',
    replace: 'WHERE lower(customer_email)',
  }),
];
