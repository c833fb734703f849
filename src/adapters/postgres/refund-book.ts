/** The refund book on PostgreSQL: one function, one round trip, one transaction (migrations/0005). */
import type pg from 'pg';
import type { RefundBook } from '../../activities/ports.ts';
import type { OrderId } from '../../domain/order.ts';
import { call } from './pool.ts';
import { beginStep, recordStep } from './step-answers.ts';

export function createRefundBook(pool: pg.Pool, touched: (id: OrderId) => void): RefundBook {
  return {
    openRefund: (id) => beginStep(pool, 'open_refund', id),
    async recordRefundSucceeded({ id, orderId }, refund) {
      const recorded = await recordStep(pool, 'record_refund_succeeded', id, refund.id);
      touched(orderId);
      return recorded;
    },
    async recordRefundFailed({ id, orderId }, refund) {
      const { id: gatewayId, status } = refund;
      const recorded = await recordStep(pool, 'record_refund_failed', id, gatewayId, status);
      touched(orderId);
      return recorded;
    },
    refundGate: (id) => call(pool, 'refund_gate', id),
  };
}
