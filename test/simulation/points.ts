/**
 * Crash points, all of them: each way that an order can go is walked once in peace and its calls are
 * written down; then it is walked again for every call and every way in which that may go wrong, and
 * again for every second trouble after each first one.
 */
import { ACTION_SECONDS, QUIET, SMOOTH } from './story.ts';
import type { Act, CustomerPlan, Story } from './story.ts';
import { tell } from './tell.ts';
import type { Verdict } from './tell.ts';
import type { FaultKind } from './wire.ts';

export type Path = Omit<Story, 'faults'>;

const order = (plan: Partial<typeof SMOOTH>): Path => ({
  ...QUIET,
  orders: [{ ...SMOOTH, ...plan }],
});
const refunded = (kind: Act['kind'], card = 'pm_card_visa'): Path => ({
  ...order({ card }),
  // After the last call of the checkout.
  acts: [{ call: 23, kind, order: 0, amount: 300 }],
});

/** Both are placed before either has it. */
const VOUCHER_FOR_TWO = [
  { ...SMOOTH, hasVoucher: true },
  { ...SMOOTH, hasVoucher: true },
];

const asked = (customer: CustomerPlan, card = 'pm_card_threeDSecure2Required'): Path =>
  order({ card, customer });

/** Every way that an order or a refund can go, and what it is called. */
export const PATHS: Readonly<Record<string, Path>> = {
  completed: order({}),
  'out of stock': { ...order({ quantities: [0, 3] }), orders: twoForOne() },
  declined: order({ card: 'pm_card_chargeDeclined' }),
  'not accepted': order({ card: 'pm_card_unheardOf' }),
  approved: asked({ answer: 'approves', afterSeconds: 3, isHeard: true }),
  'given up': asked(
    { answer: 'approves', afterSeconds: ACTION_SECONDS + 9, isHeard: false },
    'pm_card_processingUnanswered',
  ),
  'made good': order({ hasBadAddress: true }),
  'with a voucher': order({ hasVoucher: true }),
  'with a voucher, declined': order({ hasVoucher: true, card: 'pm_card_chargeDeclined' }),
  'with a voucher, made good': order({ hasVoucher: true, hasBadAddress: true }),
  'one voucher for two': { ...order({}), orders: VOUCHER_FOR_TWO, voucherUses: 1 },
  'made good, pending': order({ hasBadAddress: true, card: 'pm_card_pendingRefund' }),
  'refunded wholly': refunded('the client asks for all of it back'),
  'refunded in part': refunded('the client asks for a part of it back'),
  'goods back': refunded('the client asks for some goods back'),
  'refund pending': refunded('the client asks for all of it back', 'pm_card_pendingRefund'),
  'refund failed': refunded('the client asks for all of it back', 'pm_card_refundFail'),
};

/** Two that want the last ones: whoever comes second finds none. */
function twoForOne() {
  return [
    { ...SMOOTH, quantities: [0, 6] },
    { ...SMOOTH, quantities: [0, 6] },
  ];
}

/** Once before the effect, once after it, once with the answer lost, once as a zombie. */
const SINGLES: readonly FaultKind[] = [
  'kills before',
  'kills after',
  'loses its answer',
  'fails',
  'hangs',
  'is done late',
  'is held up',
  'is answered to a stopped process',
  'meets a bug',
];
export const PAIRS: readonly FaultKind[] = ['kills before', 'kills after', 'loses its answer'];

export interface Tally {
  walks: number;
  /** Those in which every trouble really came to pass. */
  hit: number;
  readonly failures: { readonly story: Story; readonly violations: readonly string[] }[];
}

/** The number of the first call by this name. */
export async function firstCall(story: Story, name: string): Promise<number> {
  let first = 0;
  await tell(story, {
    onCall({ call, number }) {
      if (first === 0 && call.name === name) first = number;
    },
  });
  return first;
}

/** The number of calls until a walk is over. */
async function callsOf(path: Path, faults: Story['faults'] = []): Promise<number> {
  return (await tell({ ...path, faults })).calls;
}

export async function walkSingles(path: Path, kinds = SINGLES): Promise<Tally> {
  const tally: Tally = { walks: 0, hit: 0, failures: [] };
  const calls = await callsOf(path);
  for (let call = 1; call <= calls; call += 1) {
    for (const kind of kinds) await walk(tally, path, [trouble(call, kind)]);
  }
  return tally;
}

/** `firsts`: what may go wrong first. After it anything of `PAIRS`, or `inTurn` one of them. */
export async function walkPairs(path: Path, firsts = PAIRS, inTurn = false): Promise<Tally> {
  const tally: Tally = { walks: 0, hit: 0, failures: [] };
  const calls = await callsOf(path);
  for (let first = 1; first <= calls; first += 1) {
    for (const kind of firsts) {
      const one = trouble(first, kind);
      const until = await callsOf(path, [one]);
      for (let second = first + 1; second <= until; second += 1) {
        const others = inTurn ? [PAIRS[(first + second) % PAIRS.length] ?? kind] : PAIRS;
        for (const other of others) await walk(tally, path, [one, trouble(second, other)]);
      }
    }
  }
  return tally;
}

/** The same path cancelled, or tampered with, at every one of its calls. */
export async function walkActs(path: Path, kind: Act['kind'], amount = 0): Promise<Tally> {
  const tally: Tally = { walks: 0, hit: 0, failures: [] };
  const calls = await callsOf(path);
  for (let call = 1; call <= calls; call += 1) {
    const act = { call, kind, order: 0, amount };
    await walk(tally, { ...path, acts: [...path.acts, act] }, []);
  }
  return tally;
}

// Longer than a workflow task and an attempt are waited for.
const SECONDS = 12;

function trouble(call: number, kind: FaultKind) {
  return { call, kind, seconds: SECONDS, times: 1 };
}

async function walk(tally: Tally, path: Path, faults: Story['faults']): Promise<void> {
  const story = { ...path, faults };
  const verdict = await tell(story);
  tally.walks += 1;
  if (hitsOf(verdict) >= faults.length + path.acts.length) tally.hit += 1;
  const { violations } = verdict;
  if (violations.length > 0) tally.failures.push({ story, violations });
}

function hitsOf({ hits }: Verdict): number {
  return [...hits.values()].reduce((sum, times) => sum + times, 0);
}
