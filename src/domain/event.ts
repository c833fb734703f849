/** What is told about an order: one catalogue for pages, streams and whatever is sent. */
import type { OrderStatus } from './order.ts';

export const EVENT_TYPES = [
  'order.accepted',
  'order.reserved',
  'order.action_required',
  'order.authorized',
  'order.paid',
  'order.shipped',
  'order.completed',
  'order.rejected',
  'order.cancelled',
  'order.refunded',
  'order.needs_operator',
  'order.operator_resolved',
  'refund.requested',
  'refund.succeeded',
  'refund.failed',
  'shipment.requested',
  'shipment.shipped',
  'shipment.refused',
] as const satisfies readonly (
  | `order.${OrderStatus | 'action_required' | 'needs_operator' | 'operator_resolved'}`
  | `${'refund' | 'shipment'}.${string}`
)[];

export type EventType = (typeof EVENT_TYPES)[number];

export type EventId = `evt_${string}`;
