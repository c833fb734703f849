/**
 * Customers who have to confirm a payment, told many times each, with whatever else goes wrong.
 * `npm run simulate:claims` tells each a thousand times.
 */
import assert from 'node:assert/strict';
import { Accounts } from './accounts.ts';
import { Random } from './random.ts';
import { ACTION_SECONDS, QUIET, SMOOTH } from './story.ts';
import type { CustomerPlan, Story } from './story.ts';
import { tell } from './tell.ts';
import type { Verdict } from './tell.ts';
import { inWords } from './telling.ts';
import { withoutTraces } from './traces.ts';
import { FAULTS } from './wire.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
// More than an order has that waits until its time is up.
const CALLS = 60;

describe('A customer who has to confirm a payment', () => {
  withoutTraces();

  /** Every other story is quiet; in the rest something goes wrong once or for a while. In some the gateway tells. */
  const told = async (seed: number, change: Partial<Story>): Promise<Verdict> => {
    const random = new Random(seed);
    const faults = Array.from({ length: seed % 2 }, () => ({
      call: 1 + random.below(CALLS),
      kind: FAULTS[random.below(FAULTS.length)] ?? 'fails',
      seconds: 20,
      times: 1 + random.below(4),
    }));
    const story: Story = { ...QUIET, seed, faults, tells: seed % 4 < 2, ...change };
    const verdict = await tell(story);
    assert.ok(verdict.violations.length === 0, await inWords(story));
    return verdict;
  };
  const ordersOf = ({ world }: Verdict) => [...world.books.tables.orders.values()];
  const accountOf = ({ world }: Verdict, id: string) => {
    const accounts = new Accounts();
    accounts.read(world.gateway.lines, world.carrier.lines);
    return accounts.of(id);
  };
  const asked = (customer: CustomerPlan, card = 'pm_card_threeDSecure2Required') => ({
    ...SMOOTH,
    card,
    customer,
  });

  it('late success after the deadline is not kept', async () => {
    let held = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const isTheBanks = seed % 3 === 0;
      const card = isTheBanks ? 'pm_card_processingUnanswered' : 'pm_card_threeDSecure2Required';
      // While nobody can look, the customer is the first to come.
      const calls = isTheBanks ? [] : [20 + (seed % 20)];
      const acts = calls.map((call) => ({
        ...{ call, kind: 'all workers are gone' as const, order: 0, amount: 200 },
      }));
      const afterSeconds = ACTION_SECONDS + 1 + (seed % 50);
      const customer = { answer: 'approves' as const, afterSeconds, isHeard: seed % 2 === 0 };
      const verdict = await told(seed, { orders: [asked(customer, card)], acts });
      for (const { id, status } of ordersOf(verdict)) {
        const { authorized, released, captured } = accountOf(verdict, id);
        assert.deepEqual([status, captured, authorized - released], ['rejected', 0, 0]);
        if (authorized > 0) held += 1;
      }
    }
    assert.ok(held > SEEDS / 4, `${held} of them came too late`);
  });

  it('a declined order can be tried again with another card under a new key', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const customer = { answer: 'declines' as const, afterSeconds: seed % 60, isHeard: true };
      const first =
        seed % 2 === 0 ? asked(customer) : { ...SMOOTH, card: 'pm_card_chargeDeclined' };
      const second = { ...SMOOTH, follows: 0 };
      // The last of each: what the first one gives back is what the second one gets.
      const verdict = await told(seed, { orders: [first, second], stock: 1, faults: [] });
      const ended = ordersOf(verdict).map(({ id, status, reason }) => {
        return { status, reason, captured: accountOf(verdict, id).captured };
      });
      assert.deepEqual(ended, [
        { status: 'rejected', reason: 'payment-declined', captured: 0 },
        { status: 'completed', reason: null, captured: 2_000 },
      ]);
    }
  });

  it('who approves in time gets the goods, also when the run does not hear of it', async () => {
    for (let seed = 1; seed <= SEEDS / 4; seed += 1) {
      const afterSeconds = seed % (ACTION_SECONDS - 1);
      const customer = { answer: 'approves' as const, afterSeconds, isHeard: false };
      const verdict = await told(seed, { orders: [asked(customer)], faults: [] });
      assert.deepEqual(
        ordersOf(verdict).map(({ status }) => status),
        ['completed'],
      );
    }
  });

  it('a cancel and an approval at the same moment leave no money behind', async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const customer = { answer: 'approves' as const, afterSeconds: 5, isHeard: true };
      const act = { kind: 'the client cancels' as const, order: 0, amount: 1 };
      const acts = [{ ...act, call: 20 + (seed % 60) }];
      const verdict = await told(seed, { orders: [asked(customer)], acts, faults: [] });
      for (const { status } of ordersOf(verdict)) ends.add(status);
    }
    assert.deepEqual([...ends].sort(), ['cancelled', 'completed']);
  });
});
