/**
 * Orders that are captured at shipment, in stories by chance: shipped whole and in parts, late and in
 * time, with everything that goes wrong in the others.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { carrierDown, shippedInTime } from './later-stories.ts';
import { QUIET, SMOOTH } from './story.ts';
import type { Story } from './story.ts';
import { tell } from './tell.ts';
import type { Verdict } from './tell.ts';
import { inWords } from './telling.ts';
import { withoutTraces } from './traces.ts';

const SEED = 20_261_122;
// `npm run simulate:claims` tells a thousand of each; in parts that are each over soon on a busy machine.
const PARTS = [1, 2, 3, 4];
const STORIES = Number(process.env['SEEDS'] ?? 80) / PARTS.length;

/** Every one of them ends as the parties have it in their books. */
async function holds(
  stories: fc.Arbitrary<Story>,
  part: number,
  seen: (verdict: Verdict) => void,
): Promise<void> {
  const property = fc.asyncProperty(stories, async (story) => {
    const verdict = await tell(story);
    seen(verdict);
    if (verdict.violations.length > 0) throw new Error(verdict.violations.join('\n'));
  });
  const result = await fc.check(property, { numRuns: STORIES, seed: SEED + part });
  const [story] = result.counterexample ?? [];
  assert.ok(story === undefined, story && (await inWords(story)));
}

describe('double capture impossible', () => {
  withoutTraces();
  const counted = { orders: 0, captures: 0, inParts: 0 };
  for (const part of PARTS) {
    it(`in ${STORIES} stories (${part} of ${PARTS.length})`, async () => {
      await holds(shippedInTime, part, ({ world }) => {
        for (const { id } of world.books.tables.orders.values()) {
          const captures = world.gateway.lines.filter(
            (line) => line.kind === 'effect' && line.effect === 'captured' && line.orderId === id,
          ).length;
          counted.orders += 1;
          counted.captures += captures;
          if (captures > 1) counted.inParts += 1;
        }
      });
    });
  }

  it('although many orders were captured in parts', () => {
    console.log(`        ${JSON.stringify(counted)}`);
    assert.ok(counted.inParts > STORIES / 2);
  });
});

describe('capture window ends while the carrier is down', () => {
  withoutTraces();
  const counted = { renewed: 0, completed: 0, ended: 0 };
  for (const part of PARTS) {
    it(`in ${STORIES} stories (${part} of ${PARTS.length})`, async () => {
      await holds(carrierDown, part, ({ world }) => {
        for (const { id, status } of world.books.tables.orders.values()) {
          if (world.books.tables.payments.get(id)?.isRenewed) counted.renewed += 1;
          if (status === 'completed') counted.completed += 1;
          else counted.ended += 1;
        }
      });
    });
  }

  it('although many holds were made once more', () => {
    console.log(`        ${JSON.stringify(counted)}`);
    assert.ok(counted.renewed > STORIES / 2);
  });
});

describe('an order that waits for its shipment', () => {
  it('ends again, whenever its run is reset once it has ended', async () => {
    // The second is for what happens to the first at its calls.
    const orders = [SMOOTH, { ...SMOOTH, follows: 0 }];
    for (let amount = 0; amount < 8; amount += 1) {
      const { violations, hits } = await tell({
        ...QUIET,
        ...{ seed: amount, orders, authorizationSeconds: 604_800, shipsAfterSeconds: 60 },
        acts: [{ call: 60, kind: 'an operator resets the run', order: 0, amount }],
      });
      assert.deepEqual(violations, []);
      assert.equal(hits.get('an operator resets the run'), 1);
    }
  });
});
