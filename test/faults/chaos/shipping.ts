/**
 * What the merchant does with an order that is captured at shipment: sends it whole or in parts, or
 * calls it off, soon or not before all is healed. Dealt in turn, so that a short run has a bit of each.
 */
import type { Random } from './random.ts';
import { AT_ONCE, LATER } from './shelf.ts';
import type { Tenant } from './shelf.ts';

export interface ShipWish {
  /** Rests, its stock and money held, until nothing breaks any more. */
  readonly isLast: boolean;
  /** From when it is seen to wait until each request. */
  readonly afterMs: number;
  readonly isCalledOff: boolean;
  /** What is asked for at first, one after another; then whatever is left. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

interface Way {
  readonly parts: number;
  readonly isLast?: true;
  readonly isCalledOff?: true;
  readonly isOnlyWhole?: true;
}

const WAYS: readonly [Way, ...Way[]] = [
  { parts: 2 },
  { parts: 1 },
  { parts: 3 },
  { parts: 2, isLast: true },
  { parts: 1, isCalledOff: true },
  { parts: 1, isOnlyWhole: true },
  { parts: 3 },
  { parts: 1, isLast: true, isCalledOff: true },
  { parts: 2 },
  { parts: 1, isOnlyWhole: true, isCalledOff: true },
];

// So that two in five of its orders are sent in parts, and a thousand orders have eighty of those.
const ONE_IN = 5;

export function tenantOf(n: number, random: Random): Tenant {
  return n % ONE_IN === ONE_IN - 1 ? LATER : random.pick(AT_ONCE);
}

/** What is captured only as a whole has a card of its own. */
export function cardOf(n: number, tenant: Tenant): string {
  return tenant === LATER && wayOf(n).isOnlyWhole === true ? 'pm_card_onlyWhole' : 'pm_card_visa';
}

export function shipsOf(n: number, { lines }: Part, random: Random): ShipWish {
  const { parts, isLast = false, isCalledOff = false } = wayOf(n);
  const units = lines.flatMap(({ sku, quantity }) =>
    Array.from({ length: quantity }, () => ({ lines: [{ sku, quantity: 1 }] })),
  );
  const afterMs = random.int(0, SLOWEST_MS);
  return { isLast, isCalledOff, afterMs, parts: random.shuffled(units).slice(0, parts - 1) };
}

// Before and after most of the customers who call an order off themselves.
const SLOWEST_MS = 2_500;

function wayOf(n: number): Way {
  return WAYS[Math.floor(n / ONE_IN) % WAYS.length] ?? WAYS[0];
}
