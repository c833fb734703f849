/**
 * Money at the gateway. The intent's ID is committed before the intent is confirmed, so that the
 * reference is known before money can move; a repeat asks the gateway what became of the call
 * before it calls again; and what the gateway does not say for certain is never decided on.
 */
import type { OrderFacts, OrderId, OrderRef } from '../domain/order.ts';
import { Pending, Refusal, Unavailable } from '../domain/wrong.ts';
import { giveUp, isWaiting, recordWaiting } from './customer.ts';
import { keyed, refundAtGateway, requireMoney } from './gateway-calls.ts';
import type { AuthorizationWork, Begun, Deps, Intent, IntentWork, Recorded } from './ports.ts';
import { callBudget, settle } from './step.ts';

export function payments(deps: Deps) {
  const { book, gateway } = deps;

  return {
    async authorizePayment(order: Payable): Promise<void> {
      const { id } = order;
      const begun = await book.beginAuthorization(id);
      const known = begun.state === 'open' ? await committedIntent(deps, order, begun.work) : begun;
      if (known.state !== 'open') return void settle(known);
      const { work } = known;

      let intent = await current(deps, work, 'confirm');
      if (intent === undefined || intent.status === BEFORE.confirm) {
        const call = { ...keyed(deps, id, 'confirm', work.n), returnUrl: work.returnUrl };
        intent = await gateway.confirmIntent(work.intentId, call);
      }
      settle(await recordConfirmation(deps, id, work, intent));
    },

    async voidAuthorization({ id }: OrderRef): Promise<void> {
      const begun = await book.beginVoid(id);
      if (begun.state !== 'open') return void settle(begun);
      const { intentId, n, repeated, waits = false } = begun.work;

      const before = await gateway.retrieveIntent(intentId, callBudget(deps));
      if (repeated) deps.lookedUp?.('cancel', before.status === 'canceled' ? 'done' : 'not done');
      requireMoney(begun.work.amount, before.amount, 'the intent is for');
      // Not even asked: the gateway would say no to every later call under the same key.
      if (before.status === 'processing') return void settle(await giveUp(deps, id, before, waits));
      if (before.capturableMinor > 0n) await book.recordHeld(id, before);
      const after =
        before.status === 'canceled'
          ? before
          : await gateway.cancelIntent(intentId, keyed(deps, id, 'cancel', n));
      if (after.status === 'processing') return void settle(await giveUp(deps, id, after, waits));
      requireStatus(after, 'canceled');
      settle(await book.recordVoid(id));
    },

    async capturePayment({ id }: OrderRef): Promise<void> {
      const begun = await book.beginCapture(id);
      if (begun.state !== 'open') return void settle(begun);
      const { work } = begun;

      let intent = await current(deps, work, 'capture');
      if (intent === undefined || intent.status === BEFORE.capture) {
        intent = await gateway.captureIntent(work.intentId, keyed(deps, id, 'capture', work.n));
      }
      requireMoney(work.amount, intent.amount, 'the intent is for');
      // Only a canceled intent proves that the money is gone; "not yet" proves nothing.
      if (intent.status === 'canceled') return void settle(await book.recordCaptureRefused(id));
      requireStatus(intent, 'succeeded');
      requireMoney(
        work.amount,
        { ...intent.amount, amountMinor: intent.capturedMinor },
        'captured',
      );
      settle(await book.recordCapture(id, intent));
    },

    async refundPayment({ id }: OrderRef): Promise<void> {
      const begun = await book.beginRefund(id);
      if (begun.state !== 'open') return void settle(begun);
      const refund = await refundAtGateway(deps, { sagaId: id, orderId: id }, begun.work);
      requireMoney(begun.work.amount, refund.amount, 'refunded');
      if (refund.status === 'failed' || refund.status === 'canceled') {
        throw new Error(`the gateway has given up the refund ${refund.id}: it is ${refund.status}`);
      }
      if (refund.status !== 'succeeded') {
        throw new Pending(`The refund ${refund.id} is ${refund.status}.`);
      }
      settle(await book.recordRefund(id, refund));
    },
  };
}

type Payable = OrderRef & Pick<OrderFacts, 'capture'>;

function inParts(capture: OrderFacts['capture']): { readonly inParts?: true } {
  return capture === undefined ? {} : { inParts: true };
}

/** As an intent is while nothing has come of the operation. */
const BEFORE = { confirm: 'requires_confirmation', capture: 'requires_capture' } as const;

/** Retrieved first when the operation was asked for before: its answer may have been lost. */
async function current(
  deps: Deps,
  { intentId, repeated, waits }: IntentWork,
  operation: keyof typeof BEFORE,
): Promise<Intent | undefined> {
  if (!repeated) return undefined;
  const intent = await deps.gateway.retrieveIntent(intentId, callBudget(deps));
  // Who waits looks again and again, and no answer was lost.
  if (!waits) deps.lookedUp?.(operation, intent.status === BEFORE[operation] ? 'not done' : 'done');
  return intent;
}

/** The intent this order pays with, created if need be, its ID stored before it is confirmed. */
async function committedIntent(
  deps: Deps,
  { id, requestId, capture }: Payable,
  work: AuthorizationWork,
): Promise<Begun<IntentWork>> {
  const { intentId, installation, amount, paymentMethod, n } = work;
  if (intentId !== undefined) return { state: 'open', work: { ...work, intentId } };
  try {
    const intent = await deps.gateway.createIntent(
      { orderId: id, requestId, installation, amount, paymentMethod, ...inParts(capture) },
      keyed(deps, id, 'create', n),
    );
    return await deps.book.commitIntent(id, intent.id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return await deps.book.recordDecline(id, 'refused', error.message);
  }
}

/** An intent that cannot be confirmed any more was declined; one in between is waited for. */
async function recordConfirmation(
  deps: Deps,
  id: OrderId,
  work: IntentWork,
  intent: Intent,
): Promise<Recorded> {
  const { book } = deps;
  const { status, declineCode = status } = intent;
  requireMoney(work.amount, intent.amount, 'the intent is for');
  if (isWaiting(intent)) return await recordWaiting(deps, id, intent);
  if (status === 'requires_payment_method' || status === 'canceled') {
    return await book.recordDecline(id, status, `The payment was declined: ${declineCode}.`);
  }
  const held = beforeCapture(intent);
  requireStatus(held, 'requires_capture');
  requireMoney(work.amount, { ...intent.amount, amountMinor: held.capturableMinor }, 'authorized');
  return await book.recordAuthorization(id, held);
}

/**
 * One that was captured already was authorized, and the capture will find it so: a book that was
 * restored to an earlier moment goes its way once more.
 */
function beforeCapture(intent: Intent): Intent {
  if (intent.status !== 'succeeded') return intent;
  return { ...intent, status: 'requires_capture', capturableMinor: intent.capturedMinor };
}

function requireStatus({ id, status }: Intent, wanted: Intent['status']): void {
  if (status === wanted) return;
  const settled = status === 'succeeded' || status === 'canceled';
  const words = `The intent ${id} is ${status}, not yet ${wanted}.`;
  // A settled intent will not change by asking again: somebody's word to the gateway was wrong.
  throw settled ? new Error(words) : new Unavailable(words);
}
