/**
 * The books in memory: every port of PostgreSQL's side with the semantics of migrations/*.sql, for
 * the simulation. A call runs to its end at once, so each is a transaction; it has no faults, no
 * waiting and no chance in it: who wants those puts them around it. That it does not drift from
 * PostgreSQL is held by test/contract/drift.test.ts.
 */
import type { OrderBook, Outbox } from '../../../src/activities/ports.ts';
import type { OrderEvent, RefundStore, WatchStore } from '../../../src/api/ports.ts';
import type { ShipmentStore } from '../../../src/api/shipment-ports.ts';
import type { OrderId } from '../../../src/domain/order.ts';
import * as closing from './closing.ts';
import { createDesk } from './desk.ts';
import type { MemoryDesk } from './desk.ts';
import * as later from './later-steps.ts';
import { stockKey, voucherKey } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { createOrderStore } from './order-store.ts';
import type { MemoryOrderStore } from './order-store.ts';
import { createOutbox } from './outbox.ts';
import * as payment from './payment-steps.ts';
import * as refund from './refund-book.ts';
import { createRefundStore } from './refund-store.ts';
import { eventOf } from './snapshot.ts';
import { createShipmentBook } from './shipment-book.ts';
import { createShipmentStore } from './shipment-store.ts';
import * as stock from './stock-steps.ts';
import { createDatabase } from './tables.ts';
import type { Database, Tables } from './tables.ts';
import * as voucher from './voucher-steps.ts';
import * as waiting from './waiting-steps.ts';
import { createWatchStore } from './watch-store.ts';

export interface MemoryBooks {
  readonly book: OrderBook;
  readonly store: MemoryOrderStore;
  readonly refunds: RefundStore;
  readonly shipments: ShipmentStore;
  readonly watch: WatchStore;
  readonly desk: MemoryDesk;
  readonly outbox: Outbox;
  /** Puts a SKU on the shelf. */
  readonly stock: (sku: string, available: number, product?: Partial<Product>) => void;
  /** Makes a code that takes so much off, so often. */
  readonly voucher: (code: string, uses: number, amountOff: bigint) => void;
  /** From now on the money of new orders is taken as they are shipped. */
  readonly captureAtShipment: () => void;
  /** In the order of their sequence. */
  readonly events: (id: OrderId) => OrderEvent[];
  /** For auditors: rows never change, so nothing that is read here does. Nobody else writes. */
  readonly tables: Tables;
}

interface Product {
  readonly tenantId: string;
  readonly unitPriceMinor: bigint;
  readonly currency: string;
}

export const TENANT = 'ten_test';

/** `now`: milliseconds since the epoch. */
export function createMemoryBooks({ now }: { readonly now: () => number }): MemoryBooks {
  const database = createDatabase();
  let lastId = 0;
  const ledger: Ledger = { ...database.tables, now, nextId: () => (lastId += 1) };
  return {
    book: createOrderBook(ledger, database),
    store: createOrderStore(ledger, database),
    refunds: createRefundStore(ledger, database),
    shipments: createShipmentStore(ledger, database),
    watch: createWatchStore(ledger, database),
    desk: createDesk(ledger, database),
    outbox: createOutbox(ledger, database),
    stock(sku, available, product) {
      const { tenantId = TENANT, unitPriceMinor = 1_000n, currency = 'EUR' } = product ?? {};
      const row = { tenantId, sku, unitPriceMinor, currency, available, reserved: 0, sold: 0 };
      database.tables.stock.put(stockKey(tenantId, sku), row);
    },
    voucher(code, uses, amountOff) {
      const row = { tenantId: TENANT, code, amountOff, uses, taken: 0 };
      database.tables.vouchers.put(voucherKey(TENANT, code), row);
    },
    captureAtShipment() {
      database.tables.policies.put(TENANT, 'at-shipment');
    },
    events: (id) => database.tables.events.of(id).map(eventOf),
    tables: database.tables,
  };
}

function createOrderBook(ledger: Ledger, { atomically }: Pick<Database, 'atomically'>): OrderBook {
  const call =
    <Args extends readonly unknown[], Answer>(
      act: (ledger: Ledger, id: OrderId, ...args: Args) => Answer,
    ) =>
    (id: OrderId, ...args: Args): Promise<Answer> =>
      atomically(() => act(ledger, id, ...args));

  return {
    redeemVoucher: call(voucher.redeemVoucher),
    giveVoucherBack: call(voucher.giveVoucherBack),
    returnVoucher: call(voucher.returnVoucher),
    reserveStock: call(stock.reserveStock),
    releaseStock: call(stock.releaseStock),
    beginAuthorization: call(payment.beginAuthorization),
    commitIntent: call(payment.commitIntent),
    recordAuthorization: (id, { capturableMinor, heldAt }) =>
      atomically(() => payment.recordAuthorization(ledger, id, capturableMinor, heldAt?.getTime())),
    recordWaiting: (id, { status, actionUrl = null }, actionMs) =>
      atomically(() => waiting.recordWaiting(ledger, id, status, actionUrl, actionMs)),
    recordDecline: call(payment.recordDecline),
    beginVoid: call(payment.beginVoid),
    recordHeld: (id, { capturableMinor }) =>
      atomically(() => {
        payment.recordHeld(ledger, id, capturableMinor);
      }),
    recordVoid: call(payment.recordVoid),
    recordGivenUp: call(waiting.recordGivenUp),
    beginCapture: call(payment.beginCapture),
    recordCapture: (id, { capturedMinor }) =>
      atomically(() => payment.recordCapture(ledger, id, capturedMinor)),
    recordCaptureRefused: call(payment.recordCaptureRefused),
    beginShipment: call(later.beginShipment),
    recordShipment: call(later.recordShipment),
    recordShipmentRefused: call(later.recordShipmentRefused),
    beginReceipt: call(later.beginReceipt),
    recordReceipt: call(later.recordReceipt),
    beginShipmentCancel: call(later.beginShipmentCancel),
    recordShipmentCancel: call(later.recordShipmentCancel),
    beginRefund: call(later.beginRefund),
    recordRefund: (id, { id: gatewayId, amount }) =>
      atomically(() => later.recordRefund(ledger, id, gatewayId, amount.amountMinor)),
    restock: call(later.restock),
    beginUnwind: call(closing.beginUnwind),
    closeOrder: call(closing.closeOrder),
    parkStep: ({ id }, parked) =>
      atomically(() => {
        closing.parkStep(ledger, id, parked);
      }),
    ...createShipmentBook(ledger, { atomically }),
    openRefund: (id) => atomically(() => refund.openRefund(ledger, id)),
    recordRefundSucceeded: ({ id }, { id: gatewayId }) =>
      atomically(() => refund.recordRefundSucceeded(ledger, id, gatewayId)),
    recordRefundFailed: ({ id }, { id: gatewayId, status }) =>
      atomically(() => refund.recordRefundFailed(ledger, id, gatewayId, status)),
    refundGate: (id) => atomically(() => refund.refundGate(ledger, id)),
  };
}
