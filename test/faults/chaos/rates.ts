/**
 * How often each party goes wrong all the while, by operation and fault: small rates, so that most
 * of an order goes well, and high enough that most orders meet something.
 */
import { PARTIES } from './acts.ts';
import type { PartyName } from './acts.ts';
import type { Random } from './random.ts';

type Rates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a party's control endpoint takes as a seeded plan. */
export interface PartyPlan {
  readonly seed: number;
  readonly rates: Rates;
  readonly mostPerOrder: number;
  readonly delayMs: number;
}

// Longer than an attempt may take here: what is late is late for whoever asked.
const DELAY_MS = 4_000;

// One less than the attempts of a step that may fail.
const MOST_PER_ORDER = 3;

const ANY = {
  'fail-before': 0.02,
  hang: 0.01,
  'rate-limit': 0.01,
  unavailable: 0.02,
  'late-answer': 0.01,
  truncated: 0.01,
} as const;
const CHANGE = { ...ANY, 'fail-after-effect': 0.05, 'late-effect': 0.01, 'key-in-use': 0.01 };
const MONEY = { ...CHANGE, 'wrong-amount': 0.005, 'wrong-currency': 0.005 };
// A refund is not asked of the gateway again by a forgotten key: that would pay it out twice.
const FORGETFUL = { ...MONEY, 'forget-key': 0.01 };

const RATES: Readonly<Record<PartyName, Rates>> = {
  gateway: {
    create: MONEY,
    confirm: { ...FORGETFUL, lapse: 0.01 },
    capture: { ...FORGETFUL, lapse: 0.01 },
    cancel: FORGETFUL,
    refund: { ...MONEY, pending: 0.1 },
    retrieve: ANY,
    'find-refund': ANY,
    webhook: { lost: 0.05, delayed: 0.05, reordered: 0.05, duplicate: 0.05, early: 0.05 },
  },
  carrier: { request: { ...CHANGE, malformed: 0.005 }, cancel: CHANGE },
  mail: {
    send: {
      'fail-before': 0.02,
      hang: 0.005,
      unavailable: 0.01,
      'late-answer': 0.01,
      'fail-after-effect': 0.05,
    },
  },
};

/** A seed of their own for each party, and days better and worse than others. */
export function drawRates(random: Random): Readonly<Record<PartyName, PartyPlan>> {
  const drawn = PARTIES.map((party): [PartyName, PartyPlan] => {
    const factor = 0.5 + random.fraction();
    const scaled = Object.entries(RATES[party]).map(([operation, rates]) => [
      operation,
      Object.fromEntries(
        Object.entries(rates).map(([fault, rate]) => [fault, Number((rate * factor).toFixed(4))]),
      ),
    ]);
    const plan = {
      seed: random.int(0, 2 ** 31 - 1),
      rates: Object.fromEntries(scaled) as Rates,
      mostPerOrder: MOST_PER_ORDER,
      delayMs: DELAY_MS,
    };
    return [party, plan];
  });
  return Object.fromEntries(drawn) as Record<PartyName, PartyPlan>;
}
