/**
 * The two that must not drift: the books in PostgreSQL and the books in memory, each with the same
 * ports, a clock that can be put forward, and a dump of all that it holds of some orders.
 */
import type { OrderBook, Outbox } from '../../../src/activities/ports.ts';
import type { OrderStore, RefundStore, WatchStore } from '../../../src/api/ports.ts';
import { createOperatorsDesk } from '../../../src/adapters/postgres/operators-desk.ts';
import { createOrderBook } from '../../../src/adapters/postgres/order-book.ts';
import { createOrderStore } from '../../../src/adapters/postgres/order-store.ts';
import { createOutbox } from '../../../src/adapters/postgres/outbox.ts';
import { createRefundStore } from '../../../src/adapters/postgres/refund-store.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import { createWatchStore } from '../../../src/adapters/postgres/watch-store.ts';
import type { ShipmentStore } from '../../../src/api/shipment-ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import type { OperatorsDesk } from '../../../src/operator/ports.ts';
import { createMemoryBooks } from '../../simulation/memory/books.ts';
import { captureLater } from '../../support/shipments.ts';
import type { Shop } from '../../support/shop.ts';
import { dumpMemory, dumpPostgres } from './dump.ts';

export interface Side {
  readonly book: OrderBook;
  readonly store: Omit<OrderStore, 'list'>;
  readonly refunds: RefundStore;
  readonly shipments: ShipmentStore;
  readonly watch: WatchStore;
  readonly desk: Pick<OperatorsDesk, 'queue' | 'show' | 'resolve'>;
  readonly outbox: Outbox;
  readonly stock: (sku: string, available: number) => Promise<void> | void;
  /** Takes 3.00 EUR off. */
  readonly voucher: (code: string, uses: number) => Promise<void> | void;
  /** The order is captured at shipment. */
  readonly later: (id: OrderId) => Promise<void> | void;
  readonly isLater: (id: OrderId) => Promise<boolean> | boolean;
  readonly passTime: (ids: readonly OrderId[], seconds: number) => Promise<void> | void;
  readonly dump: (ids: readonly OrderId[]) => unknown;
}

export function postgresSide(shop: Shop): Side {
  const { pool } = shop;
  return {
    book: createOrderBook(pool, () => undefined),
    store: createOrderStore(pool),
    refunds: createRefundStore(pool),
    shipments: createShipmentStore(pool),
    watch: createWatchStore(pool),
    later: (id) => captureLater(pool, id),
    async isLater(id) {
      const text = `SELECT FROM "order" WHERE id = $1 AND capture_policy = 'at-shipment'`;
      return (await pool.query(text, [id])).rowCount === 1;
    },
    desk: createOperatorsDesk(pool),
    outbox: createOutbox(pool),
    stock: shop.stock,
    voucher: shop.voucher,
    // Nobody can put PostgreSQL's clock forward, so all that it has written down grows older.
    async passTime(ids, seconds) {
      await pool.query(
        AGE.map((statement) =>
          statement.replaceAll('$2', `'${seconds} s'::interval`).replaceAll('$1', literal(ids)),
        ).join(';'),
      );
    },
    dump: (ids) => dumpPostgres(pool, ids),
  };
}

function literal(ids: readonly OrderId[]): string {
  return `'{${ids.join(',')}}'::text[]`;
}

const AGE = [
  `UPDATE "order" SET created_at = created_at - $2, updated_at = updated_at - $2,
     run_started_at = run_started_at - $2, start_tried_at = start_tried_at - $2,
     watched_at = watched_at - $2, blocked_since = blocked_since - $2 WHERE id = ANY ($1)`,
  `UPDATE refund SET requested_at = requested_at - $2, run_started_at = run_started_at - $2,
     start_tried_at = start_tried_at - $2, watched_at = watched_at - $2 WHERE order_id = ANY ($1)`,
  `UPDATE parked_step SET parked_at = parked_at - $2, tried_at = tried_at - $2
   WHERE order_id = ANY ($1)`,
  `UPDATE mail_outbox SET next_at = next_at - $2 WHERE order_id = ANY ($1)`,
];

export function memorySide(): Side {
  let offsetMs = 0;
  let last = 0;
  // PostgreSQL counts microseconds: no two of its calls happen at the same time.
  const now = () => (last = Math.max(Date.now() + offsetMs, last + 0.001));
  const books = createMemoryBooks({ now });
  return {
    ...books,
    voucher: (code, uses) => books.voucher(code, uses, 300n),
    later(id) {
      const order = books.tables.orders.get(id);
      if (order !== undefined)
        books.tables.orders.put(id, { ...order, capturePolicy: 'at-shipment' });
    },
    isLater: (id) => books.tables.orders.get(id)?.capturePolicy === 'at-shipment',
    passTime(_, seconds) {
      offsetMs += seconds * 1_000;
    },
    dump: (ids) => dumpMemory(books.tables, ids),
  };
}
