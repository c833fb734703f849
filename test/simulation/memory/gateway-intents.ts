/** Intents of the gateway in memory: created, confirmed, captured, cancelled. */
import type { GatewayCall, Intent, PaymentGateway } from '../../../src/activities/ports.ts';
import { testCard } from '../../../src/counterparties/gateway/cards.ts';
import { Refusal, Unavailable } from '../../../src/domain/wrong.ts';
import type { Part } from '../../../src/activities/shipment-ports.ts';
import type { Asked } from './gateway-book.ts';
import { answerInTime } from './gateway-customer.ts';
import type { Made } from './gateway-keys.ts';
import {
  asked,
  held,
  isAmount,
  letGo,
  madeBefore,
  shownIntent,
  theIntent,
} from './gateway-state.ts';
import type { GatewayState, HeldIntent } from './gateway-state.ts';

type Wanted = Parameters<PaymentGateway['createIntent']>[0];

export function createIntent(state: GatewayState, wanted: Wanted, { key }: GatewayCall): Intent {
  const { orderId, requestId, installation, amount, paymentMethod } = wanted;
  const path = '/v1/payment_intents';
  const params = [
    orderId,
    requestId,
    installation,
    amount.amountMinor,
    amount.currency,
    paymentMethod,
    wanted.inParts,
  ].join(' ');
  const names = { operation: 'create', orderId, requestId, path };
  const who = { ...names, key, params, intent: null };
  const before = madeBefore(state, who);
  if (!isAmount(amount.amountMinor)) {
    state.book.request(who, 'refused', 400);
    throw refusal();
  }
  const made = before ?? make(state, who, wanted);
  const intent = made.kind === 'intent' ? made.intent.id : null;
  const outcome = before === undefined ? 'executed' : 'replayed';
  state.book.request({ ...who, intent }, outcome, intent === null ? 400 : 200);
  if (before === undefined) state.keys.remember(key, path, params, made);
  if (made.kind === 'refusal') throw made.refusal;
  if (made.kind !== 'intent') throw new Error(`Stripe create: the key ${key} made a ${made.kind}`);
  return made.intent;
}

function make(state: GatewayState, who: Asked, wanted: Wanted): Made {
  const { orderId, requestId, installation, paymentMethod, amount } = wanted;
  const { amountMinor, currency } = amount;
  if (testCard(paymentMethod) === undefined) {
    return { kind: 'refusal', refusal: refusal() };
  }
  const intent: HeldIntent = {
    ...{ id: state.newId('pi'), orderId, requestId, amountMinor, currency, paymentMethod },
    status: 'requires_confirmation',
    authorizedAt: 0,
    chargedAt: undefined,
    returnUrl: undefined,
    capturableMinor: 0n,
    capturedMinor: 0n,
    isInParts: wanted.inParts === true && !isOnlyWhole(paymentMethod),
    declineCode: undefined,
    refunds: [],
  };
  state.intents.set(intent.id, intent);
  const metadata = { order_id: orderId, request_id: requestId, installation_id: installation };
  const news = held(intent, amountMinor);
  state.book.effect(who, { effect: 'created', paymentMethod, metadata, ...news });
  return { kind: 'intent', intent: shownIntent(intent) };
}

function isOnlyWhole(paymentMethod: string): boolean {
  const card = testCard(paymentMethod);
  return card?.bank === 'authorizes' && card.isOnlyWhole === true;
}

function refusal(): Refusal {
  return new Refusal('payment-declined', 'The gateway does not accept this payment.');
}

type Change = 'confirm' | 'capture' | 'cancel';

/** Statuses in which nothing is left for the operation to do, whoever did it. */
const PAST: Readonly<Record<Change, readonly Intent['status'][]>> = {
  confirm: ['requires_action', 'processing', 'requires_capture', 'succeeded', 'canceled'],
  capture: ['processing', 'succeeded', 'canceled'],
  cancel: ['processing', 'succeeded', 'canceled'],
};

type Act = (state: GatewayState, who: Asked, intent: HeldIntent, part?: Part) => boolean;

const ACT: Readonly<Record<Change, Act>> = { confirm, capture, cancel };

/** Also what was done before, or cannot be done any more, is answered with the intent as it is. */
export function changeIntent(
  state: GatewayState,
  operation: Change,
  id: string,
  { key, returnUrl }: GatewayCall & { readonly returnUrl?: string | undefined },
  part?: Part,
): Intent {
  const params = part === undefined ? (returnUrl ?? '') : `${part.amountMinor} ${part.isLast}`;
  const who = { ...asked(state, operation, id, key), key, params };
  const before = madeBefore(state, who);
  const intent = theIntent(state, who);
  answerInTime(state, who, intent);
  if (before === undefined) intent.returnUrl ??= returnUrl;
  const done = before === undefined ? ACT[operation](state, who, intent, part) : isDone(before);
  state.book.request(who, before === undefined ? 'executed' : 'replayed', done ? 200 : 400);
  if (before === undefined)
    state.keys.remember(key, who.path, who.params, { kind: 'change', done });
  if (!done) requirePast(operation, intent, part);
  return shownIntent(intent);
}

/** Not done, and not past it either: it may be tried again. */
function requirePast(operation: Change, intent: HeldIntent, part: Part | undefined): void {
  const { capturedMinor, declineCode, status } = intent;
  const isDeclined = operation === 'confirm' && declineCode !== undefined;
  const isCaptured = part !== undefined && capturedMinor >= part.upToMinor;
  if (isDeclined || isCaptured || PAST[operation].includes(status)) return;
  throw new Unavailable(`Stripe ${operation}: the intent is ${status}`);
}

function isDone(made: Made): boolean {
  return made.kind === 'change' && made.done;
}

function confirm({ book, now, newId }: GatewayState, who: Asked, intent: HeldIntent): boolean {
  if (intent.status !== 'requires_confirmation') return false;
  const card = testCard(intent.paymentMethod);
  const news = held(intent, intent.amountMinor);
  if (card?.bank === 'asks-the-customer') {
    intent.status = 'requires_action';
    book.effect(who, { effect: 'action-required', ...news });
    return true;
  }
  const charge = newId('ch');
  intent.chargedAt = now();
  if (card?.bank === 'takes-its-time') {
    intent.status = 'processing';
    book.effect(who, { effect: 'processing', charge, ...news });
    return true;
  }
  if (card?.bank === 'declines') {
    const { decline } = card;
    intent.status = 'requires_payment_method';
    intent.declineCode = decline.declineCode ?? decline.code;
    book.effect(who, { effect: 'declined', charge, decline, ...news });
    return false;
  }
  intent.status = 'requires_capture';
  intent.capturableMinor = intent.amountMinor;
  intent.authorizedAt = now();
  book.effect(who, { effect: 'authorized', charge, ...news });
  return true;
}

function capture({ book }: GatewayState, who: Asked, intent: HeldIntent, part?: Part): boolean {
  if (intent.status !== 'requires_capture') return false;
  const { amountMinor, isLast } = part ?? { amountMinor: intent.capturableMinor, isLast: true };
  if (amountMinor > intent.capturableMinor || (!isLast && !intent.isInParts)) {
    throw new Error('Stripe capture: 400');
  }
  const rest = isLast ? 0n : intent.capturableMinor - amountMinor;
  const left = rest > 0n && { rest: Number(rest) };
  book.effect(who, { effect: 'captured', ...held(intent, amountMinor), ...left });
  if (rest === 0n) intent.status = 'succeeded';
  intent.capturedMinor += amountMinor;
  intent.capturableMinor = rest;
  return true;
}

function cancel({ book }: GatewayState, who: Asked, intent: HeldIntent): boolean {
  if (['succeeded', 'canceled', 'processing'].includes(intent.status)) return false;
  book.effect(who, { effect: 'canceled', reason: 'requested_by_customer', ...held(intent) });
  letGo(intent);
  return true;
}
