/** Stories by chance, as fast-check draws and shrinks them. */
import fc from 'fast-check';
import { ACTION_SECONDS, ACTS, QUIET } from './story.ts';
import type { OrderPlan, Story } from './story.ts';
import { FAULTS } from './wire.ts';

// An order that goes well takes some 25 calls; what is to happen later than that happens to one
// that is in trouble already.
const CALLS_PER_ORDER = 40;
const MOST_ORDERS = 8;

const anyOrder: fc.Arbitrary<OrderPlan> = fc.record({
  quantities: fc.constantFrom([1, 0], [1, 1], [2, 1], [0, 3]),
  card: fc.oneof(
    { weight: 8, arbitrary: fc.constant('pm_card_visa') },
    fc.constantFrom(
      'pm_card_chargeDeclined',
      'pm_card_pendingRefund',
      'pm_card_refundFail',
      'pm_card_authenticationRequired',
      'pm_card_threeDSecure2Required',
      'pm_card_threeDSecureRequiredChargeDeclined',
      'pm_card_processing',
      'pm_card_processingUnanswered',
      'pm_card_unheardOf',
    ),
  ),
  hasBadAddress: fc.integer({ min: 0, max: 3 }).map((lot) => lot === 3),
  hasVoucher: fc.integer({ min: 0, max: 2 }).map((lot) => lot === 2),
  copies: fc.constantFrom(1, 1, 1, 2, 5),
  customer: fc.record({
    answer: fc.constantFrom('approves', 'approves', 'declines', 'nothing'),
    afterSeconds: fc.constantFrom(1, 20, ACTION_SECONDS - 1, ACTION_SECONDS + 1, 180),
    isHeard: fc.boolean(),
  }),
});

// Once, a few times, until an operator is called, and for half an hour.
const anyTimes = fc.constantFrom(1, 1, 1, 1, 1, 2, 4, 12, 40);

export const anyStory: fc.Arbitrary<Story> = fc
  .array(anyOrder, { minLength: 1, maxLength: MOST_ORDERS })
  .chain((orders) => {
    const call = fc.integer({ min: 1, max: CALLS_PER_ORDER * orders.length });
    const fault = fc.record({
      call,
      kind: fc.constantFrom(...FAULTS),
      seconds: fc.constantFrom(1, 5, 12, 20, 60),
      times: anyTimes,
    });
    const act = fc.record({
      call,
      kind: fc.constantFrom(...ACTS),
      order: fc.nat(orders.length - 1),
      amount: fc.constantFrom(1, 3, 12, 60, 999),
    });
    return fc.record({
      seed: fc.nat(),
      orders: fc.constant(orders),
      faults: fc.array(fault, { maxLength: 3 * orders.length }),
      acts: fc.array(act, { maxLength: 2 * orders.length }),
      stock: fc.constantFrom(100, 100, 100, 4),
      voucherUses: fc.constantFrom(100, 1, 2),
      operator: fc.constantFrom<Story['operator'][]>(
        ...(['nothing', 'nothing', 'retry', 'mark-done', 'skip', 'refuse'] as const),
      ),
      keyRetentionSeconds: fc.constantFrom(QUIET.keyRetentionSeconds, 120),
      authorizationSeconds: fc.constantFrom(QUIET.authorizationSeconds, 300),
      tells: fc.boolean(),
    });
  });
