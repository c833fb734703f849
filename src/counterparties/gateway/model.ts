/**
 * The gateway's things: intents and refunds as it holds them, and the lines of its book. The
 * effects are what the checker counts money by, so each names its order, intent and amount.
 */
import type { EffectLine, RequestLine } from '../book.ts';
import type { Decline, RefundFate } from './cards.ts';

export type Json = Readonly<Record<string, unknown>>;

type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'canceled'
  | 'succeeded';

type Metadata = Readonly<Record<string, string>>;

export interface IntentState {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Metadata;
  readonly createdAt: string;
  status: IntentStatus;
  paymentMethod: string | null;
  chargeId: string | null;
  capturable: number;
  captured: number;
  authorizedAt: string | null;
  readonly isInParts: boolean;
  canceledAt: string | null;
  cancellationReason: string | null;
  lastDecline: Decline | null;
  /** Where the customer confirms it, and where they go from there; null without a return_url. */
  action: Action | null;
  /** When the bank was asked, or has held the money. */
  chargedAt: string | null;
  readonly refunds: RefundState[];
}

interface Action {
  readonly url: string;
  readonly returnUrl: string;
}

export interface RefundState {
  readonly id: string;
  readonly intent: IntentState;
  readonly amount: number;
  readonly metadata: Metadata;
  readonly createdAt: string;
  status: 'pending' | 'succeeded' | 'failed';
  /** What becomes of it while it is pending. */
  readonly fate: RefundFate;
}

/** What an effect line says besides its kind; amounts in minor units, currency as Stripe has it. */
interface Moved extends EffectLine {
  readonly key: string | null;
  readonly intent: string;
  readonly amount: number;
  readonly currency: string;
}

export type GatewayEffect = Moved &
  (
    | {
        readonly effect: 'created';
        readonly paymentMethod: string | null;
        readonly metadata: Metadata;
        /** It may be captured in parts. */
        readonly inParts?: true;
      }
    | { readonly effect: 'authorized'; readonly charge: string }
    | { readonly effect: 'action-required'; readonly action?: Action | null }
    | { readonly effect: 'processing'; readonly charge: string }
    | { readonly effect: 'declined'; readonly charge: string; readonly decline: Decline }
    // `rest`: what is still held after a part of it was captured.
    | { readonly effect: 'captured'; readonly rest?: number }
    // `amount` is the hold that was let go: 0 when nothing was held.
    | { readonly effect: 'canceled'; readonly reason: string }
    // Nothing has moved yet, but the amount can be refunded by nobody else.
    | {
        readonly effect: 'refund-pending';
        readonly refund: string;
        readonly metadata: Metadata;
        readonly fate: RefundFate;
      }
    | { readonly effect: 'refunded'; readonly refund: string; readonly metadata: Metadata }
    | { readonly effect: 'refund-failed'; readonly refund: string }
  );

/** One request as received; `params` is a hash, so that the book tells repeats from changes. */
export interface GatewayRequest extends RequestLine {
  readonly key: string | null;
  readonly intent: string | null;
  readonly path: string;
  readonly params: string;
  readonly status: number | null;
  /** The stored answer of a key, so that it survives a restart. */
  readonly answer: Json | null;
}
