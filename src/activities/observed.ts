/**
 * The parties outside, each call timed and its answer counted: what a party does not say for certain
 * shows here before any order is in trouble. Counted are answers, not orders; labels are few and fixed.
 */
import { Refusal, Unavailable } from '../domain/wrong.ts';
import type { Carrier, Mailer, PaymentGateway } from './ports.ts';

type Party = 'gateway' | 'carrier' | 'mail';

export interface Tally {
  called(call: Call & { readonly outcome: Outcome }, seconds: number): void;
  /** An answer left open what has happened. */
  unknown(call: Call): void;
  /** How that was found out: by a look, or by asking for the same again under the same name. */
  resolved(call: Call, how: 'found done' | 'found not done' | 'asked again'): void;
}

interface Call {
  readonly party: Party;
  readonly operation: string;
}

/** `refused` is the business saying no; a card that is declined is an answer like others. */
type Outcome = 'answered' | 'refused' | 'unknown' | 'bug';

export interface Watch {
  readonly tally: Tally;
  /** Whether the step that calls was tried before. */
  readonly isRepeated: () => boolean;
}

export function observeGateway(
  gateway: PaymentGateway,
  { tally, isRepeated }: Watch,
): PaymentGateway {
  const seen = <Answer>(operation: string, call: () => Promise<Answer>) =>
    observe(tally, { party: 'gateway', operation }, call);
  return {
    createIntent(...args) {
      // An intent that nobody knows of moves no money, so nobody looks for it.
      if (isRepeated()) tally.resolved({ party: 'gateway', operation: 'create' }, 'asked again');
      return seen('create', () => gateway.createIntent(...args));
    },
    confirmIntent: (...args) => seen('confirm', () => gateway.confirmIntent(...args)),
    captureIntent: (...args) => seen('capture', () => gateway.captureIntent(...args)),
    cancelIntent: (...args) => seen('cancel', () => gateway.cancelIntent(...args)),
    holdTerms: (...args) => seen('retrieve', () => gateway.holdTerms(...args)),
    retrieveIntent: (...args) => seen('retrieve', () => gateway.retrieveIntent(...args)),
    refundIntent: (...args) => seen('refund', () => gateway.refundIntent(...args)),
    findRefund: (...args) => seen('find refund', () => gateway.findRefund(...args)),
  };
}

export function observeCarrier(carrier: Carrier, watch: Watch): Carrier {
  const seen = <Answer>(operation: string, call: () => Promise<Answer>) =>
    observeRepeatable(watch, { party: 'carrier', operation }, call);
  return {
    requestShipment: (...args) => seen('request', () => carrier.requestShipment(...args)),
    cancelShipment: (...args) => seen('cancel', () => carrier.cancelShipment(...args)),
  };
}

export function observeMailer(mailer: Mailer, watch: Watch): Mailer {
  const call = { party: 'mail', operation: 'send' } as const;
  return { send: (...args) => observeRepeatable(watch, call, () => mailer.send(...args)) };
}

/** What goes under a name of our own is not looked for, but asked for again. */
function observeRepeatable<Answer>(
  { tally, isRepeated }: Watch,
  named: Call,
  call: () => Promise<Answer>,
): Promise<Answer> {
  if (isRepeated()) tally.resolved(named, 'asked again');
  return observe(tally, named, call);
}

async function observe<Answer>(
  tally: Tally,
  named: Call,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const began = performance.now();
  const called = (outcome: Outcome) =>
    tally.called({ ...named, outcome }, (performance.now() - began) / 1_000);
  try {
    const answer = await call();
    called('answered');
    return answer;
  } catch (error) {
    called(outcomeOf(error));
    if (error instanceof Unavailable) tally.unknown(named);
    throw error;
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Refusal) return 'refused';
  return error instanceof Unavailable ? 'unknown' : 'bug';
}
