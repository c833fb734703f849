/** Three mistakes that do not compile: the type checker fails if one of them ever does. */
import assert from 'node:assert/strict';
import type { Committed, Saga } from '../../src/saga/index.ts';

const run = () => Promise.resolve('done');

async function mistakes(saga: Saga, committed: Committed): Promise<void> {
  // @ts-expect-error a step before the pivot says how it is undone
  await saga.step('reserve stock', { run });

  // @ts-expect-error a step after the pivot cannot be undone
  await committed.step('request shipment', { run, compensate: run });

  // @ts-expect-error there is no committed step without a pivot
  const early: Committed = saga;
  await early.step('request shipment', run);
}

describe('the types of a saga', () => {
  it('refuse the three mistakes at compile time', () => assert.equal(mistakes.length, 2));
});
