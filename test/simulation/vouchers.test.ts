/**
 * Two hundred buyers and a voucher that one of them may use: at whatever moment each of them comes,
 * pays, fails or changes their mind, and whatever goes wrong meanwhile. `npm run simulate:claims`
 * tells it a thousand times, this a part of that.
 */
import assert from 'node:assert/strict';
import { Random } from './random.ts';
import { ACTS, QUIET, SMOOTH } from './story.ts';
import type { Story } from './story.ts';
import { tell } from './tell.ts';
import { inWords } from './telling.ts';
import { withoutTraces } from './traces.ts';
import { FAULTS } from './wire.ts';

const BUYERS = 200;
const SEEDS = Number(process.env['SEEDS'] ?? 32);
const PARTS = 4;
// By then all have placed their orders, and most of the calls of those who did are made.
const CALLS = 600;
const TROUBLES = 6;

const CARDS = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined'];

/** Nobody works until all orders are placed, so that nobody is told beforehand that it is too late. */
const TOGETHER = { call: 1, kind: 'all workers are gone', order: 0, amount: 2 } as const;

function storyOf(seed: number): Story {
  const random = new Random(seed);
  const isQuiet = seed % 4 === 0;
  const some = <T>(make: () => T) => Array.from({ length: isQuiet ? 0 : TROUBLES }, make);
  return {
    ...QUIET,
    seed,
    stock: BUYERS,
    voucherUses: 1,
    orders: Array.from({ length: BUYERS }, () => ({
      ...SMOOTH,
      quantities: [1, 0],
      hasVoucher: true,
      hasBadAddress: !isQuiet && random.below(8) === 0,
      card: isQuiet ? 'pm_card_visa' : random.pick(CARDS),
    })),
    faults: some(() => ({
      call: 1 + random.below(CALLS),
      kind: random.pick(FAULTS),
      seconds: random.pick([1, 5, 20]),
      times: random.pick([1, 1, 3, 12]),
    })),
    acts: [
      TOGETHER,
      ...some(() => ({
        call: 1 + random.below(CALLS),
        kind: random.pick(ACTS),
        order: random.below(BUYERS),
        amount: random.pick([1, 3, 12]),
      })),
    ],
  };
}

describe('a voucher with one use and 200 buyers', () => {
  withoutTraces();

  for (let part = 0; part < PARTS; part += 1) {
    it(`is used by one at most, whatever happens (${part + 1} of ${PARTS})`, async () => {
      let raced = 0;
      let used = 0;
      for (let seed = 1 + part; seed <= SEEDS; seed += PARTS) {
        const story = storyOf(seed);
        const { violations, world } = await tell(story);
        assert.ok(violations.length === 0, violations[0] && (await inWords(story)));
        const orders = [...world.books.tables.orders.values()];
        const kept = orders.filter(({ status }) => status === 'completed');
        assert.ok(kept.length <= 1, `seed ${seed}: ${kept.length} have used it`);
        if (story.faults.length === 0) assert.equal(kept.length, 1, `seed ${seed}`);
        raced += orders.length;
        used += kept.length;
      }
      const stories = SEEDS / PARTS;
      console.log(`        ${raced} orders raced in ${stories} stories, ${used} times it was used`);
      assert.ok(raced > (stories * BUYERS) / 2, 'most of them were told beforehand');
    });
  }
});
