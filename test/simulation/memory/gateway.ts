/**
 * The payment gateway in memory: what the Stripe adapter answers over a gateway that keeps Stripe's
 * rules, without the way in between. Test payment methods say what the bank does; the clock forgets
 * keys and lets authorizations lapse. As with the books, no call waits or fails by chance.
 */
import type { PaymentGateway } from '../../../src/activities/ports.ts';
import { GATEWAY_KEY_RETENTION_MS } from '../../../src/domain/keys.ts';
import { answerInTime, customerActs } from './gateway-customer.ts';
import type { Word } from './gateway-customer.ts';
import { createGatewayBook } from './gateway-book.ts';
import type { GatewayLine } from './gateway-book.ts';
import { changeIntent, createIntent } from './gateway-intents.ts';
import { createKeyMemory } from './gateway-keys.ts';
import { findRefund, refundIntent } from './gateway-refunds.ts';
import { asked, shownIntent, theIntent } from './gateway-state.ts';
import type { GatewayState } from './gateway-state.ts';
import { promised } from './promised.ts';

export interface MemoryGateway extends PaymentGateway {
  /** Its own book: every effect, and every request that arrived. */
  readonly lines: readonly GatewayLine[];
  /** The customer, or their bank, answers: false when nobody waits for that. */
  readonly customerActs: (intentId: string, word: Word) => boolean;
}

export interface GatewayOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly keyRetentionMs?: number;
  /** After so long an authorization that was not captured is gone: at banks after a week or so. */
  readonly authorizationMs?: number;
}

export function createMemoryGateway({
  now,
  keyRetentionMs = GATEWAY_KEY_RETENTION_MS,
  authorizationMs = Infinity,
}: GatewayOptions): MemoryGateway {
  let lastId = 0;
  const state: GatewayState = {
    now,
    authorizationMs,
    newId: (prefix) => `${prefix}_${String((lastId += 1)).padStart(8, '0')}`,
    keys: createKeyMemory(now, keyRetentionMs),
    book: createGatewayBook(now),
    intents: new Map(),
  };
  return {
    lines: state.book.lines,
    customerActs: (id, word) => customerActs(state, id, word),
    createIntent: (wanted, call) => promised(() => createIntent(state, wanted, call)),
    confirmIntent: (id, call) => promised(() => changeIntent(state, 'confirm', id, call)),
    captureIntent: (id, call, part) =>
      promised(() => changeIntent(state, 'capture', id, call, part)),
    holdTerms: (id) =>
      promised(() => {
        const who = asked(state, 'retrieve', id);
        const { authorizedAt, isInParts } = theIntent(state, who);
        state.book.request(who, 'executed', 200);
        const before = new Date(authorizedAt + authorizationMs);
        return { ...(authorizationMs < Infinity && { before }), inParts: isInParts };
      }),
    cancelIntent: (id, call) => promised(() => changeIntent(state, 'cancel', id, call)),
    retrieveIntent: (id) =>
      promised(() => {
        const who = asked(state, 'retrieve', id);
        const held = theIntent(state, who);
        answerInTime(state, who, held);
        state.book.request(who, 'executed', 200);
        const { status, chargedAt } = held;
        const isHeld = status === 'requires_capture' || status === 'succeeded';
        const isTold = isHeld && chargedAt !== undefined;
        return { ...shownIntent(held), ...(isTold && { heldAt: new Date(chargedAt) }) };
      }),
    refundIntent: (wanted, call) => promised(() => refundIntent(state, wanted, call)),
    findRefund: (id, call) => promised(() => findRefund(state, id, call)),
  };
}
