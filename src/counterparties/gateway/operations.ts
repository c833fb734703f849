/**
 * What the gateway does: Stripe's rules for payment intents and refunds. An operation records
 * effects and returns Stripe's answer, or throws Stripe's error; an effect recorded before the
 * error, such as a decline, stands.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { GENERIC_DECLINE, testCard, type Card } from './cards.ts';
import type { GatewayEffect, IntentState, Json } from './model.ts';
import { cardDeclined, noSuch, refundRefused, unexpectedState } from './problems.ts';
import { intentShape, listShape, refundShape } from './shapes.ts';
import type { GatewayState } from './state.ts';

export const OPERATIONS = [
  'create',
  'confirm',
  'capture',
  'cancel',
  'refund',
  'retrieve',
  'find-refund',
  'list-events',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What an effect says for itself; the rest of its line is the same for the whole request. */
type News = GatewayEffect extends infer Effect
  ? Effect extends GatewayEffect
    ? Omit<Effect, 'kind' | 'at' | 'operation' | 'orderId' | 'requestId' | 'key' | 'currency'>
    : never
  : never;

export interface Desk {
  readonly state: GatewayState;
  /** The intent that the path or the parameters name. */
  readonly intentId: string | undefined;
  /** Whether the fault plan has the bank say no, whatever the card; asking counts as a hit. */
  declines(): boolean;
  /** Currency is the intent's, save for the effect that creates it. */
  record(effect: News, currency?: string): void;
}

const amount = z
  .string()
  .regex(/^[1-9]\d{0,7}$/, 'must be a positive integer')
  .transform(Number);
const metadata = z.record(z.string(), z.string()).default({});
const page = { limit: z.coerce.number().int().min(1).max(100).default(10) };

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
  metadata,
});
const noParams = z.strictObject({});
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
const eventParams = z.strictObject({ ...page, starting_after: z.string().optional() });

/** Each takes the parameters as they came, and throws a ZodError when they make no sense. */
export const perform: Readonly<Record<Operation, (desk: Desk, params: unknown) => Json>> = {
  create: createIntent,
  confirm: confirmIntent,
  capture: captureIntent,
  cancel: cancelIntent,
  refund: refundIntent,
  retrieve(desk, params) {
    noParams.parse(params);
    return intentShape(theIntent(desk));
  },
  'find-refund'(desk, params) {
    const { limit, starting_after: startingAfter } = findRefundParams.parse(params);
    const refunds = theIntent(desk, 'payment_intent').refunds.map(refundShape).reverse();
    return listShape('/v1/refunds', refunds, { limit, startingAfter });
  },
  'list-events'({ state }, params) {
    const { limit, starting_after: startingAfter } = eventParams.parse(params);
    return listShape('/v1/events', [...state.events].reverse(), { limit, startingAfter });
  },
};

function createIntent(desk: Desk, params: unknown): Json {
  const wanted = createParams.parse(params);
  const paymentMethod = wanted.payment_method ?? null;
  if (paymentMethod !== null && testCard(paymentMethod) === undefined) {
    throw noSuch('PaymentMethod', paymentMethod, 'payment_method', 400);
  }
  const intent = newId('pi');
  desk.record(
    { effect: 'created', intent, amount: wanted.amount, paymentMethod, metadata: wanted.metadata },
    wanted.currency,
  );
  return intentShape(theIntent({ ...desk, intentId: intent }));
}

function confirmIntent(desk: Desk, params: unknown): Json {
  noParams.parse(params);
  const intent = theIntent(desk);
  const { id, amount } = intent;
  const card = bankSays(intent, desk);
  switch (card.bank) {
    case 'authorizes':
      desk.record({ effect: 'authorized', intent: id, amount, charge: newId('ch') });
      return intentShape(intent);
    case 'asks-the-customer':
      desk.record({ effect: 'action-required', intent: id, amount });
      return intentShape(intent);
    case 'declines':
      desk.record({
        effect: 'declined',
        intent: id,
        amount,
        charge: newId('ch'),
        decline: card.decline,
      });
      throw cardDeclined(intent);
  }
}

function bankSays(intent: IntentState, desk: Desk): Card {
  const why = whyNotConfirmed(intent);
  if (why !== undefined) {
    throw unexpectedState(intent, `You cannot confirm this PaymentIntent because ${why}`);
  }
  const decline = { bank: 'declines', decline: GENERIC_DECLINE } as const;
  return desk.declines() ? decline : (testCard(intent.paymentMethod ?? '') ?? decline);
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
    case 'requires_capture':
    case 'canceled':
      return (
        `it has a status of ${status}. Only a PaymentIntent with one of the following statuses ` +
        'may be confirmed: requires_confirmation, requires_action.'
      );
  }
}

function captureIntent(desk: Desk, params: unknown): Json {
  noParams.parse(params);
  const intent = theIntent(desk);
  if (intent.status === 'requires_capture' && desk.declines()) {
    // An authorization that was not captured in time: Stripe cancels the intent by itself.
    const amount = intent.capturable;
    desk.record({ effect: 'canceled', intent: intent.id, amount, reason: 'automatic' });
  }
  if (intent.status !== 'requires_capture') {
    const why =
      intent.status === 'succeeded'
        ? 'it has already been captured.'
        : `it has a status of ${intent.status}. Only a PaymentIntent with one of the following ` +
          'statuses may be captured: requires_capture.';
    throw unexpectedState(intent, `This PaymentIntent could not be captured because ${why}`);
  }
  desk.record({ effect: 'captured', intent: intent.id, amount: intent.capturable });
  return intentShape(intent);
}

function cancelIntent(desk: Desk, params: unknown): Json {
  noParams.parse(params);
  const intent = theIntent(desk);
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw unexpectedState(
      intent,
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a ` +
        'PaymentIntent with one of the following statuses may be canceled: ' +
        'requires_payment_method, requires_capture, requires_confirmation, requires_action, ' +
        'processing.',
    );
  }
  const amount = intent.capturable;
  desk.record({ effect: 'canceled', intent: intent.id, amount, reason: 'requested_by_customer' });
  return intentShape(intent);
}

function refundIntent(desk: Desk, params: unknown): Json {
  const wanted = refundParams.parse(params);
  const intent = theIntent(desk, 'payment_intent');
  if (intent.status !== 'succeeded') {
    throw refundRefused(
      `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
    );
  }
  const left = intent.captured - intent.refunds.reduce((sum, refund) => sum + refund.amount, 0);
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
  const refund = newId('re');
  const { metadata } = wanted;
  desk.record({ effect: 'refunded', intent: intent.id, amount, refund, metadata });
  const made = intent.refunds.at(-1);
  if (made === undefined) throw new Error('Bug: the refund was not recorded');
  return refundShape(made);
}

function theIntent({ state, intentId = '' }: Desk, param = 'intent'): IntentState {
  const intent = state.intents.get(intentId);
  if (intent === undefined) throw noSuch('payment_intent', intentId, param);
  return intent;
}

function newId(prefix: 'pi' | 'ch' | 're'): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}
