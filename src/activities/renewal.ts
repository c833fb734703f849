/**
 * Holds the money once more, under a new intent: the old one is let go first, so that there are never
 * two live authorizations. The customer is not there; a bank that says no ends the order.
 */
import type { OrderRef } from '../domain/order.ts';
import { Refusal, Unavailable } from '../domain/wrong.ts';
import { keyed, requireMoney } from './gateway-calls.ts';
import type { Begun, Deps, Intent } from './ports.ts';
import type { RenewalWork } from './shipment-ports.ts';
import { callBudget, settle } from './step.ts';

export async function renew(deps: Deps, order: OrderRef): Promise<void> {
  const { book } = deps;
  let begun = await book.beginRenewal(order.id);
  if (begun.state === 'open' && !begun.work.isRenewed) {
    begun = await letGo(deps, order, begun.work);
  }
  if (begun.state === 'open' && begun.work.intentId === undefined) {
    begun = await create(deps, order, begun.work);
  }
  if (begun.state !== 'open') return void settle(begun);
  const { work } = begun;
  const { intentId = '', n } = work;
  const before = work.repeated
    ? await deps.gateway.retrieveIntent(intentId, callBudget(deps))
    : undefined;
  const intent =
    before === undefined || before.status === 'requires_confirmation'
      ? await deps.gateway.confirmIntent(intentId, keyed(deps, order.id, 'confirm', n))
      : before;
  await record(deps, order, work, intent);
}

async function letGo(
  deps: Deps,
  { id }: OrderRef,
  { intentId = '', n }: RenewalWork,
): Promise<Begun<RenewalWork>> {
  const before = await deps.gateway.retrieveIntent(intentId, callBudget(deps));
  const after =
    before.status === 'canceled'
      ? before
      : await deps.gateway.cancelIntent(intentId, keyed(deps, id, 'cancel', n));
  if (after.capturedMinor > 0n)
    throw new Error(`the intent ${intentId} was captured by nobody here`);
  if (after.status !== 'canceled') {
    throw new Unavailable(`The intent ${intentId} is ${after.status}, not yet canceled.`);
  }
  return await deps.book.recordOldHold(id);
}

async function create(
  deps: Deps,
  { id, requestId }: OrderRef,
  { installation, amount, paymentMethod, n }: RenewalWork,
): Promise<Begun<RenewalWork>> {
  try {
    const intent = await deps.gateway.createIntent(
      { orderId: id, requestId, installation, amount, paymentMethod, inParts: true },
      keyed(deps, id, 'create', n),
    );
    return await deps.book.commitRenewal(id, intent.id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return await deps.book.recordRenewalDeclined(id, 'refused', error.message);
  }
}

/** Who is asked to confirm it is not there: that, too, is a no. */
async function record(
  { book }: Deps,
  { id }: OrderRef,
  { amount }: RenewalWork,
  intent: Intent,
): Promise<void> {
  const { status, declineCode = status } = intent;
  requireMoney(amount, intent.amount, 'the intent is for');
  if (['requires_payment_method', 'requires_action', 'canceled'].includes(status)) {
    const why = `The payment was declined: ${declineCode}.`;
    return void settle(await book.recordRenewalDeclined(id, status, why));
  }
  if (status !== 'requires_capture') {
    throw new Unavailable(`The intent ${intent.id} is ${status}, not yet requires_capture.`);
  }
  requireMoney(amount, { ...intent.amount, amountMinor: intent.capturableMinor }, 'authorized');
  settle(await book.recordRenewal(id, intent));
}
