/** A refund that was asked for: money that an ended order gives back, whole or in part. */
import type { OrderId, OrderRef } from './order.ts';

export type RefundId = `rfd_${string}`;

export const REFUND_STATUSES = ['requested', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** How everything that is done for a refund names it, in calls and in log lines. */
export interface RefundRef {
  readonly id: RefundId;
  readonly orderId: OrderId;
  readonly tenantId: string;
  /** Of the HTTP request that asked for it. */
  readonly requestId: string;
}

/** What a refund is started with: IDs and amounts, never personal data. */
export interface RefundFacts extends RefundRef {
  /** A decimal string of minor units: a bigint cannot enter a workflow. */
  readonly amountMinor: string;
  readonly currency: string;
}

/** The order behind either of the two things that a saga is about. */
export function orderOf(ref: OrderRef | RefundRef): OrderId {
  return 'orderId' in ref ? ref.orderId : ref.id;
}
