/**
 * The gateway in memory, which the simulation trusts, against the Stripe adapter on the stand-in:
 * the same story of one intent is told to both, call by call, and every answer and all effects in their
 * books must be equal.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OrderId } from '../../src/domain/order.ts';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';
import { comparable } from './drift/comparable.ts';
import { callsFor } from './gateway/calls.ts';
import type { GatewayCalls } from './gateway/calls.ts';
import { memorySide, stripeSide } from './gateway/sides.ts';
import type { GatewaySide } from './gateway/sides.ts';

// So many take seconds; `STORIES=2000 SEED=7` tells more.
const STORIES = Number(process.env['STORIES'] ?? 50);
const SEED = Number(process.env['SEED'] ?? 1);

const ACTS = [
  'create',
  'confirm',
  'capture',
  'cancel',
  'retrieve',
  'refund',
  'findRefund',
] as const;

interface Command {
  readonly act: (typeof ACTS)[number] | 'settle' | 'forget';
  /** Which key, how much, by which card. */
  readonly n: number;
  readonly cents: number;
  readonly another: boolean;
}

const commands = fc.array(
  fc.record<Command>({
    act: fc.constantFrom(...ACTS, 'capture', 'refund', 'refund', 'settle', 'forget'),
    n: fc.constantFrom(1, 1, 1, 2, 3),
    cents: fc.constantFrom(1999, 1999, 1000, 999, 2000, 0),
    another: fc.constantFrom(false, false, false, true),
  }),
  { minLength: 5, maxLength: 20, size: 'max' },
);

const cards = fc.constantFrom(
  ...['pm_card_visa', 'pm_card_visa', 'pm_card_pendingRefund', 'pm_card_refundFail'],
  ...['pm_card_chargeDeclined', 'pm_card_authenticationRequired', 'pm_card_nobody'],
  ...['pm_card_processingUnanswered'],
);

const isPaidFor = fc.constantFrom(true, true, false);

describe('the gateway in memory and over the Stripe adapter', () => {
  const stripe = stripeSide();

  it('answer every story of one intent alike, with the same effects', async () => {
    let told = 0;
    const check = await fc.check(
      fc.asyncProperty(commands, cards, isPaidFor, async (story, card, isPaid) => {
        const orderId: OrderId = `ord_gs${(told += 1)}`;
        const start: Command = { act: 'create', n: 1, cents: 0, another: false };
        const way = isPaid ? (['create', 'confirm', 'capture'] as const) : (['create'] as const);
        const whole = [...way.map((act): Command => ({ ...start, act })), ...story];
        const sides = [stripe(), memorySide()] as const;
        const [theirs, ours] = sides.map((side) => tell(side, orderId, card));
        for (const command of whole) {
          assert.deepEqual(await ours?.(command), await theirs?.(command), JSON.stringify(command));
        }
        const [effects, ourEffects] = await Promise.all(sides.map((side) => side.effects(orderId)));
        assert.deepEqual(ourEffects, effects);
      }),
      { seed: SEED, numRuns: STORIES },
    );
    const { failed, counterexample, errorInstance } = check;
    const words = errorInstance instanceof Error ? errorInstance.message : '';
    assert.ok(!failed, `SEED=${SEED}: ${fc.stringify(counterexample)}\n${words}`);
  });
});

/** The parties make IDs as they like: the same in both is what comes first, second, third. */
function tell({ gateway, passTime }: GatewaySide, orderId: OrderId, card: string) {
  const calls = callsFor(orderId, gateway);
  const ids: string[] = [];
  const nameOf = (id: string) => `#${ids.includes(id) ? ids.indexOf(id) : ids.push(id) - 1}`;
  let intent = 'pi_unknown';
  return async ({ act, n, cents, another }: Command): Promise<unknown> => {
    if (act === 'settle' || act === 'forget') {
      passTime(act === 'settle' ? SETTLED_MS : FORGOTTEN_MS);
      return undefined;
    }
    const asked = { n, ...(act === 'refund' && { amountMinor: BigInt(cents) }) };
    const method = another ? 'pm_card_mastercard' : card;
    const answer = await answerOf(() =>
      act === 'create' ? calls.create(method, asked) : calls[act](intent, asked),
    );
    if (act === 'create' && isNamed(answer)) intent = answer.id;
    const named = isNamed(answer) ? { ...answer, id: nameOf(answer.id) } : answer;
    return comparable(named);
  };
}

// Past the stand-in's bank, and past the key memory.
const SETTLED_MS = 1_500;
const FORGOTTEN_MS = 25 * 3_600_000;

async function answerOf(act: () => ReturnType<GatewayCalls[keyof GatewayCalls]>): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) return `refused: ${error.code} ${error.message}`;
    return error instanceof Unavailable ? 'unavailable' : 'a bug';
  }
}

function isNamed(answer: unknown): answer is { readonly id: string } {
  return typeof answer === 'object' && answer !== null && 'id' in answer;
}
