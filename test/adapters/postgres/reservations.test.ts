/** A hot SKU: reservations that wait for each other are made together, and are as they are alone. */
import assert from 'node:assert/strict';
import { createReservations } from '../../../src/adapters/postgres/reservations.ts';
import type { Reserve } from '../../../src/adapters/postgres/reservations.ts';
import { createOrderBook } from '../../../src/adapters/postgres/order-book.ts';
import { Unavailable } from '../../../src/domain/wrong.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import { withClient } from '../../../src/launcher/postgres.ts';
import { eventually } from '../../api/harness.ts';
import { createShop } from '../../support/shop.ts';
import type { Shop } from '../../support/shop.ts';
import { recordStatements } from '../../support/statements.ts';

describe('reservations of a hot SKU', () => {
  let shop: Shop;
  let reserve: Reserve;
  let statements: string[];
  before(async () => {
    shop = await createShop();
    reserve = createReservations(shop.pool);
    statements = recordStatements(shop.pool, []);
  });
  after(() => shop.close());

  const ordersOf = async (sku: string, quantities: readonly number[]): Promise<OrderId[]> => {
    const ids: OrderId[] = [];
    for (const quantity of quantities) ids.push((await shop.order([{ sku, quantity }])).id);
    return ids;
  };
  const together = (ids: readonly OrderId[], lane: string) =>
    Promise.all(ids.map((id) => reserve(id, lane)));
  const states = (answers: readonly { readonly state: string }[]) =>
    answers.map(({ state }) => state);
  const calls = (fn: string) => statements.filter((name) => name === fn).length;

  it('are made by two transactions where forty wait, each order with its own rows', async () => {
    await shop.stock('HOT', 100);
    const ids = await ordersOf('HOT', Array<number>(40).fill(2));
    statements.length = 0;
    const answers = await together(ids, 'HOT');
    assert.deepEqual(states(answers), Array(40).fill('done'));
    assert.deepEqual([calls('reserve_stock'), calls('reserve_stock_in_turn')], [1, 1]);
    assert.equal(await shop.shelf('HOT'), '20/80/0');
    const { rows } = await shop.pool.query(
      `SELECT count(*)::integer AS reservations, sum(quantity)::integer AS units
       FROM reservation WHERE sku = 'HOT'`,
    );
    assert.deepEqual(rows, [{ reservations: 40, units: 80 }]);
    // The first of them was alone.
    assert.deepEqual(await written(ids[1]), await written(ids[0]));
    assert.deepEqual(await written(ids[39]), await written(ids[0]));
  });

  /** All that a reservation leaves of an order, but for names and times. */
  const written = async (id: OrderId | undefined) => {
    const { rows } = await shop.pool.query<object>(
      `SELECT o.status, o.last_sequence, o.run_started_at IS NOT NULL AS started, b.step, b.result,
         array_agg(e.sequence || e.type ORDER BY e.sequence) AS events,
         (array_agg(e.data - '{id,createdAt,updatedAt}'::text[] ORDER BY e.sequence))[2] AS data
       FROM "order" o JOIN barrier b ON b.saga_id = o.id JOIN order_event e ON e.order_id = o.id
       WHERE o.id = $1 GROUP BY o.id, b.saga_id, b.step, b.direction`,
      [id],
    );
    assert.equal(rows.length, 1);
    return rows;
  };

  it('serve who comes first, and a later one who wants what is left', async () => {
    await shop.stock('FEW', 6);
    const ids = await ordersOf('FEW', [1, 3, 3, 2, 1]);
    const answers = await together(ids, 'FEW');
    assert.deepEqual(states(answers), ['done', 'done', 'refused', 'done', 'refused']);
    assert.equal(await shop.shelf('FEW'), '0/6/0');
    // As an order is told that goes alone.
    assert.deepEqual(answers[2], await reserve((await ordersOf('FEW', [3]))[0] ?? 'ord_'));
  });

  it('answer those again that were answered, and leave out those that are unwound', async () => {
    await shop.stock('MIXED', 4);
    const [first, again, unwound, ...others] = await ordersOf('MIXED', [1, 1, 1, 1, 1]);
    assert.ok(first && again && unwound);
    await reserve(again);
    await createOrderBook(shop.pool, () => undefined).beginUnwind(unwound, 'cancelled');
    const answers = await together([first, again, unwound, ...others], 'MIXED');
    assert.deepEqual(states(answers), ['done', 'done', 'refused', 'done', 'done']);
    assert.deepEqual(answers[2]?.state === 'refused' && answers[2].code, 'unwinding');
    assert.equal(await shop.shelf('MIXED'), '0/4/0');
    assert.deepEqual(await together([again, first, unwound], 'MIXED'), [
      answers[1],
      answers[0],
      answers[2],
    ]);
    assert.equal(await shop.shelf('MIXED'), '0/4/0');
  });

  it('are not mixed up with other goods, whatever the caller took for alike', async () => {
    await shop.stock('ONE', 9);
    await shop.stock('OTHER', 9);
    const ids = await ordersOf('ONE', [1, 1]);
    const other = (await shop.order([{ sku: 'OTHER', quantity: 1 }])).id;
    const lines = ['ONE', 'OTHER'].map((sku) => ({ sku, quantity: 2 }));
    const both = (await shop.order(lines)).id;
    statements.length = 0;
    const answers = await together([...ids, other, both, ...ids], 'ANY');
    assert.deepEqual(states(answers), Array<string>(6).fill('done'));
    // Alone: the first; then two that are not like the others that waited, and one that was made.
    assert.deepEqual([calls('reserve_stock_in_turn'), calls('reserve_stock')], [1, 4]);
    assert.equal(await shop.shelf('ONE'), '5/4/0');
    assert.equal(await shop.shelf('OTHER'), '6/3/0');
  });

  it('do not fail for an order that there is not', async () => {
    await shop.stock('BUG', 9);
    const [first, ...others] = await ordersOf('BUG', [1, 1, 1]);
    assert.ok(first);
    const answers = await Promise.allSettled(
      [first, 'ord_nobody' as OrderId, ...others].map((id) => reserve(id, 'BUG')),
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.match(String(answers[1]?.status === 'rejected' && answers[1].reason), /ord_nobody/);
    assert.equal(await shop.shelf('BUG'), '6/3/0');
  });

  it('are all made or none when the connection breaks in the middle, and once when asked again', async () => {
    await shop.stock('CRASH', 50);
    const ids = await ordersOf('CRASH', Array<number>(20).fill(1));
    const answers = await withClient(shop.url, async (holder) => {
      await holder.query('BEGIN');
      await holder.query(`SELECT FROM stock WHERE sku = 'CRASH' FOR UPDATE`);
      const [first = 'ord_', ...others] = ids;
      const asked = [reserve(first, 'CRASH')];
      // They wait for the one that waits for us.
      asked.push(...others.map((id) => reserve(id, 'CRASH')));
      const settled = Promise.allSettled(asked);
      await kill(holder, 'reserve_stock(');
      await kill(holder, 'reserve_stock_in_turn(');
      await holder.query('COMMIT');
      return await settled;
    });
    for (const answer of answers) {
      assert.ok(answer.status === 'rejected' && answer.reason instanceof Unavailable);
    }
    assert.equal(await shop.shelf('CRASH'), '50/0/0');
    assert.deepEqual(states(await together(ids, 'CRASH')), Array(20).fill('done'));
    assert.equal(await shop.shelf('CRASH'), '30/20/0');
  });

  /** Ends the session that waits in this function for a lock. */
  const kill = (holder: Parameters<Parameters<typeof withClient>[1]>[0], fn: string) =>
    eventually(async () => {
      // A transaction sees the list as it first saw it.
      await holder.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await holder.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'
           AND strpos(query, $1) > 0`,
        [fn],
      );
      return rows.length > 0;
    });

  it('leak nothing and wait for nobody for ever where orders are cancelled meanwhile', async () => {
    const book = createOrderBook(shop.pool, () => undefined);
    for (let round = 0; round < 4; round += 1) {
      const sku = `RACE-${round}`;
      await shop.stock(sku, 10);
      const ids = await ordersOf(sku, Array<number>(30).fill(1));
      const cancelled = ids.filter((_, index) => index % 3 === round % 3);
      await Promise.all([
        ...ids.map((id) => book.reserveStock(id, sku)),
        ...[...ids].reverse().map((id) => reserve(id, sku)),
        ...cancelled.map(async (id) => {
          await book.beginUnwind(id, 'cancelled');
          await book.releaseStock(id);
        }),
      ]);
      const { rows } = await shop.pool.query<{ held: number }>(
        `SELECT coalesce(sum(quantity), 0)::integer AS held FROM reservation
         WHERE sku = $1 AND state = 'held'`,
        [sku],
      );
      const held = rows[0]?.held ?? -1;
      assert.equal(await shop.shelf(sku), `${10 - held}/${held}/0`);
      for (const id of cancelled) assert.equal((await shop.row(id)).gate, 'unwinding');
    }
  });
});
