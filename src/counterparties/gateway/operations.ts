/**
 * What the gateway does: Stripe's rules for payment intents and refunds. An operation records
 * effects and returns Stripe's answer, or throws Stripe's error; an effect recorded before the
 * error, such as a decline, stands.
 */
import { z } from 'zod';
import { GENERIC_DECLINE, testCard, type Card } from './cards.ts';
import { answerInTime } from './customer.ts';
import { amount, lapse, metadata, newId, page, theIntent, type Desk } from './desk.ts';
import type { IntentState, Json } from './model.ts';
import { cardDeclined, noSuch, notInParts, tooMuchToCapture } from './problems.ts';
import { unexpectedState, type StripeProblem } from './problems.ts';
import { findRefunds, refundIntent } from './refunds.ts';
import { expandedIntentShape, intentShape, listBefore, listShape } from './shapes.ts';

export type Operation =
  | 'create'
  | 'confirm'
  | 'capture'
  | 'cancel'
  | 'refund'
  | 'retrieve'
  | 'find-refund'
  | 'list-events';

const createParams = z.strictObject({
  amount,
  currency: z
    .string()
    .regex(/^[a-z]{3}$/i, 'must be an ISO currency')
    .toLowerCase(),
  capture_method: z.literal('manual'),
  confirm: z.literal('false').optional(),
  payment_method: z.string().optional(),
  allowed_payment_method_types: z.record(z.string(), z.literal('card')).optional(),
  // As the form has it: what is nested twice stays a name.
  'payment_method_options[card][request_multicapture]': z.literal('if_available').optional(),
  metadata,
});
const confirmParams = z.strictObject({ return_url: z.url().max(2048).optional() });
const captureParams = z.strictObject({
  amount_to_capture: amount.optional(),
  final_capture: z.enum(['true', 'false']).optional(),
});
const noParams = z.strictObject({});
const retrieveParams = z.strictObject({
  expand: z.record(z.string(), z.literal('latest_charge')).optional(),
});
const eventParams = z.strictObject({
  ...page,
  starting_after: z.string().optional(),
  ending_before: z.string().optional(),
});

/** Each takes the parameters as they came, and throws a ZodError when they make no sense. */
export const perform: Readonly<Record<Operation, (desk: Desk, params: unknown) => Json>> = {
  create: createIntent,
  confirm: confirmIntent,
  capture: captureIntent,
  cancel: cancelIntent,
  refund: refundIntent,
  retrieve(desk, params) {
    const { expand } = retrieveParams.parse(params);
    const intent = theIntent(desk);
    answerInTime(desk, intent);
    return expand === undefined
      ? intentShape(intent)
      : expandedIntentShape(intent, desk.authorizationMs);
  },
  'find-refund': findRefunds,
  'list-events': listEvents,
};

function listEvents({ state }: Desk, params: unknown): Json {
  const wanted = eventParams.parse(params);
  const { limit, starting_after: startingAfter, ending_before: endingBefore } = wanted;
  const events = state.events.toReversed();
  if (endingBefore === undefined) return listShape('/v1/events', events, { limit, startingAfter });
  const end = events.findIndex(({ id }) => id === endingBefore);
  if (end === -1) throw noSuch('event', endingBefore, 'ending_before', 400);
  return listBefore('/v1/events', events, { limit, end });
}

function createIntent(desk: Desk, params: unknown): Json {
  const wanted = createParams.parse(params);
  const paymentMethod = wanted.payment_method ?? null;
  const card = paymentMethod === null ? undefined : testCard(paymentMethod);
  if (paymentMethod !== null && card === undefined) {
    throw noSuch('PaymentMethod', paymentMethod, 'payment_method', 400);
  }
  const intent = newId('pi');
  const { amount, metadata } = wanted;
  const isMulti = 'payment_method_options[card][request_multicapture]' in wanted;
  const isOnlyWhole = card?.bank === 'authorizes' && card.isOnlyWhole;
  const inParts = isMulti && !isOnlyWhole && { inParts: true as const };
  desk.record(
    { effect: 'created', intent, amount, paymentMethod, metadata, ...inParts },
    wanted.currency,
  );
  return intentShape(theIntent({ ...desk, intentId: intent }));
}

function confirmIntent(desk: Desk, params: unknown): Json {
  const { return_url: returnUrl } = confirmParams.parse(params);
  const intent = theIntent(desk);
  const { id, amount } = intent;
  const card = bankSays(intent, desk);
  const news = { intent: id, amount };
  switch (card.bank) {
    case 'authorizes':
      desk.record({ effect: 'authorized', ...news, charge: newId('ch') });
      return lapsing(intent, desk);
    case 'asks-the-customer': {
      const url = `${desk.origin}/3ds/${id}`;
      const action = returnUrl === undefined ? null : { url, returnUrl };
      desk.record({ effect: 'action-required', ...news, action });
      return intentShape(intent);
    }
    case 'takes-its-time':
      desk.record({ effect: 'processing', ...news, charge: newId('ch') });
      return intentShape(intent);
    case 'declines':
      desk.record({ effect: 'declined', ...news, charge: newId('ch'), decline: card.decline });
      throw cardDeclined(intent);
  }
}

/** The answer still tells of the hold, which the gateway lets go by itself right after. */
function lapsing(intent: IntentState, desk: Desk): Json {
  const held = intentShape(intent);
  if (desk.meets('lapse')) lapse(intent, desk);
  return held;
}

function bankSays(intent: IntentState, desk: Desk): Card {
  const why = whyNotConfirmed(intent);
  if (why !== undefined) {
    throw unexpectedState(intent, `You cannot confirm this PaymentIntent because ${why}`);
  }
  const decline = { bank: 'declines', decline: GENERIC_DECLINE } as const;
  return desk.meets('decline') ? decline : (testCard(intent.paymentMethod ?? '') ?? decline);
}

function whyNotConfirmed({ status }: IntentState): string | undefined {
  switch (status) {
    case 'requires_confirmation':
      return undefined;
    case 'requires_payment_method':
      return "it's missing a payment method.";
    case 'succeeded':
      return 'it has already succeeded after being previously confirmed.';
    case 'requires_action':
    case 'processing':
    case 'requires_capture':
    case 'canceled':
      return (
        `it has a status of ${status}. Only a PaymentIntent with one of the following statuses ` +
        'may be confirmed: requires_confirmation, requires_action.'
      );
  }
}

function captureIntent(desk: Desk, params: unknown): Json {
  const wanted = captureParams.parse(params);
  const intent = theIntent(desk);
  const isHeld = intent.status === 'requires_capture';
  if (isHeld && (desk.meets('decline') || desk.meets('lapse'))) lapse(intent, desk);
  if (intent.status !== 'requires_capture') throw notCapturable(intent);
  desk.record({ effect: 'captured', intent: intent.id, ...shareOf(intent, wanted) });
  return intentShape(intent);
}

/** How much is captured, and how much stays held then. */
function shareOf(intent: IntentState, wanted: z.infer<typeof captureParams>) {
  const { amount_to_capture: amount = intent.capturable, final_capture: isFinal } = wanted;
  if (amount > intent.capturable) throw tooMuchToCapture(intent);
  if (isFinal === 'false' && !intent.isInParts) throw notInParts();
  const rest = intent.capturable - amount;
  const staysHeld = isFinal === 'false' && rest > 0;
  return { amount, ...(staysHeld && { rest }) };
}

function notCapturable(intent: IntentState): StripeProblem {
  const why =
    intent.status === 'succeeded'
      ? 'it has already been captured.'
      : `it has a status of ${intent.status}. Only a PaymentIntent with one of the following ` +
        'statuses may be captured: requires_capture.';
  return unexpectedState(intent, `This PaymentIntent could not be captured because ${why}`);
}

function cancelIntent(desk: Desk, params: unknown): Json {
  noParams.parse(params);
  const intent = theIntent(desk);
  answerInTime(desk, intent);
  // Stripe cancels what is processing "in rare cases"; here there are none.
  if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
    throw unexpectedState(
      intent,
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a ` +
        'PaymentIntent with one of the following statuses may be canceled: ' +
        'requires_payment_method, requires_capture, requires_confirmation, requires_action.',
    );
  }
  const amount = intent.capturable;
  desk.record({ effect: 'canceled', intent: intent.id, amount, reason: 'requested_by_customer' });
  return intentShape(intent);
}
