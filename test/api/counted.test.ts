/** What placing an order costs, counted: docs/benchmarks.md has these numbers. */
import assert from 'node:assert/strict';
import { recordStatements } from '../support/statements.ts';
import { createHarness, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('Placing an order', () => {
  let api: Harness;
  let statements: string[];
  before(async () => {
    api = await createHarness();
    // One notification speaks for all orders of some milliseconds, after the answer.
    statements = recordStatements(api.tenants, []);
  });
  after(() => api.close());

  it('is two round trips to PostgreSQL and one call to Temporal, a replay no more', async () => {
    const request = postOf(api.acme);
    assert.equal((await api.app.request('/v1/orders', request)).status, 202);
    assert.deepEqual(statements.splice(0), ['authenticate', 'place_order']);
    assert.equal(api.sagas.started.length, 1);

    assert.equal((await api.app.request('/v1/orders', request)).status, 202);
    assert.deepEqual(statements, ['authenticate', 'place_order']);
  });
});
