/**
 * Stripe's test payment methods, as many as a shop needs: the name decides what the bank says.
 * https://docs.stripe.com/testing lists them.
 */
export interface Decline {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

/** Whether a refund is paid at once, later, or in the end not at all. */
export type RefundFate = 'at-once' | 'later' | 'never';

export type Card =
  | {
      readonly bank: 'authorizes';
      readonly refunds: RefundFate;
      /** What is held is captured once, or not at all. */
      readonly isOnlyWhole?: true;
    }
  /** What the bank says once the customer has confirmed it. */
  | { readonly bank: 'asks-the-customer'; readonly then: 'authorizes' | 'declines' }
  /** It answers in its own time, or not before it is told to. */
  | { readonly bank: 'takes-its-time'; readonly then: 'authorizes' | 'declines' | 'nothing' }
  | { readonly bank: 'declines'; readonly decline: Decline };

const authorizes: Card = { bank: 'authorizes', refunds: 'at-once' };

function declines(declineCode: string, code = 'card_declined'): Card {
  const why = declineCode === 'insufficient_funds' ? 'has insufficient funds' : 'was declined';
  return { bank: 'declines', decline: { code, declineCode, message: `Your card ${why}.` } };
}

export const GENERIC_DECLINE: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
};

/** The customer could not prove who they are, or would not. */
export const NOT_CONFIRMED: Decline = {
  code: 'payment_intent_authentication_failure',
  declineCode: null,
  message: 'The provided PaymentMethod has failed authentication.',
};

const asks: Card = { bank: 'asks-the-customer', then: 'authorizes' };

const CARDS: Readonly<Record<string, Card>> = {
  pm_card_visa: authorizes,
  pm_card_mastercard: authorizes,
  pm_card_amex: authorizes,
  // Stripe has it for whole networks and countries.
  pm_card_onlyWhole: { bank: 'authorizes', refunds: 'at-once', isOnlyWhole: true },
  pm_card_pendingRefund: { bank: 'authorizes', refunds: 'later' },
  // Stripe's has succeeded at first; this one is pending, as refunds at most banks are.
  pm_card_refundFail: { bank: 'authorizes', refunds: 'never' },
  pm_card_authenticationRequired: asks,
  pm_card_threeDSecure2Required: asks,
  pm_card_threeDSecureRequired: asks,
  pm_card_threeDSecureRequiredChargeDeclined: { bank: 'asks-the-customer', then: 'declines' },
  // Stripe has no card like these three: they stand for methods whose bank answers later.
  pm_card_processing: { bank: 'takes-its-time', then: 'authorizes' },
  pm_card_processingDeclined: { bank: 'takes-its-time', then: 'declines' },
  pm_card_processingUnanswered: { bank: 'takes-its-time', then: 'nothing' },
  pm_card_chargeDeclined: declines('generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: declines('insufficient_funds'),
  pm_card_chargeDeclinedLostCard: declines('lost_card'),
  pm_card_chargeDeclinedStolenCard: declines('stolen_card'),
  pm_card_chargeDeclinedExpiredCard: declines('expired_card', 'expired_card'),
  pm_card_chargeDeclinedProcessingError: declines('processing_error', 'processing_error'),
};

/** Stripe spells the declining cards both with and without the brand. */
export function testCard(paymentMethod: string): Card | undefined {
  const name = paymentMethod.replace('pm_card_visa_', 'pm_card_');
  return Object.hasOwn(CARDS, name) ? CARDS[name] : undefined;
}
