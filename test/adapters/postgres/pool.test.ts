import assert from 'node:assert/strict';
import { createPool, query } from '../../../src/adapters/postgres/pool.ts';
import { Unavailable } from '../../../src/domain/wrong.ts';

describe('A pool of connections', () => {
  it('says "not now" to who still asks while its process ends, as to whoever can ask another', async () => {
    // Nobody listens there: it is ended before it would connect.
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const pool = createPool({ url, size: 1, applicationName: 'test' });
    await pool.end();
    await assert.rejects(query(pool, 'one', 'SELECT 1', []), Unavailable);
  });
});
