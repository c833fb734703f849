/** What placing an order and reading it cost, counted: docs/benchmarks.md has these numbers. */
import assert from 'node:assert/strict';
import pg from 'pg';
import { recordStatements } from '../support/statements.ts';
import { createHarness, getOf, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('An order, counted,', () => {
  let api: Harness;
  let statements: string[];
  before(async () => {
    api = await createHarness();
    // One notification speaks for all orders of some milliseconds, after the answer.
    statements = recordStatements(api.tenants, []);
  });
  after(() => api.close());
  beforeEach(() => void statements.splice(0));

  /** Of its own request, and started as far as the books know. */
  const place = async (request: RequestInit) => {
    const answer = await api.app.request('/v1/orders', request);
    assert.equal(answer.status, 202);
    const { id } = await orderIn(answer);
    await api.store.stampStarted([id]);
    return id;
  };
  const toTemporal = () => {
    const { started, refunds, cancelled, described } = api.sagas;
    return [started, refunds, cancelled, described].flat().length;
  };

  it('is two round trips to PostgreSQL and one call to Temporal to place', async () => {
    const calls = toTemporal();
    await place(postOf(api.acme));
    assert.deepEqual(statements, ['authenticate', 'place_order']);
    assert.equal(toTemporal(), calls + 1);
  });

  it('is as many round trips and no call to Temporal to replay', async () => {
    const request = postOf(api.acme);
    await place(request);
    const calls = toTemporal();
    statements.splice(0);
    await place(request);
    assert.deepEqual(statements, ['authenticate', 'place_order']);
    assert.equal(toTemporal(), calls);
  });

  it('is read by index to replay, once each its claim, order and lines, and nothing is written', async () => {
    const id = await place(postOf(api.acme));
    const claims = await api.pool.query<Record<string, unknown>>(
      'SELECT tenant_id, route, key_hash, fingerprint FROM idempotency_claim WHERE order_id = $1',
      [id],
    );
    // On a connection of its own, which has touched nothing else.
    const client = new pg.Client(api.database.url);
    await client.connect();
    await client.query('BEGIN');
    const values = Object.values(claims.rows[0] ?? {});
    await client.query(`SELECT place_order($1, $2, $3, $4, '{}')`, values);
    const touched = await client.query(
      `SELECT relname AS table, seq_scan::integer AS whole, idx_scan::integer AS indexed,
         (n_tup_ins + n_tup_upd + n_tup_del)::integer AS written
       FROM pg_stat_xact_user_tables WHERE seq_scan + idx_scan > 0 ORDER BY relname`,
    );
    await client.end();
    const once = { whole: 0, indexed: 1, written: 0 };
    const tables = ['idempotency_claim', 'order', 'order_line'];
    assert.deepEqual(
      touched.rows,
      tables.map((table) => ({ table, ...once })),
    );
  });

  it('is not sent again once it has ended: two round trips, no call to Temporal, 304', async () => {
    const id = await place(postOf(api.acme));
    await api.book.beginUnwind(id, 'out-of-stock');
    await api.book.closeOrder(id);
    const path = `/v1/orders/${id}`;
    const first = await api.app.request(path, getOf(api.acme));
    const etag = first.headers.get('etag') ?? assert.fail('no ETag');
    const calls = toTemporal();
    statements.splice(0);
    const again = await api.app.request(path, getOf(api.acme, { 'If-None-Match': etag }));
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.deepEqual(statements, ['authenticate', 'find_order']);
    assert.equal(toTemporal(), calls);
  });
});
