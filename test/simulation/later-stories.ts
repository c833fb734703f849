/** Stories by chance whose orders are captured at shipment. */
import fc from 'fast-check';
import { anyStory } from './stories.ts';
import { SHIPPING_ACTS } from './story.ts';
import type { Story } from './story.ts';

// A thousand stories are to take seconds.
const MOST_ORDERS = 2;

/** As any story, but its merchant ships, and nobody asks for a refund. */
function laterStory(shipsAfterSeconds: fc.Arbitrary<number>): fc.Arbitrary<Story> {
  const ship = fc.record({
    call: fc.integer({ min: 1, max: 60 }),
    kind: fc.constantFrom('the merchant ships a part', ...SHIPPING_ACTS),
    order: fc.nat(MOST_ORDERS - 1),
    amount: fc.nat(1),
  });
  return fc
    .record({
      story: anyStory,
      ships: fc.array(ship, { maxLength: 6 }),
      // One in eight has a card that is captured only as a whole.
      isOnlyWhole: fc.nat(7).map((lot) => lot === 7),
      shipsAfterSeconds,
    })
    .map(({ story, ships, isOnlyWhole, shipsAfterSeconds: after }) => ({
      ...story,
      orders: story.orders
        .slice(0, MOST_ORDERS)
        .map((plan) => ({ ...plan, ...(isOnlyWhole && { card: 'pm_card_onlyWhole' }) })),
      shipsAfterSeconds: after,
      acts: [...story.acts.filter(({ kind }) => !kind.startsWith('the client asks')), ...ships],
    }));
}

export const shippedInTime = laterStory(fc.constantFrom(120, 240));

/** Within the window, in its margin, and when it is over; the carrier is gone meanwhile. */
export const carrierDown = laterStory(fc.constantFrom(60, 230, 290, 400, 700)).chain((story) =>
  fc
    .array(fc.record({ call: fc.integer({ min: 5, max: 60 }), times: fc.constantFrom(12, 40) }), {
      maxLength: 3,
    })
    .map((outages) => ({
      ...story,
      authorizationSeconds: 300,
      faults: [
        ...story.faults,
        ...outages.map((outage) => ({ ...outage, kind: 'hangs' as const, seconds: 20 })),
      ],
    })),
);

/** What `npm run simulate` tells: in two of eight the orders are captured at shipment. */
export const ofAnyPolicy: fc.Arbitrary<Story> = fc.oneof(
  { weight: 6, arbitrary: anyStory },
  shippedInTime,
  carrierDown,
);
