/** What the gateway in memory holds, and how it is found and shown. */
import type { Intent } from '../../../src/activities/ports.ts';
import type { RefundFate } from '../../../src/counterparties/gateway/cards.ts';
import { amount } from '../../../src/counterparties/gateway/desk.ts';
import type { Asked, GatewayBook } from './gateway-book.ts';
import type { KeyMemory, Made } from './gateway-keys.ts';

export interface GatewayState {
  readonly now: () => number;
  readonly authorizationMs: number;
  readonly newId: (prefix: 'pi' | 'ch' | 're') => string;
  readonly keys: KeyMemory;
  readonly book: GatewayBook;
  readonly intents: Map<string, HeldIntent>;
}

export interface HeldIntent {
  readonly id: string;
  readonly orderId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly paymentMethod: string;
  readonly isInParts: boolean;
  status: Intent['status'];
  authorizedAt: number;
  /** When the bank was asked. */
  chargedAt: number | undefined;
  capturableMinor: bigint;
  capturedMinor: bigint;
  declineCode: string | undefined;
  /** Where the customer comes back to, once one was named. */
  returnUrl: string | undefined;
  readonly refunds: HeldRefund[];
}

export interface HeldRefund {
  readonly id: string;
  readonly amountMinor: bigint;
  readonly key: string;
  readonly createdAt: number;
  readonly fate: RefundFate;
  status: 'pending' | 'succeeded' | 'failed';
}

export function asked(
  { intents }: GatewayState,
  operation: string,
  intentId: string,
  key: string | null = null,
): Asked {
  const { orderId = null, requestId = null } = intents.get(intentId) ?? {};
  const isRefund = operation === 'refund' || operation === 'find-refund';
  const ending = operation === 'retrieve' ? '' : `/${operation}`;
  const path = isRefund ? '/v1/refunds' : `/v1/payment_intents/${intentId}${ending}`;
  return { operation, orderId, requestId, key, path, params: '', intent: intentId };
}

/** As it is now: an authorization that has lapsed meanwhile is cancelled by the gateway itself. */
export function theIntent(state: GatewayState, who: Asked): HeldIntent {
  const { book, intents, keys, now, authorizationMs } = state;
  const intent = intents.get(who.intent ?? '');
  if (intent === undefined) {
    book.request(who, 'executed', 404);
    if (who.key !== null) keys.remember(who.key, who.path, who.params, { kind: 'unknown' });
    throw new Error(`Stripe ${who.operation}: 404 resource_missing`);
  }
  const hasLapsed = now() - intent.authorizedAt >= authorizationMs;
  if (intent.status === 'requires_capture' && hasLapsed) {
    book.settle(who, { effect: 'canceled', reason: 'automatic', ...held(intent) });
    letGo(intent);
  }
  return intent;
}

/** The gateway's limits come before anything else, and its key memory keeps nothing of them. */
export function isAmount(amountMinor: bigint): boolean {
  return amount.safeParse(amountMinor.toString()).success;
}

export function letGo(intent: HeldIntent): void {
  intent.status = 'canceled';
  intent.capturableMinor = 0n;
}

/** What was made under this key before. Another request under it is written down, and is a bug. */
export function madeBefore(
  { book, keys }: GatewayState,
  who: Asked & { readonly key: string },
): Made | undefined {
  try {
    return keys.find(who.key, who.path, who.params);
  } catch (error) {
    book.request(who, 'refused', 400);
    throw error;
  }
}

export function shownIntent(intent: HeldIntent): Intent {
  const { id, status, amountMinor, currency, capturableMinor, capturedMinor } = intent;
  const { declineCode, returnUrl } = intent;
  const amount = { amountMinor, currency };
  const asks = status === 'requires_action' && returnUrl !== undefined;
  return {
    ...{ id, status, amount, capturableMinor, capturedMinor },
    ...(declineCode !== undefined && { declineCode }),
    ...(asks && { actionUrl: `https://bank.example/3ds/${id}` }),
  };
}

/** What every effect says of its intent, with an amount of its own or with what is held. */
export function held(intent: HeldIntent, amountMinor = intent.capturableMinor) {
  const { id, currency } = intent;
  return { intent: id, amount: Number(amountMinor), currency: currency.toLowerCase() };
}
