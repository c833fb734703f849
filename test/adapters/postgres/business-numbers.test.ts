import assert from 'node:assert/strict';
import { createBusinessNumbers } from '../../../src/adapters/postgres/business-numbers.ts';
import { createOrderBook } from '../../../src/adapters/postgres/order-book.ts';
import { createOutbox } from '../../../src/adapters/postgres/outbox.ts';
import type { OrderFacts } from '../../../src/domain/order.ts';
import { createShop } from '../../support/shop.ts';
import type { Shop } from '../../support/shop.ts';

describe('The numbers of the books', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await createShop();
    await shop.stock('MUG', 1_000);
    // What the other tests' template has made is not counted here.
    await shop.pool.query(`UPDATE tally_place SET event_id = 'evt_0'`);
  });
  afterEach(() => shop.close());

  const numbers = () => createBusinessNumbers(shop.pool)();
  const order = () => shop.order([{ sku: 'MUG', quantity: 1 }]);
  const bookOf = () => createOrderBook(shop.pool, () => undefined);
  /** As if they had been written so long ago that nothing older can turn up. */
  const age = () =>
    shop.pool.query(`UPDATE order_event
      SET id = first_event_id(clock_timestamp() - interval '20 s') || substr(id, 17)`);
  /** Like `undone reserve stock: 1`. */
  async function counted(): Promise<string[]> {
    const { counted: all } = await numbers();
    return all.map(({ kind, what, how, count }) => `${kind} ${what} ${how}: ${count}`).sort();
  }
  async function rejected(): Promise<OrderFacts> {
    const placed = await order();
    const book = bookOf();
    await book.reserveStock(placed.id);
    await book.beginUnwind(placed.id, 'payment-declined');
    return placed;
  }

  it('count an undo once, however often it is tried', async () => {
    const { id } = await rejected();
    const book = bookOf();
    await Promise.all([book.releaseStock(id), book.releaseStock(id), book.releaseStock(id)]);
    await book.releaseStock(id);
    assert.deepEqual(await counted(), ['undone reserve stock : 1']);
  });

  it('count a step once for each time that it begins to wait for an operator', async () => {
    const { id, tenantId, requestId } = await order();
    const ref = { id, tenantId, requestId };
    const park = (detail: string) =>
      bookOf().parkStep(ref, { step: 'reserve stock', undo: false, detail });
    await park('once');
    await park('and again, by another attempt');
    assert.deepEqual(await counted(), ['parked reserve stock do: 1']);
    const { parked, unfinished } = await numbers();
    assert.deepEqual(parked, [{ step: 'reserve stock', direction: 'do', count: 1 }]);
    assert.deepEqual(
      unfinished.map(({ status, needsOperator, count }) => [status, needsOperator, count]),
      [['accepted', true, 1]],
    );

    await shop.pool.query(
      `SELECT resolve_step($1, 'reserve stock', 'refuse', '{}', 'ann', 'a test')`,
      [id],
    );
    assert.deepEqual(await counted(), [
      'act refuse reserve stock: 1',
      'parked reserve stock do: 1',
    ]);
    assert.deepEqual((await numbers()).parked, []);
  });

  it('count the end of an order, its reason and its mail once, and not before nothing older can come', async () => {
    const { id } = await rejected();
    const book = bookOf();
    await book.releaseStock(id);
    await book.closeOrder(id);
    await book.closeOrder(id);
    const before = await numbers();
    assert.equal(before.unsentMails, 1);
    assert.ok(before.oldestUnsentMailSeconds !== null);
    assert.deepEqual(await counted(), ['undone reserve stock : 1']);

    const outbox = createOutbox(shop.pool);
    const [mail] = await outbox.lease(10, 1_000);
    assert.ok(mail);
    await Promise.all([outbox.sent(mail.id), outbox.sent(mail.id)]);
    await age();
    const expected = [
      'event order.accepted : 1',
      'event order.rejected payment-declined: 1',
      'event order.reserved : 1',
      'mailed rejected : 1',
      'undone reserve stock : 1',
    ];
    assert.deepEqual(await counted(), expected);
    assert.deepEqual(await counted(), expected);
    const { unsentMails, oldestUnsentMailSeconds, unfinished } = await numbers();
    assert.deepEqual([unsentMails, oldestUnsentMailSeconds, unfinished], [0, null, []]);
  });

  for (const [what, happens, expected] of [
    ['events alone', order, ['event order.accepted : 30']],
    [
      'events and undos',
      async () => await bookOf().releaseStock((await rejected()).id),
      ['event order.accepted : 30', 'event order.reserved : 30', 'undone reserve stock : 30'],
    ],
  ] as const) {
    it(`are the same whoever asks, also when all ask at the same moment: ${what}`, async () => {
      for (let n = 0; n < 30; n++) await happens();
      await age();
      await Promise.all(Array.from({ length: 20 }, numbers));
      assert.deepEqual(await counted(), expected);
    });
  }

  it('catch up in bounded parts', async () => {
    for (let n = 0; n < 5; n++) await order();
    await age();
    const part = async () => {
      const { rows } = await shop.pool.query<{ numbers: { counted: { count: number }[] } }>(
        'SELECT business_numbers(2) AS numbers',
      );
      return rows[0]?.numbers.counted[0]?.count;
    };
    assert.deepEqual([await part(), await part(), await part(), await part()], [2, 4, 5, 5]);
  });

  it('tell what is at stake while an order waits for an operator', async () => {
    const { id, tenantId, requestId } = await order();
    const book = bookOf();
    await book.reserveStock(id);
    await book.beginAuthorization(id);
    await book.commitIntent(id, 'pi_1');
    await shop.pool.query('SELECT record_authorization($1, 1000)', [id]);
    assert.deepEqual((await numbers()).atRisk, []);
    await book.parkStep(
      { id, tenantId, requestId },
      {
        step: 'capture payment',
        undo: false,
        detail: 'no answer',
      },
    );
    assert.deepEqual((await numbers()).atRisk, [{ value: '1000', currency: 'EUR' }]);
  });

  it('tell what differs from the gateway’s book and is not accounted for, and whether captures are halted', async () => {
    const before = await numbers();
    assert.deepEqual([before.capturesHalted, before.differences], [false, []]);
    await shop.pool
      .query(`INSERT INTO reconciliation_difference (subject, kind, state, detail, settled_at)
      VALUES ('a', 'amounts-differ', 'open', '…', NULL), ('b', 'amounts-differ', 'open', '…', NULL),
        ('c', 'amounts-differ', 'settled', '…', now())`);
    await shop.pool.query(`SELECT halt_captures('ann', 'a test')`);
    const { capturesHalted, differences } = await numbers();
    assert.equal(capturesHalted, true);
    assert.deepEqual(differences, [{ kind: 'amounts-differ', state: 'open', count: 2 }]);
    await shop.pool.query(`SELECT resume_captures('ann', 'a test')`);
    assert.equal((await numbers()).capturesHalted, false);
  });

  it('find events by their index, so that a history of any length costs nothing', async () => {
    const client = await shop.pool.connect();
    try {
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT id FROM order_event WHERE id > 'evt_0'
           AND id < first_event_id(clock_timestamp()) ORDER BY id LIMIT 10`,
      );
      assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /order_event_id_key/);
    } finally {
      client.release(true);
    }
  });
});
