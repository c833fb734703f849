/**
 * The order book on PostgreSQL: each method calls the database function of the same name, which
 * is one round trip and one transaction (migrations/0002, 0003 and 0026). Nothing is decided here.
 */
import type pg from 'pg';
import type { Intent, OrderBook, Recorded, Waiting } from '../../activities/ports.ts';
import type { EndReason, Gate, OrderId, UnhappyStatus } from '../../domain/order.ts';
import { orderOf } from '../../domain/refund.ts';
import { call } from './pool.ts';
import { createRefundBook } from './refund-book.ts';
import { createReservations } from './reservations.ts';
import { createShipmentBook } from './shipment-book.ts';
import { beginStep, recordStep } from './step-answers.ts';

/** `touched` is told of every order that may have a new event, after the commit. */
export function createOrderBook(pool: pg.Pool, touched: (id: OrderId) => void): OrderBook {
  const begin = <Work>(fn: string, id: OrderId, ...rest: unknown[]) =>
    beginStep<Work>(pool, fn, id, ...rest);

  const reserve = createReservations(pool);

  /** The last transaction of a step: it may have written an event, so whoever waits is told. */
  const record = async (fn: string, id: OrderId, ...rest: unknown[]): Promise<Recorded> => {
    const recorded = await recordStep(pool, fn, id, ...rest);
    touched(id);
    return recorded;
  };

  return {
    redeemVoucher: (id) => record('redeem_voucher', id),
    giveVoucherBack: (id) => record('give_voucher_back', id),
    returnVoucher: (id) => record('return_voucher', id),

    async reserveStock(id, lane) {
      const recorded = await reserve(id, lane);
      touched(id);
      return recorded;
    },
    releaseStock: (id) => record('release_stock', id),

    beginAuthorization: (id) => begin('begin_authorization', id),
    commitIntent: (id, intentId) => begin('commit_intent', id, intentId),
    recordAuthorization: (id, intent) =>
      record('record_authorization', id, held(intent), intent.heldAt?.toISOString() ?? null),
    async recordWaiting(id, { status, actionUrl = null }, actionMs) {
      const patience = `${actionMs} ms`;
      const begun = await begin<Waiting>('record_waiting', id, status, actionUrl, patience);
      touched(id);
      return begun;
    },
    recordDecline: (id, outcome, detail) => record('record_decline', id, outcome, detail),
    beginVoid: (id) => begin('begin_void', id),
    async recordHeld(id, intent) {
      await call(pool, 'record_held', id, held(intent));
    },
    recordVoid: (id) => record('record_void', id),
    recordGivenUp: (id) => record('record_given_up', id),

    beginCapture: (id) => begin('begin_capture', id),
    recordCapture: (id, intent) => record('record_capture', id, intent.capturedMinor.toString()),
    recordCaptureRefused: (id) => record('record_capture_refused', id),

    beginShipment: (id) => begin('begin_shipment', id),
    recordShipment: (id, trackingNumber) => record('record_shipment', id, trackingNumber),
    recordShipmentRefused: (id, detail) => record('record_shipment_refused', id, detail),
    beginReceipt: (id) => begin('begin_receipt', id),
    recordReceipt: (id) => record('record_receipt', id),

    beginShipmentCancel: (id) => begin('begin_shipment_cancel', id),
    recordShipmentCancel: (id) => record('record_shipment_cancel', id),
    beginRefund: (id) => begin('begin_refund', id),
    recordRefund: (id, refund) =>
      record('record_refund', id, refund.id, refund.amount.amountMinor.toString()),
    restock: (id) => record('restock', id),
    ...createRefundBook(pool, touched),
    ...createShipmentBook(pool, touched),

    beginUnwind: (id, reason) =>
      call<{ gate: Gate; reason: EndReason | null }>(pool, 'begin_unwind', id, reason),
    async closeOrder(id) {
      const closed = await call<{ status: UnhappyStatus; reason: EndReason | null }>(
        pool,
        'close_order',
        id,
      );
      touched(id);
      return closed;
    },
    async parkStep(saga, { step, undo, detail }) {
      await call(pool, 'park_step', saga.id, step, undo ? 'undo' : 'do', detail);
      touched(orderOf(saga));
    },
  };
}

function held(intent: Intent): string {
  return intent.capturableMinor.toString();
}
