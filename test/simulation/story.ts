/** What a story is made of: orders, what is done to them, and what goes wrong, by the number of the call. */
import type { Action } from '../../src/saga/parking.ts';
import type { Fault } from './wire.ts';

export const ACTS = [
  'the client cancels',
  'the client asks for all of it back',
  'the client asks for a part of it back',
  'the client asks for some goods back',
  'the client places it again',
  'an operator resets the run',
  'an operator terminates the run',
  'an operator cancels the run',
  'an operator starts it again',
  'a worker is killed',
  'a worker is stopped',
  'a worker forgets its runs',
  'all workers are gone',
  'an API process is killed',
] as const;

/** Only where orders are captured at shipment. */
export const SHIPPING_ACTS = ['the merchant ships a part', 'the merchant ships the rest'] as const;

export interface Act {
  readonly kind: (typeof ACTS)[number] | (typeof SHIPPING_ACTS)[number];
  /** Of the story, from 0. */
  readonly order: number;
  /** How long, how many, how far: whatever the act needs a number for. */
  readonly amount: number;
}

export interface OrderPlan {
  /** Of each SKU, in the order of SKUS. */
  readonly quantities: readonly number[];
  readonly card: string;
  readonly hasBadAddress: boolean;
  readonly hasVoucher: boolean;
  /** Equal requests at the same moment. */
  readonly copies: number;
  /** What the customer does, or their bank, where the card asks them. */
  readonly customer: CustomerPlan;
  /** Not placed before that one has ended. */
  readonly follows?: number;
}

export interface CustomerPlan {
  readonly answer: 'approves' | 'declines' | 'nothing';
  readonly afterSeconds: number;
  /** Whether the run is told that there is news. */
  readonly isHeard: boolean;
}

// Part of the stories' world, as the quarter of an hour is of the real one.
export const ACTION_SECONDS = 120;

export interface Story {
  readonly seed: number;
  readonly orders: readonly OrderPlan[];
  readonly faults: readonly (Fault & { readonly call: number })[];
  readonly acts: readonly (Act & { readonly call: number })[];
  /** On the shelf of each SKU. */
  readonly stock: number;
  /** How often the one voucher may be used. */
  readonly voucherUses: number;
  /** What operators do about parked steps, where it may be done. */
  readonly operator: Action | 'nothing';
  readonly keyRetentionSeconds: number;
  readonly authorizationSeconds: number;
  /** Whether the gateway tells of its events. */
  readonly tells?: boolean;
  /** Where orders are captured at shipment: how long one waits for what nobody has shipped. */
  readonly shipsAfterSeconds?: number;
}

export const SKUS = ['BOWL', 'CUP'] as const;

export const VOUCHER = 'ONLYSOMANY';
// A part that no number of units divides evenly.
export const DISCOUNT_MINOR = 301n;

export const SMOOTH: OrderPlan = {
  quantities: [1, 1],
  card: 'pm_card_visa',
  hasBadAddress: false,
  hasVoucher: false,
  copies: 1,
  customer: { answer: 'approves', afterSeconds: 20, isHeard: true },
};

const DAY_SECONDS = 86_400;

/** One order that nothing happens to. */
export const QUIET: Story = {
  seed: 1,
  orders: [SMOOTH],
  faults: [],
  acts: [],
  stock: 10,
  voucherUses: 10,
  operator: 'nothing',
  keyRetentionSeconds: DAY_SECONDS,
  authorizationSeconds: 7 * DAY_SECONDS,
};
