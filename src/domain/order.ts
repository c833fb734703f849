/**
 * An order's life: its status, its gate and the only moves between them. PostgreSQL holds a copy
 * of LEGAL_MOVES (table `order_status_move`); a test compares the two.
 */
export type OrderId = `ord_${string}`;

export const ORDER_STATUSES = [
  'accepted',
  'reserved',
  'authorized',
  'paid',
  'shipped',
  'completed',
  'rejected',
  'cancelled',
  'refunded',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The order row's word on what is still allowed; moved by compare-and-set in PostgreSQL only. */
export type Gate = 'forward' | 'committing' | 'committed' | 'unwinding';

export type UnhappyStatus = Extract<OrderStatus, 'rejected' | 'cancelled' | 'refunded'>;

/** Why an order did not complete, or was made good. The first reason stored stays. */
export const END_REASONS = [
  'voucher-exhausted',
  'out-of-stock',
  'payment-declined',
  'payment-action-expired',
  'address-refused',
  'temporarily-unavailable',
  'cancelled',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What the business may answer with "no". `unwinding` is the gate's own refusal. */
export type RefusalCode =
  | 'voucher-exhausted'
  | 'out-of-stock'
  | 'payment-declined'
  | 'payment-action-expired'
  | 'address-refused'
  | 'unwinding'
  | 'refund-failed'
  | 'not-settled'
  | 'rest-not-shipped';

export const LEGAL_MOVES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  accepted: ['reserved', 'rejected', 'cancelled'],
  reserved: ['authorized', 'rejected', 'cancelled'],
  authorized: ['paid', 'rejected', 'cancelled'],
  paid: ['shipped', 'refunded'],
  shipped: ['completed', 'refunded'],
  completed: ['refunded'],
  rejected: [],
  cancelled: [],
  refunded: [],
};

/** The decision a waiting POST waits for: the customer's card was charged, or never will be. */
export function isDecided(status: OrderStatus): boolean {
  return status !== 'accepted' && status !== 'reserved' && status !== 'authorized';
}

/** Ended: the checkout has nothing left to do. */
export function isEnded(status: OrderStatus): boolean {
  return isDecided(status) && status !== 'paid' && status !== 'shipped';
}

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** How everything that is done for an order names it, in calls and in log lines. */
export interface OrderRef {
  readonly id: OrderId;
  readonly tenantId: string;
  /** Of the HTTP request that placed the order; follows it to the gateway's metadata. */
  readonly requestId: string;
}

/** What a checkout is started with: IDs, SKUs and amounts, never personal data. */
export interface OrderFacts extends OrderRef {
  /** A decimal string of minor units: a bigint cannot enter a workflow. */
  readonly amountMinor: string;
  readonly currency: string;
  readonly lines: readonly OrderLine[];
  /** Which one is in the books: a code is worth money. */
  readonly hasVoucher?: true;
  /** When the money is taken: at once, unless it says otherwise. */
  readonly capture?: 'at-shipment';
}
