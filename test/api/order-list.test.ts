import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { listStatement } from '../../src/adapters/postgres/order-list.ts';
import type { OrderFilter } from '../../src/api/ports.ts';
import type { OrderId, OrderStatus } from '../../src/domain/order.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';
import { createHarness, getOf, orderIn, postOf } from './harness.ts';
import type { Harness, OrderBody, ProblemBody, Tenant } from './harness.ts';

interface Page {
  readonly data: readonly OrderBody[];
  readonly nextCursor: string | null;
}

const TOTAL = 2048n;

describe('The list of orders', () => {
  let api: Harness;
  /** Oldest first: one cancelled, one completed, one paid, two accepted. */
  const ids: OrderId[] = [];
  before(async () => {
    api = await createHarness();
    for (let placed = 0; placed < 5; placed += 1) ids.push(await place());
    const [cancelled, completed, paid] = ids as [OrderId, OrderId, OrderId];
    await api.book.beginUnwind(cancelled, 'cancelled');
    await api.book.closeOrder(cancelled);
    await bookCompleted(api.book, completed, TOTAL);
    await bookPaid(api.book, paid, TOTAL);
    await api.pool.query('UPDATE "order" SET needs_operator = true WHERE id = $1', [paid]);
  });
  after(() => api.close());

  const place = async (tenant: Tenant = api.acme) =>
    (await orderIn(await api.app.request('/v1/orders', postOf(tenant)))).id;
  const list = async (query = '', tenant: Pick<Tenant, 'key'> = api.acme): Promise<Page> => {
    const answer = await api.app.request(`/v1/orders${query}`, getOf(tenant));
    assert.equal(answer.status, 200);
    return (await answer.json()) as Page;
  };
  const idsIn = ({ data }: Page) => data.map(({ id }) => id);
  const at = (...places: number[]) => places.map((place) => ids[place]);

  it('shows each as GET does, newest first', async () => {
    const page = await list();
    assert.deepEqual(idsIn(page), at(4, 3, 2, 1, 0));
    assert.equal(page.nextCursor, null);
    for (const order of page.data) {
      const one = await api.app.request(`/v1/orders/${order.id}`, getOf(api.acme));
      assert.deepEqual(order, await one.json());
    }
  });

  it('is of one tenant only, also with another’s cursor', async () => {
    const foreign = await place(api.globex);
    assert.deepEqual(idsIn(await list('', api.globex)), [foreign]);
    const { nextCursor } = await list('?limit=1');
    assert.deepEqual(idsIn(await list(`?cursor=${nextCursor ?? ''}`, api.globex)), []);
    assert.ok(!idsIn(await list()).includes(foreign));
  });

  it('is filtered by status, by need of an operator and by time, and by all of them', async () => {
    const { rows } = await api.pool.query<{ id: string; created: string }>(
      'SELECT id, iso(created_at) AS created FROM "order" ORDER BY created_at',
    );
    const created = (place: number) =>
      rows.find(({ id }) => id === ids[place])?.created ?? assert.fail();
    for (const [query, expected] of [
      ['status=completed', at(1)],
      ['status=cancelled', at(0)],
      ['status=paid', at(2)],
      ['status=accepted', at(4, 3)],
      ['status=rejected', []],
      ['needsOperator=true', at(2)],
      ['needsOperator=false', at(4, 3, 1, 0)],
      ['needsOperator=true&status=accepted', []],
      // As it is shown: at that moment counts as after it, and not as before it.
      [`createdAfter=${created(3)}`, at(4, 3)],
      [`createdBefore=${created(1)}`, at(0)],
      [`createdAfter=${created(1)}&createdBefore=${created(3)}`, at(2, 1)],
      [`createdAfter=${created(1)}&status=paid&needsOperator=true&limit=1`, at(2)],
      ['createdAfter=0000-01-01T00:00:00Z&createdBefore=9999-12-31T23:59:59Z', at(4, 3, 2, 1, 0)],
      ['createdAfter=2000-01-01T00:00:00%2B14:00', at(4, 3, 2, 1, 0)],
    ] as const) {
      assert.deepEqual(idsIn(await list(`?${query}`)), expected, query);
    }
  });

  it('comes in pages that miss and repeat none, whatever is placed or moves on meanwhile', async () => {
    const start = idsIn(await list('?limit=100'));
    const seen: OrderId[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await list(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...idsIn(page));
      cursor = page.nextCursor;
      await bookPaid(api.book, await place(), TOTAL);
    } while (cursor !== null);
    assert.deepEqual(seen, start);
    const newer = idsIn(await list('?limit=100')).length - start.length;
    assert.ok(newer > 0);
  });

  it('tells orders of the same microsecond apart', async () => {
    const twins = [await place(api.globex), await place(api.globex), await place(api.globex)];
    await api.pool.query('UPDATE "order" SET created_at = $2 WHERE id = ANY ($1)', [
      twins,
      '2030-01-01T00:00:00.123457Z',
    ]);
    const seen: OrderId[] = [];
    const query = '?limit=1&createdAfter=2029-01-01T00:00:00Z';
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await list(query + cursor, api.globex);
      seen.push(...idsIn(page));
      cursor = page.nextCursor === null ? null : `&cursor=${page.nextCursor}`;
    }
    assert.deepEqual(seen, twins.sort().reverse());
  });

  it('refuses by name what it does not understand', async () => {
    const notMine = Buffer.from('1 ord_x').toString('base64url');
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=ten', 'limit'],
      ['cursor=', 'cursor'],
      ['cursor=W10', 'cursor'],
      [`cursor=${notMine}`, 'cursor'],
      ['status=done', 'status'],
      ['status=paid&status=accepted', 'status'],
      ['createdAfter=yesterday', 'createdAfter'],
      ['createdAfter=2026-11-21', 'createdAfter'],
      ['createdBefore=2026-02-30T00:00:00Z', 'createdBefore'],
      ['needsOperator=1', 'needsOperator'],
      ['stauts=paid', 'stauts'],
    ]) {
      const answer = await api.app.request(`/v1/orders?${query ?? ''}`, getOf(api.acme));
      assert.equal(answer.status, 400, query);
      const { errors } = (await answer.json()) as ProblemBody;
      assert.deepEqual(
        errors?.map((error) => error.field),
        [field],
      );
    }
  });

  it('adds nothing to what a step of an order writes to the table’s indexes', async () => {
    const id = await place(api.globex);
    const phase = async () => {
      const text = 'SELECT phase FROM "order" WHERE id = $1';
      return (await api.pool.query<{ phase: string }>(text, [id])).rows[0]?.phase;
    };
    assert.equal(await phase(), 'accepted');
    await bookPaid(api.book, id, TOTAL);
    assert.equal(await phase(), 'accepted');
    await api.book.recordShipment(id, 'MG1');
    await api.book.recordReceipt(id);
    assert.equal(await phase(), 'completed');
    const { rows } = await api.pool.query<{ definition: string }>(
      `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
       WHERE indrelid = '"order"'::regclass`,
    );
    assert.ok(rows.length > 5);
    for (const { definition } of rows) assert.doesNotMatch(definition, /\bstatus\b|updated_at/);
  });
});

describe('With 50,000 orders the list', () => {
  let api: Harness;
  const ORDERS = 50_000;
  const LIMIT = 50;
  before(async () => {
    api = await createHarness();
    await withClient(api.database.url, async (client) => {
      await client.query(
        `INSERT INTO "order" (id, tenant_id, status, needs_operator, request_id, amount, currency,
           payment_method, customer_name, customer_email, shipping_address, created_at)
         SELECT 'ord_' || left(md5(n::text), 26), CASE WHEN n % 5 = 0 THEN $2 ELSE $1 END,
           (CASE WHEN n % 1000 = 1 THEN 'cancelled' WHEN n % 500 = 2 THEN 'paid'
             WHEN n % 50 = 3 THEN 'rejected' ELSE 'completed' END)::order_status,
           n % 2500 = 2, 'req', 1000, 'EUR', 'pm', 'Ada', 'ada@example.com', '{}',
           timestamptz '2026-01-01' + n * interval '1 minute'
         FROM generate_series(1, $3::integer) n`,
        [api.acme.id, api.globex.id, ORDERS],
      );
      await client.query(`INSERT INTO order_line SELECT id, 'CUP', 1, 1000 FROM "order"`);
      await client.query('VACUUM ANALYZE "order", order_line');
    });
  });
  after(() => api.close());

  const statuses: (OrderStatus | undefined)[] = [undefined, 'completed', 'cancelled', 'paid'];
  const ranges: OrderFilter[] = [
    {},
    { createdAfter: new Date('2026-01-30T00:00:00Z') },
    { createdBefore: new Date('2026-01-20T00:00:00Z') },
    {
      createdAfter: new Date('2026-01-10T00:00:00Z'),
      createdBefore: new Date('2026-01-25T00:00:00Z'),
    },
  ];
  const needs = [undefined, true, false];
  const middle = { createdMicros: String(Date.UTC(2026, 0, 15) * 1_000), id: 'ord_x' } as const;

  for (const status of statuses) {
    it(`reads no table from end to end, and sorts nothing: status ${status ?? 'any'}`, async () => {
      const filters = ranges.flatMap((range) =>
        needs.map((needsOperator) => ({ status, ...range, needsOperator })),
      );
      assert.equal(filters.length, 12);
      await withClient(api.database.url, async (client) => {
        // As requests run: row-level security has a say in which index may be asked.
        await client.query('SET ROLE makegood_tenant');
        for (const filter of filters) {
          for (const page of [{ limit: LIMIT }, { limit: LIMIT, after: middle }]) {
            await assertCheap(client, listStatement(api.acme.id, filter, page));
          }
        }
      });
    });
  }

  /** As it is planned for these values, and as it is planned once for all values. */
  async function assertCheap(client: pg.Client, asked: ReturnType<typeof listStatement>) {
    const { text, values } = asked;
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await client.query(`SET plan_cache_mode = ${mode}`);
      await client.query(`PREPARE listed AS ${text}`);
      const given = values.map((value) => `'${String(value)}'`).join(', ');
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE listed (${given})`,
      );
      await client.query('DEALLOCATE listed');
      const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? assert.fail();
      const nodes = nodesOf(plan);
      const shown = `${mode}: ${text} ${given} ${JSON.stringify(plan, null, 1)}`;
      assert.ok(!nodes.some((node) => /Seq Scan|Sort/.test(node['Node Type'])), shown);
      const thrownAway = nodes.map((node) => node['Rows Removed by Filter'] ?? 0);
      // The open ones are few, and so are those that an operator was called to.
      assert.ok(Math.max(...thrownAway) <= 100, shown);
    }
  }

  it('shows 100 of them in a few milliseconds', async () => {
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const began = performance.now();
      const answer = await api.app.request('/v1/orders?limit=100', getOf(api.acme));
      assert.equal(((await answer.json()) as Page).data.length, 100);
      times.push(performance.now() - began);
    }
    const [fastest, median, slowest] = [0, 10, 19].map((at) => times.sort((a, b) => a - b)[at]);
    console.log(`      ${[fastest, median, slowest].map((ms) => ms?.toFixed(1)).join(' / ')} ms`);
  });
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
