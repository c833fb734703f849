import assert from 'node:assert/strict';
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { queryAs } from '../../src/adapters/postgres/tenant.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { bookCompleted } from '../support/refunds.ts';
import { createHarness, getOf, newKey, orderIn, postOf } from './harness.ts';
import type { Harness } from './harness.ts';

describe('The wall between tenants', () => {
  let api: Harness;
  /** Of acme, whose order has a refund. */
  let order: OrderId;
  let refund: string;
  before(async () => {
    api = await createHarness();
    ({ id: order } = await orderIn(await api.app.request('/v1/orders', postOf(api.acme))));
    await bookCompleted(api.book, order, 2048n);
    const asked = await api.app.request(
      `/v1/orders/${order}/refunds`,
      postOf(api.acme, { body: { amount: { value: '1', currency: 'EUR' } } }),
    );
    refund = asked.headers.get('location') ?? '';
  });
  after(() => api.close());

  const TABLES = ['order', 'order_line', 'order_event', 'idempotency_claim', 'refund', 'payment'];
  const seenBy = async (tenantId: string, table: string) => {
    const rows = await queryAs(api.tenants, `all_${table}`, `SELECT 1 FROM "${table}"`, [tenantId]);
    return rows.length;
  };

  it('stands in every table: requests see rows by a policy, or none at all', async () => {
    const { rows } = await api.pool.query(`
      SELECT c.relname FROM pg_class c
      WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
        AND has_any_column_privilege('makegood_tenant', c.oid, 'SELECT, INSERT, UPDATE')
        AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))`);
    assert.deepEqual(rows, []);
    const { rows: role } = await api.tenants.query(
      'SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    );
    const expected = { current_user: 'makegood_tenant', rolsuper: false, rolbypassrls: false };
    assert.deepEqual(role, [expected]);
  });

  it('hides other tenants’ rows from a query that has no WHERE', async () => {
    for (const table of TABLES) {
      assert.ok((await seenBy(api.acme.id, table)) > 0, table);
      assert.equal(await seenBy(api.globex.id, table), 0, table);
    }
    const skus = await queryAs(api.tenants, 'all_products', 'SELECT tenant_id FROM product', [
      api.globex.id,
    ]);
    assert.ok(skus.every(({ tenant_id }) => tenant_id === api.globex.id) && skus.length > 0);
  });

  it('hides all rows from a query that names no tenant, also after one that did', async () => {
    await Promise.all(Array.from({ length: 20 }, () => seenBy(api.acme.id, 'order')));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.tenants.query('SELECT id FROM "order"')),
    );
    for (const { rows } of answers) assert.deepEqual(rows, []);
  });

  it('lets nobody write another tenant’s rows, nor read keys, nor change prices and stock', async () => {
    const wanted = `SELECT set_config('makegood.tenant', '${api.globex.id}', true)`;
    for (const statement of [
      `INSERT INTO idempotency_claim VALUES ('${api.acme.id}', 'r', '', '', '${order}')`,
      `INSERT INTO order_line VALUES ('${order}', 'BAGEL', 1, 1)`,
      'SELECT * FROM api_key',
      'UPDATE product SET unit_price = 1',
      'UPDATE stock SET available = 9',
      `UPDATE "order" SET status = 'completed'`,
      'UPDATE payment SET refunded = 0',
      'DELETE FROM "order"',
    ]) {
      await assert.rejects(
        api.tenants.query(`${wanted}; ${statement}`),
        { code: '42501' },
        statement,
      );
    }
  });

  const foreign = [
    ['GET', () => refund],
    ['POST', () => `/v1/orders/${order}/cancel`],
    ['POST', () => `/v1/orders/${order}/refunds`],
  ] as const;
  const ask = (path: string, method: string) => {
    const init = method === 'GET' ? getOf(api.globex) : postOf(api.globex, { body: {} });
    return api.app.request(path, path.endsWith('cancel') ? { ...init, body: null } : init);
  };

  it('holds when the functions forget whose order it is', async () => {
    const { rows } = await api.pool.query<{ name: string; definition: string }>(`
      SELECT proname AS name, pg_get_functiondef(oid) AS definition FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'tenant_id = p_tenant'`);
    const names = rows.map(({ name }) => name);
    for (const name of ['cancel_order', 'find_refund', 'request_refund', 'answer_claim']) {
      assert.ok(names.includes(name), name);
    }
    for (const { definition } of rows) {
      const mutant = definition.replaceAll(
        /\w+\.tenant_id = p_tenant|tenant_id = p_tenant/g,
        'true',
      );
      await api.pool.query(mutant);
    }
    try {
      for (const [method, path] of foreign) {
        assert.equal((await ask(path(), method)).status, 404, path());
      }
      // The mutants are real: whom no policy holds for, they let through.
      const [orderId, refundId] = [order, refund.split('/').at(-1) as `rfd_${string}`];
      const bare = createRefundStore(api.pool);
      assert.equal((await bare.find(api.globex.id, orderId, refundId))?.id, refundId);
      const claim = {
        tenantId: api.globex.id,
        route: 'POST x',
        keyHash: Buffer.from(newKey()),
        fingerprint: Buffer.from('f'),
      };
      const { state } = await createOrderStore(api.pool).cancel(claim, orderId);
      assert.equal(state, 'too-late');
    } finally {
      for (const { definition } of rows) await api.pool.query(definition);
    }
  });
});
