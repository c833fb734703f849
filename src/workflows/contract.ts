/** The only door to the workflows: their names, IDs and inputs, for whoever starts or reads them. */
import type { EndReason, OrderFacts, OrderId, UnhappyStatus } from '../domain/order.ts';
import type { RefundFacts, RefundId, RefundStatus } from '../domain/refund.ts';
import type { Budgets } from '../saga/index.ts';

/** The update that wakes a parked step of either saga. */
export { RESOLVE_STEP } from '../saga/parking.ts';
/**
 * The signal that makes a checkout which waits for its customer, or its shipment, look at once. A hint without a word of its
 * own: what is so stands in the books and at the gateway.
 */
export { LOOK_AGAIN as PAYMENT_HEARD } from '../saga/parking.ts';
export type { Resolution } from '../saga/parking.ts';
export { SEARCH_ATTRIBUTES } from './search-attributes.ts';

export const CHECKOUT = 'checkout';

/** The workflow ID is the order ID: one run of an order at a time, whoever starts it. */
export function checkoutWorkflowId(id: OrderId): string {
  return id;
}

export interface CheckoutInput {
  readonly order: OrderFacts;
  readonly budgets?: Partial<Budgets> | undefined;
}

export type CheckoutResult =
  | { readonly status: 'completed'; readonly trackingNumber?: string }
  | {
      readonly status: UnhappyStatus;
      readonly reason: EndReason | null;
    };

export const REFUND = 'refund';

/** The workflow ID is the refund ID: one run of a refund at a time, whoever starts it. */
export function refundWorkflowId(id: RefundId): string {
  return id;
}

export interface RefundInput {
  readonly refund: RefundFacts;
  readonly budgets?: Partial<Budgets> | undefined;
}

export interface RefundResult {
  readonly status: Exclude<RefundStatus, 'requested'>;
}

export const RECONCILE = 'reconcile';

export interface ReconcileInput {
  readonly budgets?: Partial<Budgets> | undefined;
}

export interface ReconcileResult {
  readonly events: number;
  readonly checked: number;
  /** Differences whose saga was started, or goes on. */
  readonly settling: number;
}

export const SETTLE = 'settle';

/** The workflow ID is the difference's ID: one run of it at a time. */
export interface SettleInput {
  readonly id: string;
  readonly budgets?: Partial<Budgets> | undefined;
}

export interface SettleResult {
  readonly status: 'settled' | 'left';
}
