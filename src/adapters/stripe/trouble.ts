/**
 * What an error of Stripe's means here: the bank declined, the intent was elsewhere, nobody knows,
 * or there is a bug. Only codes are told on, never Stripe's message: it can quote a key or a name.
 */
import Stripe from 'stripe';
import { retryAfterMs, Unavailable } from '../../domain/wrong.ts';
import { WrongAnswer } from './answers.ts';
import { isReplay } from './connection.ts';

export interface Trouble {
  readonly kind: 'declined' | 'unexpected-state' | 'ambiguous' | 'wrong-answer' | 'bug';
  readonly told: string;
  readonly code: string | undefined;
  /** The parameter that Stripe found wrong. */
  readonly param: string | undefined;
  readonly declineCode: string | undefined;
  /** The intent as it is after a decline, when Stripe sent it along. */
  readonly intent: unknown;
  readonly retryAfterMs: number | undefined;
}

/** Codes by which Stripe says that the intent is not where the operation needs it. */
const ELSEWHERE: readonly unknown[] = [
  'payment_intent_unexpected_state',
  'charge_already_captured',
  'charge_expired_for_capture',
];

/** Statuses that leave open what happened, or promise that a later attempt may do. */
const NOT_NOW: readonly unknown[] = [408, 409, 429];

/** What is neither Stripe's error nor an answer of its was thrown on purpose, and is passed on. */
export function judge(error: unknown): Trouble {
  if (error instanceof WrongAnswer) return { ...NOTHING_SAID, told: error.message };
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { code, param, decline_code: declineCode, headers = {} } = error;
  return {
    kind: kindOf(error),
    told: tell(error),
    code,
    param,
    declineCode: declineCode === '' ? code : (declineCode ?? code),
    intent: isReplay(headers) ? undefined : error.payment_intent,
    retryAfterMs: retryAfterMs(headers['retry-after']),
  };
}

const NOTHING_SAID = {
  kind: 'wrong-answer',
  code: undefined,
  param: undefined,
  declineCode: undefined,
  intent: undefined,
  retryAfterMs: undefined,
} as const;

export function unavailable(operation: string, trouble: Trouble, besides = ''): Unavailable {
  const { retryAfterMs } = trouble;
  return new Unavailable(words(operation, trouble) + besides, { retryAfterMs });
}

export function bug(operation: string, trouble: Trouble): Error {
  return new Error(words(operation, trouble));
}

function words(operation: string, { told }: Trouble): string {
  return `Stripe ${operation}: ${told}`;
}

function kindOf(error: Stripe.errors.StripeError): Trouble['kind'] {
  const { statusCode, rawType, code } = error;
  if (rawType === 'card_error') return 'declined';
  if (ELSEWHERE.includes(code)) return 'unexpected-state';
  const isSilent = error instanceof Stripe.errors.StripeConnectionError || statusCode === undefined;
  if (isSilent || statusCode >= 500 || NOT_NOW.includes(statusCode)) return 'ambiguous';
  return rawType === 'api_error' || code === 'lock_timeout' ? 'ambiguous' : 'bug';
}

function tell({ statusCode, rawType, code, param, detail }: Stripe.errors.StripeError): string {
  if (statusCode !== undefined) {
    return [statusCode, rawType, code, param].filter((part) => part !== undefined).join(' ');
  }
  const isLate = detail instanceof Error && 'code' in detail && detail.code === 'ETIMEDOUT';
  return isLate ? 'no answer in time' : 'no whole answer';
}
