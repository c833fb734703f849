/** Refunds of the gateway in memory: paid at once, or pending until the bank has decided. */
import type { GatewayCall, GatewayRefund, PaymentGateway } from '../../../src/activities/ports.ts';
import { testCard } from '../../../src/counterparties/gateway/cards.ts';
import type { Asked } from './gateway-book.ts';
import type { Made } from './gateway-keys.ts';
import { asked, held, isAmount, madeBefore, theIntent } from './gateway-state.ts';
import type { GatewayState, HeldIntent, HeldRefund } from './gateway-state.ts';

type Wanted = Parameters<PaymentGateway['refundIntent']>[0];

/** A key that is remembered answers what it answered first, also when the bank has decided since. */
export function refundIntent(
  state: GatewayState,
  { intentId, orderId, amount }: Wanted,
  { key }: GatewayCall,
): GatewayRefund {
  const { book, keys } = state;
  const params = [intentId, orderId, amount.amountMinor].join(' ');
  const who = { ...asked(state, 'refund', intentId, key), key, params };
  const before = madeBefore(state, who);
  if (before !== undefined) return refundAgain(state, who, before);
  if (!isAmount(amount.amountMinor)) {
    book.request(who, 'refused', 400);
    throw new Error(`Stripe refund: 400 parameter_invalid: ${amount.amountMinor}`);
  }
  const intent = theIntent(state, who);
  settleRefunds(state, who, intent);
  const left = leftOf(intent);
  if (intent.status !== 'succeeded' || amount.amountMinor > left) {
    book.request(who, 'executed', 400);
    keys.remember(key, who.path, params, { kind: 'no-refund', left });
    return unlessMade(state, who, left);
  }
  const refund = shownRefund(intent, make(state, who, intent, amount.amountMinor));
  book.request(who, 'executed', 200);
  keys.remember(key, who.path, params, { kind: 'refund', refund });
  return refund;
}

type Signed = Asked & { readonly key: string };

function refundAgain(state: GatewayState, who: Signed, made: Made): GatewayRefund {
  state.book.request(who, 'replayed', made.kind === 'refund' ? 200 : 400);
  if (made.kind === 'refund') return made.refund;
  return unlessMade(state, who, made.kind === 'no-refund' ? made.left : undefined);
}

/** Past the key memory a repeat of all the money looks as if nothing were left. */
function unlessMade(
  state: GatewayState,
  { intent, key }: Signed,
  left: bigint | undefined,
): GatewayRefund {
  const made = left === 0n ? findRefund(state, intent ?? '', { key }) : undefined;
  if (made !== undefined) return made;
  throw new Error(`Stripe refund: 400 invalid_request_error: ${left ?? 'nothing'} is left`);
}

export function findRefund(
  state: GatewayState,
  intentId: string,
  { key }: Pick<GatewayCall, 'key'>,
): GatewayRefund | undefined {
  const who = asked(state, 'find-refund', intentId);
  const intent = theIntent(state, who);
  settleRefunds(state, who, intent);
  state.book.request(who, 'executed', 200);
  return refundOf(intent, key);
}

// As long as the stand-in's bank takes.
const PENDING_MS = 1_000;

/** The bank decides in its own time; here that is whenever somebody looks after that time. */
function settleRefunds({ book, now }: GatewayState, who: Asked, intent: HeldIntent): void {
  for (const refund of intent.refunds) {
    if (refund.status !== 'pending' || now() - refund.createdAt < PENDING_MS) continue;
    const { id, fate, amountMinor, key } = refund;
    const news = { ...held(intent, amountMinor), refund: id };
    refund.status = fate === 'never' ? 'failed' : 'succeeded';
    if (fate === 'never') book.settle(who, { effect: 'refund-failed', ...news });
    else book.settle(who, { effect: 'refunded', metadata: metadataOf(intent, key), ...news });
  }
}

function make(
  { book, now, newId }: GatewayState,
  who: Signed,
  intent: HeldIntent,
  amountMinor: bigint,
): HeldRefund {
  const { key } = who;
  const card = testCard(intent.paymentMethod);
  const fate = card?.bank === 'authorizes' ? card.refunds : 'at-once';
  const status = fate === 'at-once' ? 'succeeded' : 'pending';
  const refund: HeldRefund = { id: newId('re'), amountMinor, key, createdAt: now(), fate, status };
  intent.refunds.push(refund);
  const metadata = metadataOf(intent, key);
  const news = { ...held(intent, amountMinor), refund: refund.id, metadata };
  if (fate === 'at-once') book.effect(who, { effect: 'refunded', ...news });
  else book.effect(who, { effect: 'refund-pending', fate, ...news });
  return refund;
}

/** What is pending holds its amount; what failed has given it back. */
function leftOf({ capturedMinor, refunds }: HeldIntent): bigint {
  const taken = refunds.filter(({ status }) => status !== 'failed');
  return taken.reduce((left, { amountMinor }) => left - amountMinor, capturedMinor);
}

function refundOf(intent: HeldIntent, key: string): GatewayRefund | undefined {
  const refund = intent.refunds.findLast((one) => one.key === key);
  return refund && shownRefund(intent, refund);
}

function shownRefund({ currency }: HeldIntent, refund: HeldRefund): GatewayRefund {
  const { id, status, amountMinor } = refund;
  return { id, status, amount: { amountMinor, currency } };
}

function metadataOf({ orderId }: HeldIntent, key: string) {
  return { order_id: orderId, idempotency_key: key };
}
