/**
 * The gateway tells of what it has done at any moment: before the call is answered, with the answer, when the
 * order has long ended; again and again, in any order, or not at all. `npm run simulate:claims` tells
 * each a thousand times.
 */
import assert from 'node:assert/strict';
import { isEnded } from '../../src/domain/order.ts';
import { Random } from './random.ts';
import { ACTS, QUIET, SMOOTH } from './story.ts';
import type { OrderPlan, Story } from './story.ts';
import { inWords } from './telling.ts';
import { tell } from './tell.ts';
import type { Verdict } from './tell.ts';
import type { Naive } from './webhooks.ts';
import { withoutTraces } from './traces.ts';
import { FAULTS } from './wire.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);

describe('Gateway events at any moment', () => {
  withoutTraces();

  it('webhook and API answer race makes one order', async () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = new Random(seed);
      const copies = random.pick([1, 2, 5]);
      const story = storyOf(seed, [{ ...SMOOTH, copies }], random.pick([0, 1, 2]));
      const verdict = await clean(story, seen);
      const [order, ...others] = [...verdict.world.books.tables.orders.values()];
      assert.ok(order !== undefined && others.length === 0, `seed ${seed}: one order`);
      assert.ok(isEnded(order.status), `seed ${seed}: ${order.status}`);
    }
    // It is no race that nobody wins.
    for (const what of ['before the answer', 'repeated', 'was known', 'compared']) {
      assert.ok((seen.get(what) ?? 0) >= SEEDS / 10, tallyOf(seen));
    }
    console.log(`        ${SEEDS} seeds: ${tallyOf(seen)}`);
  });

  it('an undo never refunds a good order', async () => {
    const seen = new Map<string, number>();
    let good = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { world } = await clean(undoing(seed), seen);
      for (const { id, status } of world.books.tables.orders.values()) {
        if (status !== 'completed') continue;
        good += 1;
        const given = world.gateway.lines.filter(
          (line) =>
            line.kind === 'effect' && line.orderId === id && GIVES_BACK.includes(line.effect),
        );
        assert.deepEqual(given, [], `seed ${seed}: ${id} is completed`);
      }
    }
    assert.ok(good >= SEEDS / 2, `${good} good orders`);
    assert.ok((seen.get('compared') ?? 0) >= SEEDS, tallyOf(seen));
    assert.ok((seen.get('its order was told') ?? 0) >= SEEDS / 100, tallyOf(seen));
    console.log(`        ${SEEDS} seeds, ${good} good orders: ${tallyOf(seen)}`);
  });

  it('would be seen to do harm, if somebody did what an event says', async () => {
    const naive: Naive = async ({ gateway, seenBy }, effect, worker) => {
      const port = seenBy(worker, 'gateway', effect.orderId ?? '', gateway);
      const call = { key: `${effect.orderId}:cancel:1`, timeoutMs: 5_000 };
      await port.cancelIntent(effect.intent, call).catch(() => undefined);
      const amount = { amountMinor: BigInt(effect.amount), currency: 'EUR' };
      const wanted = {
        intentId: effect.intent,
        orderId: effect.orderId as `ord_${string}`,
        amount,
      };
      await port.refundIntent(wanted, { ...call, key: `${effect.orderId}:refund:1` });
    };
    const doesHarm = async (seed: number) =>
      (await tell(undoing(seed), { naive })).violations.some((words) => words.startsWith('M4: '));
    let seed = 1;
    while (seed <= 200 && !(await doesHarm(seed))) seed += 1;
    assert.ok(seed <= 200);
    console.log(`        found in story ${seed}`);
  });
});

const GIVES_BACK: readonly string[] = ['canceled', 'refund-pending', 'refunded'];

/** One that goes well beside others that are undone, and what people and machines do meanwhile. */
function undoing(seed: number): Story {
  const random = new Random(seed);
  const undone: OrderPlan = {
    ...SMOOTH,
    card: random.pick(['pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_pendingRefund']),
    hasBadAddress: random.below(2) === 1,
  };
  const story = storyOf(seed, [SMOOTH, undone, { ...SMOOTH, copies: 2 }], random.pick([0, 2, 4]));
  const kinds = ACTS.filter((kind) => !kind.includes('asks for'));
  const acts = [0, 1, 2].map(() => ({
    call: 1 + random.below(90),
    kind: random.pick(kinds),
    order: 1 + random.below(2),
    amount: random.pick([1, 12, 60]),
  }));
  return { ...story, acts };
}

function storyOf(seed: number, orders: readonly OrderPlan[], troubles: number): Story {
  const random = new Random(seed * 7);
  const faults = Array.from({ length: troubles }, () => ({
    call: 1 + random.below(40 * orders.length),
    kind: random.pick(FAULTS),
    seconds: random.pick([1, 5, 20]),
    times: random.pick([1, 1, 2, 4]),
  }));
  return { ...QUIET, seed, orders, faults, tells: true };
}

async function clean(story: Story, seen: Map<string, number>): Promise<Verdict> {
  const verdict = await tell(story);
  if (verdict.violations.length > 0) assert.fail(`seed ${story.seed}: ${await inWords(story)}`);
  for (const [what, times] of verdict.told) seen.set(what, (seen.get(what) ?? 0) + times);
  return verdict;
}

function tallyOf(seen: ReadonlyMap<string, number>): string {
  return [...seen].map(([what, times]) => `${times} ${what}`).join(', ');
}
