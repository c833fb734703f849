/** A shipment of an order that is captured as it is shipped. */
import type { MoneyJson } from './money.ts';
import type { OrderLine } from './order.ts';

export type ShipmentId = `shp_${string}`;

export const SHIPMENT_STATUSES = ['requested', 'shipped', 'refused'] as const;

export interface ShipmentSnapshot {
  readonly id: ShipmentId;
  readonly status: (typeof SHIPMENT_STATUSES)[number];
  readonly amount: MoneyJson;
  readonly lines: readonly OrderLine[];
  readonly trackingNumber?: string;
}
