/** What operators see first: numbers, and the queue by what put orders into it. */
import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { bookPaid } from '../support/refunds.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';

interface Money {
  readonly value: string;
  readonly currency: string;
}

interface Trouble {
  readonly orderId: string;
  readonly sagaId: string;
  readonly tenant: string;
  readonly step?: string;
  readonly choices?: readonly string[];
  readonly links: { readonly self: string; readonly run: string };
}

interface Cause {
  readonly cause: string;
  readonly step: string | null;
  readonly direction: string | null;
  readonly ending: string | null;
  readonly count: number;
  readonly atStake: readonly Money[];
  readonly first: readonly Trouble[];
  readonly links: { readonly self: string };
}

interface Page {
  readonly data: readonly Trouble[];
  readonly nextCursor: string | null;
}

describe('The operators’ queue over HTTP', () => {
  let scene: OperationsScene;
  before(async () => (scene = await createOperationsScene()));
  after(() => scene.close());
  beforeEach(async () => {
    await scene.pool.query(`DELETE FROM parked_step`);
    await scene.pool.query(`UPDATE "order" SET blocked_since = NULL, needs_operator = false`);
  });

  const queue = async () => (await scene.get<{ data: Cause[] }>('/v1/operations/queue')).data;
  const parked = async (detail: string, step = 'capture payment', direction = 'do') => {
    const id = await scene.placed();
    await scene.park(id, step, detail, direction);
    return id;
  };
  const block = (id: OrderId) => scene.pool.query(`SELECT flag_saga($1, interval '0')`, [id]);

  it('puts together what ended alike, whatever IDs and long numbers it tells', async () => {
    const ids = [
      await parked('pi_3Q9ab81 is locked by req_0cf1; try ord_01jd7m8z3fe4x8q2v5t6y7h9kb'),
      await parked('pi_77xyz99 is locked by req_9999; try ord_01m7z699hgfq8rk1nxvfkn8kg6'),
    ];
    await parked('pi_3Q9ab81 is gone by req_0cf1');
    await parked('the gateway answered 503', 'authorize payment', 'undo');
    await parked('the gateway answered 503', 'authorize payment');
    await parked('card_expired by 4242424242', 'authorize payment');
    await parked('card_declined by 4242424243', 'authorize payment');
    const causes = await queue();
    assert.deepEqual(
      causes.map(({ step, direction, ending, count }) => [step, direction, ending, count]),
      [
        ['capture payment', 'do', 'pi_… is locked by req_…; try ord_…', 2],
        ['capture payment', 'do', 'pi_… is gone by req_…', 1],
        ['authorize payment', 'undo', 'the gateway answered 503', 1],
        ['authorize payment', 'do', 'the gateway answered 503', 1],
        ['authorize payment', 'do', 'card_expired by …', 1],
        ['authorize payment', 'do', 'card_declined by …', 1],
      ],
    );
    const [first] = causes;
    assert.deepEqual(first?.atStake, [{ value: '4096', currency: 'EUR' }]);
    assert.deepEqual(
      first.first.map(({ orderId }) => orderId),
      ids,
      'the longest waiting first',
    );
    const [id = ''] = ids;
    const run = `https://temporal.example/namespaces/shop/workflows/${id}`;
    assert.deepEqual(first.first.map(({ choices, links }) => [choices, links])[0], [
      ['retry'],
      { self: `/v1/operations/orders/${id}`, run },
    ]);
  });

  it('has blocked runs as a cause of their own, of whichever tenant', async () => {
    const [mine, theirs] = [await scene.placed(), await scene.placed(scene.globex)];
    await block(mine);
    await block(theirs);
    const [cause, ...others] = await queue();
    assert.deepEqual(others, []);
    assert.deepEqual([cause?.cause, cause?.step, cause?.count], ['blocked', null, 2]);
    assert.deepEqual(
      cause?.first.map(({ orderId, tenant, step }) => [orderId, tenant, step]),
      [
        [mine, 'acme', undefined],
        [theirs, 'globex', undefined],
      ],
    );
    const page = await scene.get<Page>('/v1/operations/queue/blocked?limit=1');
    assert.deepEqual(
      page.data.map(({ orderId }) => orderId),
      [mine],
    );
    const next = await scene.get<Page>(
      `/v1/operations/queue/blocked?limit=1&cursor=${page.nextCursor ?? ''}`,
    );
    assert.deepEqual([next.data.map(({ orderId }) => orderId), next.nextCursor], [[theirs], null]);
  });

  it('shows the first five of a cause, and all of them in pages', async () => {
    const ids: OrderId[] = [];
    for (let n = 0; n < 7; n += 1) ids.push(await parked('the carrier answered 503'));
    // All at one moment, as after an outage: the place in the list has to tell them apart.
    await scene.pool.query(`UPDATE parked_step SET parked_at = now()`);
    const [cause] = await queue();
    assert.ok(cause);
    assert.deepEqual([cause.count, cause.first.length], [7, 5]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '?limit=3' : `?limit=3&cursor=${cursor}`;
      const page: Page = await scene.get<Page>(`${cause.links.self}${query}`);
      seen.push(...page.data.map(({ orderId }) => orderId));
      cursor = page.nextCursor;
    }
    assert.deepEqual(seen, ids.toSorted());
  });

  it('says of a cause that nothing has any more that nothing has it', async () => {
    const page = await scene.get<Page>('/v1/operations/queue/0123456789abcdef');
    assert.deepEqual(page, { data: [], nextCursor: null });
    const init = { headers: { Authorization: `Bearer ${scene.ann}` } };
    const unknown = await scene.operations.request('/v1/operations/queue/nonsense', init);
    assert.equal(unknown.status, 404);
  });

  it('is told in numbers, with the money that is out there', async () => {
    const before = await scene.get<Numbers>('/v1/operations/summary');
    const [paid, held] = [await scene.placed(), await scene.placed()];
    await bookPaid(scene.book, paid, 2048n);
    await scene.park(paid, 'request shipment', 'the carrier answered 503');
    await scene.park(paid, 'send receipt', 'and so did the mail server');
    await block(held);
    const after = await scene.get<Numbers>('/v1/operations/summary');
    const grown = (status: string) =>
      (after.unfinished[status] ?? 0) - (before.unfinished[status] ?? 0);
    assert.deepEqual([grown('paid'), grown('accepted')], [1, 1]);
    assert.equal((after.placedLastDay['paid'] ?? 0) - (before.placedLastDay['paid'] ?? 0), 1);
    assert.deepEqual([after.parked, after.blocked], [2, 1]);
    assert.deepEqual(after.atRisk, [{ value: '2048', currency: 'EUR' }], 'each order once');
    const { rows } = await scene.pool.query<{ id: string }>(
      `SELECT id FROM "order" WHERE NOT has_ended(status) ORDER BY created_at LIMIT 1`,
    );
    assert.equal(after.oldestUnfinished?.id, rows[0]?.id);
  });
});

interface Numbers {
  readonly unfinished: Readonly<Record<string, number>>;
  readonly placedLastDay: Readonly<Record<string, number>>;
  readonly oldestUnfinished: { readonly id: string } | null;
  readonly parked: number;
  readonly blocked: number;
  readonly atRisk: readonly Money[];
}
