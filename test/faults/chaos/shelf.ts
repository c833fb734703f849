/** What the three shops of a chaos run sell, and how much of it there is. */
import type { Random } from './random.ts';

export const AT_ONCE = ['chaos-north', 'chaos-south'] as const;

/** Its orders are captured as they are shipped, in a run that is to have such orders. */
export const LATER = 'chaos-later';

export const TENANTS = [...AT_ONCE, LATER] as const;
export type Tenant = (typeof TENANTS)[number];

export interface Product {
  readonly tenant: Tenant;
  readonly sku: string;
  readonly unitPrice: number;
  readonly available: number;
}

/** What each shop's vouchers take off: one for everybody, one for some of those who want it. */
export function vouchersOf(orders: number) {
  const tenth = { currency: 'EUR', percentOff: 10 };
  return [
    { ...tenth, code: VOUCHERS[0], uses: PLENTY },
    { ...tenth, code: VOUCHERS[1], uses: Math.ceil(orders * HOT_SHARE) },
  ];
}

export const VOUCHERS = ['EVERYBODY', 'SOMEBODY'] as const;

// More than any run can buy.
const PLENTY = 1_000_000;

// Enough for some of those who want the one that everybody wants.
const HOT_SHARE = 0.02;

/** SKUs are unique across tenants, so that the books need not say whose they are. */
export function shelfOf(tenant: Tenant, orders: number, random: Random): readonly Product[] {
  const product = (name: string, available: number): Product => ({
    tenant,
    sku: `${name}-${tenant.slice('chaos-'.length)}`,
    unitPrice: random.int(100, 5_000),
    available,
  });
  return [
    ...['mug', 'kettle', 'grinder', 'filter'].map((name) => product(name, PLENTY)),
    product('hot', Math.ceil(orders * HOT_SHARE)),
    product('none', 0),
  ];
}
