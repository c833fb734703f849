/**
 * A refund that was asked for, at the gateway. Banks take their time: a refund that is pending is
 * looked up again until it has succeeded or failed, and is never sent a second time.
 */
import type { RefundRef } from '../domain/refund.ts';
import { Pending } from '../domain/wrong.ts';
import { refundAtGateway, requireMoney } from './gateway-calls.ts';
import type { Deps, GatewayRefund, Recorded, RefundBook } from './ports.ts';
import { settle } from './step.ts';

export function refunds(deps: Deps) {
  const { book } = deps;
  return {
    async sendRefund(ref: RefundRef): Promise<void> {
      const { id, orderId } = ref;
      const begun = await book.openRefund(id);
      if (begun.state !== 'open') return void settle(begun);
      const refund = await refundAtGateway(deps, { sagaId: id, orderId }, begun.work);
      requireMoney(begun.work.amount, refund.amount, 'refunded');
      settle(await recordOutcome(book, ref, refund));
    },

    /** What the book says when the run is about to end early. */
    refundGate: ({ id }: RefundRef) => book.refundGate(id),
  };
}

async function recordOutcome(
  book: RefundBook,
  ref: RefundRef,
  refund: GatewayRefund,
): Promise<Recorded> {
  switch (refund.status) {
    case 'succeeded':
      return await book.recordRefundSucceeded(ref, refund);
    case 'failed':
    case 'canceled':
      return await book.recordRefundFailed(ref, refund);
    case 'pending':
    case 'requires_action':
      throw new Pending(`The refund ${refund.id} is ${refund.status}.`);
  }
}
