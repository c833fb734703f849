/** What the customer and their bank say of a payment that waits for them, at the gateway in memory. */
import {
  GENERIC_DECLINE,
  NOT_CONFIRMED,
  testCard,
} from '../../../src/counterparties/gateway/cards.ts';
import type { Asked } from './gateway-book.ts';
import { asked, held } from './gateway-state.ts';
import type { GatewayState, HeldIntent } from './gateway-state.ts';

export type Word = 'approve' | 'decline';

/** False when there is nothing to answer, or not any more. */
export function customerActs(state: GatewayState, id: string, word: Word): boolean {
  const intent = state.intents.get(id);
  if (intent?.status !== 'requires_action' && intent?.status !== 'processing') return false;
  answer(state, asked(state, 'customer', id), intent, word);
  return true;
}

// As the stand-in's bank.
const PROCESSING_MS = 1_000;

/** The bank answers in its own time; here that is whenever somebody looks after that time. */
export function answerInTime(state: GatewayState, who: Asked, intent: HeldIntent): void {
  const card = testCard(intent.paymentMethod);
  if (intent.status !== 'processing' || card?.bank !== 'takes-its-time') return;
  if (card.then === 'nothing' || state.now() - (intent.chargedAt ?? 0) < PROCESSING_MS) return;
  answer(state, who, intent, card.then === 'declines' ? 'decline' : 'approve');
}

function answer(state: GatewayState, who: Asked, intent: HeldIntent, word: Word): void {
  const { book, newId, now } = state;
  const card = testCard(intent.paymentMethod);
  const news = { ...held(intent, intent.amountMinor), charge: newId('ch') };
  const isDeclined = card?.bank === 'asks-the-customer' && card.then === 'declines';
  if (word === 'decline' || isDeclined) {
    const isOwn = word === 'decline' && intent.status === 'requires_action';
    const decline = isOwn ? NOT_CONFIRMED : GENERIC_DECLINE;
    intent.status = 'requires_payment_method';
    intent.declineCode = decline.declineCode ?? decline.code;
    book.settle(who, { effect: 'declined', decline, ...news });
    return;
  }
  intent.status = 'requires_capture';
  intent.capturableMinor = intent.amountMinor;
  intent.authorizedAt = now();
  intent.chargedAt ??= now();
  book.settle(who, { effect: 'authorized', ...news });
}
