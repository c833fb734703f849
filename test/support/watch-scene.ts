/** Orders and refunds of a shop gone silent, watchers over them, and what those did. */
import { createOrderBook } from '../../src/adapters/postgres/order-book.ts';
import { createRefundStore } from '../../src/adapters/postgres/refund-store.ts';
import { createWatchStore } from '../../src/adapters/postgres/watch-store.ts';
import { createWatcher } from '../../src/api/watcher.ts';
import type { SagaRun } from '../../src/client/ports.ts';
import type { OrderId } from '../../src/domain/order.ts';
import type { RefundFacts } from '../../src/domain/refund.ts';
import { createLogger } from '../../src/log.ts';
import { recordingSagas } from './recording-sagas.ts';
import { bookCompleted, euros, requested } from './refunds.ts';
import { createShop } from './shop.ts';

export const SILENCE = 60;

// Longer than the silence.
const AGO = `now() - interval '2 minutes'`;

export type WatchScene = Awaited<ReturnType<typeof createWatchScene>>;

export async function createWatchScene() {
  const shop = await createShop();
  await shop.stock('MUG', 1_000);
  const store = createWatchStore(shop.pool);
  return {
    shop,
    store,
    /** Started orders of which nothing was heard for two minutes. */
    async silent(n: number, change = ''): Promise<OrderId[]> {
      const orders = Array.from({ length: n }, () => shop.order([{ sku: 'MUG', quantity: 1 }]));
      const ids = (await Promise.all(orders)).map(({ id }) => id);
      await shop.pool.query(
        `UPDATE "order" SET updated_at = ${AGO}, watched_at = ${AGO}, run_started_at = ${AGO} ${change}
         WHERE id = ANY ($1)`,
        [ids],
      );
      return ids;
    },
    /** Refunds of one completed order, started two minutes ago. */
    async silentRefunds(n: number): Promise<RefundFacts[]> {
      const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
      await bookCompleted(
        createOrderBook(shop.pool, () => undefined),
        order.id,
        1_000n,
      );
      const refunds: RefundFacts[] = [];
      for (let made = 0; made < n; made += 1) {
        refunds.push(await requested(createRefundStore(shop.pool), order, { amount: euros('10') }));
      }
      await shop.pool.query(
        `UPDATE refund SET requested_at = ${AGO}, watched_at = ${AGO}, run_started_at = ${AGO}
         WHERE order_id = $1`,
        [order.id],
      );
      return refunds;
    },
    /** As if the silence had passed once more. */
    async wait(): Promise<void> {
      await shop.pool.query(
        `UPDATE "order" SET updated_at = updated_at - interval '61 s',
           watched_at = watched_at - interval '61 s'`,
      );
      await shop.pool.query(`UPDATE refund SET watched_at = watched_at - interval '61 s'`);
    },
    watch(run?: SagaRun, everyMs = 10) {
      const sagas = recordingSagas();
      if (run !== undefined) sagas.run = run;
      const lines: string[] = [];
      const touched: OrderId[] = [];
      const log = createLogger({
        level: 'info',
        name: 'test',
        destination: { write: (line: string) => void lines.push(line) },
      });
      const watcher = createWatcher({
        store,
        sagas,
        touched: (id) => void touched.push(id),
        log,
        silenceSeconds: SILENCE,
        everyMs,
      });
      return { sagas, lines, touched, stop: () => watcher.stop() };
    },
    /** What a watcher would ask about now, without waiting for a pass. */
    async due() {
      const { silent } = await store.leaseSilent(SILENCE, 1_000);
      return silent.map(({ facts }) => facts.id).sort();
    },
    async flagOf(id: OrderId) {
      const { rows } = await shop.pool.query<{ flag: boolean }>(
        'SELECT needs_operator AS flag FROM "order" WHERE id = $1',
        [id],
      );
      return rows[0]?.flag;
    },
    /** What each event showed of the flag. */
    async flagsShown(id: OrderId) {
      const { rows } = await shop.pool.query<{ flag: boolean }>(
        `SELECT data -> 'needsOperator' AS flag FROM order_event WHERE order_id = $1 ORDER BY sequence`,
        [id],
      );
      return rows.map(({ flag }) => flag);
    },
    close: () => shop.close(),
  };
}
