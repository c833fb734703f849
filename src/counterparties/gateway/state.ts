/**
 * What the gateway holds: intents, refunds and events. It changes by effects alone, so that
 * replaying the book gives the same state again; what may happen when is decided in operations.ts.
 */
import type { GatewayEffect, IntentState, Json, RefundState } from './model.ts';
import { eventShape } from './shapes.ts';

// Hours of a busy shop, for a reconciler that was away; a load test must not fill the memory.
const EVENTS_KEPT = 20_000;

export interface GatewayState {
  readonly intents: ReadonlyMap<string, IntentState>;
  /** Newest last. */
  readonly events: readonly Json[];
  /** Answers the event that tells of it. */
  apply(effect: GatewayEffect): Json;
}

export function createGatewayState(): GatewayState {
  const intents = new Map<string, IntentState>();
  const events: Json[] = [];
  let eventCount = 0;
  return {
    intents,
    events,
    apply(effect) {
      const intent = effect.effect === 'created' ? newIntent(effect) : intents.get(effect.intent);
      if (intent === undefined) throw new Error(`Bug: the book lacks ${effect.intent}`);
      intents.set(intent.id, intent);
      change(intent, effect);
      eventCount += 1;
      const event = eventShape(`evt_${String(eventCount).padStart(12, '0')}`, effect, intent);
      events.push(event);
      if (events.length > EVENTS_KEPT) events.shift();
      return event;
    },
  };
}

type Of<Kind extends GatewayEffect['effect']> = Extract<GatewayEffect, { effect: Kind }>;

function newIntent(effect: Of<'created'>): IntentState {
  return {
    id: effect.intent,
    amount: effect.amount,
    currency: effect.currency,
    metadata: effect.metadata,
    createdAt: effect.at,
    status: effect.paymentMethod === null ? 'requires_payment_method' : 'requires_confirmation',
    paymentMethod: effect.paymentMethod,
    chargeId: null,
    capturable: 0,
    captured: 0,
    authorizedAt: null,
    isInParts: effect.inParts === true,
    canceledAt: null,
    cancellationReason: null,
    lastDecline: null,
    action: null,
    chargedAt: null,
    refunds: [],
  };
}

function change(intent: IntentState, effect: GatewayEffect): void {
  if ('refund' in effect) {
    changeRefund(intent, effect);
    return;
  }
  switch (effect.effect) {
    case 'created':
      return;
    case 'authorized':
      intent.status = 'requires_capture';
      intent.chargeId = effect.charge;
      intent.chargedAt ??= effect.at;
      intent.capturable = effect.amount;
      intent.authorizedAt = effect.at;
      intent.lastDecline = null;
      return;
    case 'action-required':
    case 'processing':
      wait(intent, effect);
      return;
    case 'declined':
      intent.status = 'requires_payment_method';
      intent.paymentMethod = null;
      intent.chargeId = effect.charge;
      intent.chargedAt = effect.at;
      intent.lastDecline = effect.decline;
      return;
    case 'captured':
      capture(intent, effect);
      return;
    case 'canceled':
      intent.status = 'canceled';
      intent.capturable = 0;
      intent.canceledAt = effect.at;
      intent.cancellationReason = effect.reason;
  }
}

function capture(intent: IntentState, { amount, rest = 0 }: Of<'captured'>): void {
  intent.captured += amount;
  intent.capturable = rest;
  if (rest === 0) intent.status = 'succeeded';
}

function wait(intent: IntentState, effect: Of<'action-required' | 'processing'>): void {
  if (effect.effect === 'action-required') {
    intent.status = 'requires_action';
    intent.action = effect.action ?? null;
    return;
  }
  intent.status = 'processing';
  intent.chargeId = effect.charge;
  intent.chargedAt = effect.at;
}

function changeRefund(
  intent: IntentState,
  effect: Of<'refund-pending' | 'refunded' | 'refund-failed'>,
): void {
  const { refund: id, amount, at: createdAt } = effect;
  const pending = intent.refunds.find((refund) => refund.id === id);
  if (pending !== undefined) {
    pending.status = effect.effect === 'refunded' ? 'succeeded' : 'failed';
    return;
  }
  if (effect.effect === 'refund-failed') throw new Error(`Bug: the book lacks ${id}`);
  const [status, fate]: [RefundState['status'], RefundState['fate']] =
    effect.effect === 'refunded' ? ['succeeded', 'at-once'] : ['pending', effect.fate];
  intent.refunds.push({ id, intent, amount, metadata: effect.metadata, createdAt, status, fate });
}
