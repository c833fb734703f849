/**
 * Refunds as Stripe has them: paid at once, or pending until the bank has decided. What the bank
 * decides is in the book from the first moment it is asked for, so that a restart changes nothing.
 */
import { z } from 'zod';
import { testCard, type RefundFate } from './cards.ts';
import { amount, metadata, newId, page, theIntent, type Desk } from './desk.ts';
import type { IntentState, Json } from './model.ts';
import { refundRefused } from './problems.ts';
import { listShape, refundShape } from './shapes.ts';

// Long enough to be seen pending, short enough to be waited for.
const PENDING_MS = 1_000;

const refundParams = z.strictObject({
  payment_intent: z.string(),
  amount: amount.optional(),
  metadata,
});
const findRefundParams = z.strictObject({
  ...page,
  payment_intent: z.string(),
  starting_after: z.string().optional(),
});

export function refundIntent(desk: Desk, params: unknown): Json {
  const wanted = refundParams.parse(params);
  const intent = theIntent(desk, 'payment_intent');
  if (intent.status !== 'succeeded') {
    throw refundRefused(
      `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
    );
  }
  settleRefunds(desk, intent);
  const left = leftOf(intent);
  if (left === 0) {
    throw refundRefused(
      `Charge ${String(intent.chargeId)} has already been refunded.`,
      'charge_already_refunded',
    );
  }
  const amount = wanted.amount ?? left;
  if (amount > left) {
    throw refundRefused(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
    );
  }
  const effect = { intent: intent.id, amount, refund: newId('re'), metadata: wanted.metadata };
  const fate = fateOf(desk, intent);
  if (fate === 'at-once') desk.record({ effect: 'refunded', ...effect });
  else desk.record({ effect: 'refund-pending', fate, ...effect });
  const made = intent.refunds.at(-1);
  if (made === undefined) throw new Error('Bug: the refund was not recorded');
  return refundShape(made);
}

/** What is pending holds its amount; what failed has given it back. */
function leftOf({ captured, refunds }: IntentState): number {
  const taken = refunds.filter(({ status }) => status !== 'failed');
  return captured - taken.reduce((sum, refund) => sum + refund.amount, 0);
}

function fateOf(desk: Desk, { paymentMethod }: IntentState): RefundFate {
  if (desk.meets('decline')) return 'never';
  if (desk.meets('pending')) return 'later';
  const card = testCard(paymentMethod ?? '');
  return card?.bank === 'authorizes' ? card.refunds : 'at-once';
}

export function findRefunds(desk: Desk, params: unknown): Json {
  const { limit, starting_after: startingAfter } = findRefundParams.parse(params);
  const intent = theIntent(desk, 'payment_intent');
  settleRefunds(desk, intent);
  const refunds = intent.refunds.map(refundShape).reverse();
  return listShape('/v1/refunds', refunds, { limit, startingAfter });
}

/** The bank decides in its own time; here that is whenever somebody looks after that time. */
function settleRefunds(desk: Desk, intent: IntentState): void {
  for (const { id, amount, metadata, createdAt, status, fate } of intent.refunds) {
    if (status !== 'pending' || desk.nowMs - Date.parse(createdAt) < PENDING_MS) continue;
    const effect = { intent: intent.id, amount, refund: id };
    if (fate === 'never') desk.settle({ effect: 'refund-failed', ...effect });
    else desk.settle({ effect: 'refunded', metadata, ...effect });
  }
}
