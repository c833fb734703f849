/**
 * Tables in memory. Rows are never changed, only replaced, so what was read stays what it was; and
 * each replacement is noted, so that a call that throws leaves nothing behind, as a transaction does.
 */
import type { OrderId } from '../../../src/domain/order.ts';
import { promised } from './promised.ts';
import type {
  ActionRow,
  BarrierRow,
  ClaimRow,
  EntryRow,
  EventRow,
  MailRow,
  OrderRow,
  ParkedRow,
  PaymentRow,
  RefundRow,
  ReservationRow,
  ShipmentRow,
  StockRow,
  VoucherRow,
  VoucherUseRow,
} from './rows.ts';

interface Table<Key, Row> {
  get: (key: Key) => Row | undefined;
  put: (key: Key, row: Row) => void;
  /** Oldest first. */
  values: () => IterableIterator<Row>;
}

/** Many rows under one key, oldest first. */
interface ListTable<Key, Row> {
  of: (key: Key) => readonly Row[];
  put: (key: Key, rows: readonly Row[]) => void;
  append: (key: Key, row: Row) => void;
  values: () => Row[];
}

export interface Tables {
  /** By tenant and SKU. */
  readonly stock: Table<string, StockRow>;
  /** By tenant and code. */
  readonly vouchers: Table<string, VoucherRow>;
  readonly voucherUses: Table<OrderId, VoucherUseRow>;
  readonly orders: Table<OrderId, OrderRow>;
  readonly reservations: ListTable<OrderId, ReservationRow>;
  readonly payments: Table<OrderId, PaymentRow>;
  readonly entries: ListTable<OrderId, EntryRow>;
  readonly trackingNumbers: Table<OrderId, string>;
  /** In the order of their numbers. */
  readonly shipments: ListTable<OrderId, ShipmentRow>;
  /** By tenant: when it takes the money; at once, unless it says otherwise. */
  readonly policies: Table<string, OrderRow['capturePolicy']>;
  readonly refunds: Table<string, RefundRow>;
  readonly refundIds: ListTable<OrderId, string>;
  readonly events: ListTable<OrderId, EventRow>;
  /** By saga. */
  readonly barriers: ListTable<string, BarrierRow>;
  readonly parked: ListTable<OrderId, ParkedRow>;
  readonly actions: ListTable<OrderId, ActionRow>;
  readonly mails: Table<string, MailRow>;
  /** By tenant, route and key. */
  readonly claims: Table<string, ClaimRow>;
  /** Whose each of the gateway's IDs is: none belongs to two. */
  readonly gatewayIds: Table<string, string>;
}

export interface Database {
  readonly tables: Tables;
  /** Runs to its end at once; what it throws leaves the tables as they were. */
  readonly atomically: <T>(work: () => T) => Promise<T>;
}

export function createDatabase(): Database {
  const undo: (() => void)[] = [];
  const table = <Key, Row>() => createTable<Key, Row>(undo);
  const list = <Key, Row>() => createList<Key, Row>(undo);
  const orRollBack = <T>(work: () => T): T => {
    undo.length = 0;
    try {
      return work();
    } catch (error) {
      for (const put of undo.reverse()) put();
      throw error;
    }
  };
  return {
    tables: {
      stock: table(),
      vouchers: table(),
      voucherUses: table(),
      orders: table(),
      reservations: list(),
      payments: table(),
      entries: list(),
      trackingNumbers: table(),
      shipments: list(),
      policies: table(),
      refunds: table(),
      refundIds: list(),
      events: list(),
      barriers: list(),
      parked: list(),
      actions: list(),
      mails: table(),
      claims: table(),
      gatewayIds: table(),
    },
    atomically: (work) => promised(() => orRollBack(work)),
  };
}

function createTable<Key, Row>(undo: (() => void)[]): Table<Key, Row> {
  const rows = new Map<Key, Row>();
  return {
    get: (key) => rows.get(key),
    put(key, row) {
      const before = rows.get(key);
      undo.push(() => {
        if (before === undefined) rows.delete(key);
        else rows.set(key, before);
      });
      rows.set(key, row);
    },
    values: () => rows.values(),
  };
}

const NONE: readonly never[] = [];

function createList<Key, Row>(undo: (() => void)[]): ListTable<Key, Row> {
  const lists = createTable<Key, readonly Row[]>(undo);
  const of = (key: Key) => lists.get(key) ?? NONE;
  return {
    of,
    put: lists.put,
    append(key, row) {
      lists.put(key, [...of(key), row]);
    },
    values: () => [...lists.values()].flat(),
  };
}
