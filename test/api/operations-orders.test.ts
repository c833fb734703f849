/** An order found by any name it goes by, and told whole. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import { SEARCH } from '../../src/adapters/postgres/operations-desk.ts';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { newKey, orderIn, postOf, validBody } from './harness.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { bookCompleted } from '../support/refunds.ts';

interface Found {
  readonly data: readonly { id: string; foundBy: string; tenant: string }[];
  readonly nextCursor: string | null;
}

interface Told {
  readonly id: string;
  readonly tenant: string;
  readonly parked: readonly { links: { resolve: string } }[];
  readonly refunds: readonly { id: string; status: string }[];
  readonly timeline: readonly Entry[];
}

type Entry = Readonly<Record<string, unknown>> & { readonly at: string; readonly kind: string };

describe('An order, to operators,', () => {
  let scene: OperationsScene;
  /** Completed, with a refund under way. */
  let id: OrderId;
  let refundId: string;
  const email = 'Grace@Example.com';
  before(async () => {
    scene = await createOperationsScene();
    const body = { ...validBody(), customer: { name: 'Grace Hopper', email } };
    const headers = { 'X-Request-Id': 'req_of_the_order' };
    ({ id } = await orderIn(
      await scene.app.request('/v1/orders', postOf(scene.acme, { body, headers })),
    ));
    await bookCompleted(scene.book, id, 2048n);
    const asked = await scene.app.request(
      `/v1/orders/${id}/refunds`,
      postOf(scene.acme, {
        body: { amount: { value: '100', currency: 'EUR' } },
        headers: { 'X-Request-Id': 'req_of_the_refund' },
      }),
    );
    ({ id: refundId } = (await asked.json()) as { id: string });
    await scene.pool.query(`UPDATE refund SET gateway_id = 're_77' WHERE id = $1`, [refundId]);
  });
  after(() => scene.close());

  const search = (text: string, more = '') =>
    scene.get<Found>(`/v1/operations/orders?q=${encodeURIComponent(text)}${more}`);

  it('is found by each of its names, of whichever tenant', async () => {
    const { rows } = await scene.pool.query<{ id: string }>(
      'SELECT id FROM order_event WHERE order_id = $1 AND sequence = 1',
      [id],
    );
    const names: [text: string, foundBy: string][] = [
      [id, 'order'],
      ['req_of_the_order', 'request'],
      ['req_of_the_refund', 'request'],
      [refundId, 'refund'],
      ['re_77', 'refund'],
      [`pi_${id}`, 'payment'],
      ['MG1', 'shipment'],
      [rows[0]?.id ?? '', 'event'],
      ['grace@example.COM', 'customer'],
    ];
    for (const [text, foundBy] of names) {
      const { data } = await search(text);
      const found = data.map((one) => [one.id, one.tenant, one.foundBy]);
      assert.deepEqual(found, [[id, 'acme', foundBy]], text);
    }
    for (const text of ['ord_nobody', 'grace@example', 'MG11', '%@%', id.slice(0, -1)]) {
      assert.deepEqual((await search(text)).data, [], text);
    }
  });

  it('is found among all of its customer’s, newest first, in pages', async () => {
    const ids = [await scene.placed(), await scene.placed(scene.globex), await scene.placed()];
    const first = await search('ada@example.com', '&limit=2');
    const rest = await search('ada@example.com', `&limit=2&cursor=${first.nextCursor ?? ''}`);
    const found = [...first.data, ...rest.data].map((one) => one.id);
    assert.deepEqual(found, ids.toSorted().toReversed());
    assert.equal(rest.nextCursor, null);
  });

  it('is not found by a customer who was erased', async () => {
    const body = { ...validBody(), customer: { name: 'Gone', email: 'gone@example.com' } };
    const gone = await orderIn(await scene.app.request('/v1/orders', postOf(scene.acme, { body })));
    await bookCompleted(scene.book, gone.id, 2048n);
    assert.equal((await search('gone@example.com')).data.length, 1);
    await createOperatorsDesk(scene.pool).erase(gone.id, { operator: 'ann', why: 'asked' });
    assert.equal((await search('gone@example.com')).data.length, 0);
    assert.equal((await search(gone.id)).data.length, 1);
  });

  it('is looked for in no table from end to end', async () => {
    await scene.pool.query(`
      INSERT INTO "order" (id, tenant_id, status, amount, currency, payment_method, customer_name,
        customer_email, shipping_address, request_id, watched_at, run_started_at)
      SELECT 'ord_' || lpad(n::text, 26, '0'), 'ten_acme', 'completed', 1, 'EUR', 'pm', 'N',
        n || '@many.example', '{}', 'req_' || n, NULL, now() FROM generate_series(1, 20000) n;
      INSERT INTO shipment (order_id, tracking_number)
        SELECT id, 'T' || id FROM "order" WHERE id LIKE 'ord\\_0000%';
      INSERT INTO payment (order_id, intent_id)
        SELECT id, 'pi_' || id FROM "order" WHERE id LIKE 'ord\\_0000%';
      INSERT INTO refund (id, order_id, amount, request_id)
        SELECT 'rfd_' || id, id, 1, 'req_' || id FROM "order" WHERE id LIKE 'ord\\_0000%';
      INSERT INTO order_event (order_id, sequence, id, type, data)
        SELECT id, 1, 'evt_' || id, 'order.accepted', '{}' FROM "order" WHERE id LIKE 'ord\\_0000%'`);
    await scene.pool.query('ANALYZE');
    await withClient(scene.database.url, async (client) => {
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        for (const before of ['NULL', `'${id}'`]) {
          const nodes = await planned(client, mode, `'7@many.example', ${before}, 51`);
          // There is one tenant's name to a screen of orders: two rows are read as they stand.
          const scans = nodes.filter(
            (node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'tenant',
          );
          assert.deepEqual(scans, [], mode);
          const removed = nodes.map((node) => node['Rows Removed by Filter'] ?? 0);
          assert.ok(Math.max(...removed) <= 10, JSON.stringify(nodes));
        }
      }
    });
  });

  it('is told whole: what was asked, run, done, paid, told and decided, in order of time', async () => {
    await scene.park(refundId, 'send refund', 'the gateway answered 503');
    const because = { action: 'retry', why: 'they say it is back' };
    const resolve = `/v1/operations/orders/${refundId}/steps/send%20refund/resolve`;
    assert.equal((await scene.post(resolve, because)).status, 200);
    for (const name of [id, refundId]) {
      const told = await scene.get<Told>(`/v1/operations/orders/${name}`);
      assert.deepEqual([told.id, told.tenant], [id, 'acme']);
      assert.deepEqual(
        told.parked.map(({ links }) => links.resolve),
        [resolve],
      );
      assert.deepEqual(
        told.refunds.map((one) => [one.id, one.status]),
        [[refundId, 'requested']],
      );
      const times = told.timeline.map(({ at }) => at);
      assert.deepEqual(times, times.toSorted());
      const of = (kind: string, ...members: string[]) =>
        told.timeline
          .filter((entry) => entry.kind === kind)
          .map((entry) => members.map((member) => entry[member]).join(' '));
      assert.deepEqual(of('request', 'requestId'), ['req_of_the_order', 'req_of_the_refund']);
      assert.deepEqual(of('step', 'step', 'direction'), [
        'reserve stock do',
        'authorize payment do',
        'capture payment do',
        'request shipment do',
        'send receipt do',
      ]);
      assert.ok(of('gateway', 'operation', 'phase').includes('capture answered'));
      assert.deepEqual(of('event', 'sequence'), [1, 2, 3, 4, 5, 6, 7, 8, 9].map(String));
      assert.deepEqual(of('parked', 'sagaId', 'step'), [`${refundId} send refund`]);
      assert.deepEqual(of('operator', 'operator', 'action', 'why'), [
        'ann retry they say it is back',
      ]);
      assert.equal(of('run', 'sagaId')[0], id);
      assert.ok(told.timeline.every(({ text }) => typeof text === 'string' && text !== ''));
      const shown = JSON.stringify(told);
      assert.ok(!/Grace|Hopper|@|Square/i.test(shown), shown);
    }
  });

  it('that was made good has its mail in its story, written and sent', async () => {
    const other = await scene.placed();
    await scene.app.request(`/v1/orders/${other}/cancel`, {
      ...postOf(scene.acme, { key: newKey() }),
      body: null,
    });
    await scene.book.beginUnwind(other, 'cancelled');
    await scene.book.closeOrder(other);
    await scene.pool.query(
      'UPDATE mail_outbox SET sent_at = clock_timestamp() WHERE order_id = $1',
      [other],
    );
    const { timeline } = await scene.get<Told>(`/v1/operations/orders/${other}`);
    const texts = timeline.map(({ text }) => text);
    assert.ok(texts.includes(`the mail 'cancelled' was written`), texts.join('\n'));
    assert.ok(texts.includes(`the mail 'cancelled' was sent`), texts.join('\n'));
    assert.ok(texts.includes(`POST /v1/orders/${other}/cancel was accepted`), texts.join('\n'));
  });

  it('that nobody has, or that is none, is not found', async () => {
    const init = { headers: { Authorization: `Bearer ${scene.ann}` } };
    for (const name of ['ord_01jd7m8z3fe4x8q2v5t6y7h9kb', 'ord_1', 'x%00']) {
      const answer = await scene.operations.request(`/v1/operations/orders/${name}`, init);
      assert.equal(answer.status, 404, name);
    }
    for (const q of ['', 'ab', '%00%00%00', 'ü@example.com']) {
      const path = `/v1/operations/orders?q=${q}`;
      assert.equal((await scene.operations.request(path, init)).status, 400, q);
    }
  });
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

async function planned(client: pg.Client, mode: string, given: string): Promise<PlanNode[]> {
  await client.query(`SET plan_cache_mode = ${mode}`);
  await client.query(`PREPARE search (text, text, integer) AS ${SEARCH}`);
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE search (${given})`,
  );
  await client.query('DEALLOCATE search');
  const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
  return nodesOf(rows[0]?.['QUERY PLAN'][0].Plan ?? assert.fail());
}
