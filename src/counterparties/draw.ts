/**
 * The seeded plan: a fault is drawn from the seed, the party, the operation, whoever asks and how
 * often that was, and from nothing else; so any run can be had again, whatever the interleaving.
 */
import { createHash } from 'node:crypto';
import type { Fault } from './faults.ts';

export interface SeededPlan {
  readonly seed: number;
  readonly rates: Readonly<Record<string, Rates>>;
  /** Only so many first requests of an operation for one order meet faults: then it heals. */
  readonly mostPerOrder: number;
  readonly delayMs?: number | undefined;
}

type Rates = Readonly<Partial<Record<Fault, number>>>;

/** Whose request it is. The request's ID, where there is one, is the same in every run. */
export interface Asker {
  readonly orderId: string | null;
  readonly requestId: string | null;
}

export function createDraw(party: string) {
  let plan: SeededPlan | undefined;
  let asked = new Map<string, number>();
  return {
    begin(seeded: SeededPlan) {
      plan = seeded;
      asked = new Map();
    },
    end: () => void (plan = undefined),
    plan: () => plan ?? null,
    next(
      operation: string,
      { orderId, requestId }: Asker,
    ): { readonly fault: Fault | undefined; readonly delayMs: number | undefined } | undefined {
      const whose = requestId ?? orderId;
      if (plan === undefined || whose === null) return undefined;
      const { seed, rates, mostPerOrder, delayMs } = plan;
      const request = `${operation} ${whose}`;
      const times = (asked.get(request) ?? 0) + 1;
      asked.set(request, times);
      if (times > mostPerOrder) return undefined;
      const from = `${seed} ${party} ${request} ${times}`;
      return { fault: pick(fractionOf(from), rates[operation]), delayMs };
    },
  };
}

function pick(fraction: number, rates: Rates = {}): Fault | undefined {
  // The order in which somebody wrote the rates down must not matter.
  const faults = (Object.entries(rates) as [Fault, number][]).sort(([a], [b]) => (a < b ? -1 : 1));
  let left = fraction;
  for (const [fault, rate] of faults) {
    if (left < rate) return fault;
    left -= rate;
  }
  return undefined;
}

const BYTES = 6;

/** From 0 up to but not including 1. */
function fractionOf(text: string): number {
  const hash = createHash('sha256').update(text).digest();
  return hash.readUIntBE(0, BYTES) / 2 ** (8 * BYTES);
}
