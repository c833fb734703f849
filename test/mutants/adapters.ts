/** Bugs of the adapters: what an answer means, what is asked again, and what is written down. */
import type { Mutant } from './mutant.ts';
import { GATEWAY } from './suites.ts';

const stripe = 'src/adapters/stripe/index.ts';
const trouble = 'src/adapters/stripe/trouble.ts';

export const ADAPTER_MUTANTS: readonly Mutant[] = [
  {
    name: 'A key in use is a bug.',
    file: trouble,
    find: '[408, 409, 429]',
    replace: '[408, 429]',
    caughtBy: GATEWAY,
  },
  {
    name: 'An error of the server is a bug.',
    file: trouble,
    find: 'isSilent || statusCode >= 500 || NOT_NOW',
    replace: 'isSilent || NOT_NOW',
    caughtBy: GATEWAY,
  },
  {
    name: 'A replayed answer is taken for how things are.',
    file: stripe,
    find: 'if (isReplay(answer.lastResponse.headers)) {',
    replace: 'if (isReplay(answer.lastResponse.headers) && intentId === operation) {',
    caughtBy: GATEWAY,
  },
  {
    name: 'An intent is created without a key.',
    file: stripe,
    find: '{ idempotencyKey: key, timeout: timeoutMs },',
    replace: '{ idempotencyKey: `${key}-${Math.random()}`, timeout: timeoutMs },',
    caughtBy: GATEWAY,
  },
  {
    name: 'An answer that was lost is not looked up.',
    file: stripe,
    find: 'if (isPast(operation, intent, part)) {',
    replace: 'if (isPast(operation, intent, part) && intentId === operation) {',
    caughtBy: GATEWAY,
  },
  {
    name: 'A refund is a float.',
    file: stripe,
    find: `        amount: Number(amount.amountMinor),
        metadata: { order_id: orderId`,
    replace: `        amount: Number(amount.amountMinor) / 100,
        metadata: { order_id: orderId`,
    caughtBy: GATEWAY,
  },
  {
    name: 'A refund does not remember its key.',
    file: stripe,
    find: 'metadata: { order_id: orderId, idempotency_key: key },',
    replace: 'metadata: { order_id: orderId },',
    caughtBy: GATEWAY,
  },
  {
    name: 'A decline is not known from a mistake.',
    file: trouble,
    find: `if (rawType === 'card_error') return 'declined';`,
    replace: `if (rawType === 'card_error') return 'bug';`,
    caughtBy: GATEWAY,
  },
  {
    name: 'Only the first page of refunds is searched.',
    file: stripe,
    find: 'if (!page.has_more || after === undefined) return undefined;',
    replace: 'return undefined;',
    caughtBy: GATEWAY,
  },
];
