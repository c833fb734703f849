/**
 * Stripe-shaped JSON: the fields a shop reads, named and nested as Stripe has them.
 */
import type { Decline } from './cards.ts';
import type { GatewayEffect, IntentState, Json, RefundState } from './model.ts';

export function intentShape(intent: IntentState): Json {
  return {
    id: intent.id,
    object: 'payment_intent',
    amount: intent.amount,
    amount_capturable: intent.capturable,
    amount_received: intent.captured,
    canceled_at: intent.canceledAt === null ? null : seconds(intent.canceledAt),
    cancellation_reason: intent.cancellationReason,
    capture_method: 'manual',
    client_secret: null,
    confirmation_method: 'automatic',
    created: seconds(intent.createdAt),
    currency: intent.currency,
    customer: null,
    last_payment_error: intent.lastDecline === null ? null : declineShape(intent.lastDecline),
    latest_charge: intent.chargeId,
    livemode: false,
    metadata: intent.metadata,
    next_action: intent.status === 'requires_action' ? actionShape(intent) : null,
    payment_method: intent.paymentMethod,
    allowed_payment_method_types: ['card'],
    payment_method_types: ['card'],
    status: intent.status,
  };
}

function actionShape({ action }: IntentState): Json {
  if (action === null) return { type: 'use_stripe_sdk' };
  const { url, returnUrl } = action;
  return { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } };
}

/** With the charge itself in the place of its ID, as `expand[]=latest_charge` asks for. */
export function expandedIntentShape(intent: IntentState, authorizationMs: number): Json {
  const { authorizedAt } = intent;
  const charge = {
    id: intent.chargeId,
    object: 'charge',
    created: seconds(intent.chargedAt ?? intent.createdAt),
    amount_captured: intent.captured,
    // What is pending counts, as Stripe counts it.
    amount_refunded: intent.refunds
      .filter(({ status }) => status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0),
    disputed: false,
    payment_method_details: {
      card: {
        capture_before:
          authorizedAt === null ? null : seconds(authorizedAt) + Math.floor(authorizationMs / 1000),
        multicapture: { status: intent.isInParts ? 'available' : 'unavailable' },
      },
      type: 'card',
    },
  };
  return { ...intentShape(intent), latest_charge: intent.chargeId === null ? null : charge };
}

export function declineShape(decline: Decline): Json {
  return {
    type: 'card_error',
    code: decline.code,
    decline_code: decline.declineCode,
    message: decline.message,
  };
}

export function refundShape(refund: RefundState): Json {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    charge: refund.intent.chargeId,
    created: seconds(refund.createdAt),
    currency: refund.intent.currency,
    metadata: refund.metadata,
    payment_intent: refund.intent.id,
    reason: null,
    receipt_number: null,
    status: refund.status,
  };
}

const EVENT_TYPES: Readonly<Record<GatewayEffect['effect'], string>> = {
  created: 'payment_intent.created',
  authorized: 'payment_intent.amount_capturable_updated',
  'action-required': 'payment_intent.requires_action',
  processing: 'payment_intent.processing',
  declined: 'payment_intent.payment_failed',
  captured: 'payment_intent.succeeded',
  canceled: 'payment_intent.canceled',
  'refund-pending': 'refund.created',
  refunded: 'refund.created',
  'refund-failed': 'refund.failed',
};

/** A capture that leaves something to capture is told as its change. */
function typeOf(effect: GatewayEffect): string {
  const isPart = effect.effect === 'captured' && effect.rest !== undefined;
  return EVENT_TYPES[isPart ? 'authorized' : effect.effect];
}

/** The event that an effect gives, with the object as it was just then. */
export function eventShape(id: string, effect: GatewayEffect, intent: IntentState): Json {
  const refund =
    'refund' in effect ? intent.refunds.find(({ id }) => id === effect.refund) : undefined;
  const isSettled = effect.effect === 'refunded' && refund?.fate === 'later';
  return {
    id,
    object: 'event',
    type: isSettled ? 'refund.updated' : typeOf(effect),
    created: seconds(effect.at),
    data: { object: refund === undefined ? intentShape(intent) : refundShape(refund) },
    livemode: false,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: effect.key },
  };
}

/** Newest first and paged by `starting_after`, as every list of Stripe's. */
export function listShape(
  url: string,
  newestFirst: readonly Json[],
  page: { readonly limit: number; readonly startingAfter: string | undefined },
): Json {
  const previous = newestFirst.findIndex(({ id }) => id === page.startingAfter);
  const data = newestFirst.slice(previous + 1, previous + 1 + page.limit);
  const hasMore = previous + 1 + data.length < newestFirst.length;
  return { object: 'list', url, has_more: hasMore, data };
}

/** The page right before one that is known: those next newer than it, the newest first. */
export function listBefore(
  url: string,
  newestFirst: readonly Json[],
  page: { readonly limit: number; readonly end: number },
): Json {
  const start = Math.max(0, page.end - page.limit);
  return { object: 'list', url, has_more: start > 0, data: newestFirst.slice(start, page.end) };
}

function seconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
