/** What the API needs of the books for orders that are captured at shipment; as in ports.ts. */
import type { MoneyJson } from '../domain/money.ts';
import type { OrderId, OrderLine } from '../domain/order.ts';
import type { ShipmentId } from '../domain/shipment.ts';
import type { Claim, KeyAnswer } from './ports.ts';

/** Without lines it is all that is left. */
export interface NewShipment {
  readonly id: ShipmentId;
  readonly requestId: string;
  readonly lines?: readonly OrderLine[] | undefined;
}

/** What never changes about a shipment once it is accepted. */
export interface AcceptedShipment {
  readonly id: ShipmentId;
  readonly orderId: OrderId;
  readonly amount: MoneyJson;
  readonly lines: readonly OrderLine[];
  readonly createdAt: string;
}

/** Only `requested` and the replays hold the key; every other answer leaves it free. */
export type ShipmentAnswer =
  | KeyAnswer<ShipmentId>
  | { readonly state: 'requested' | 'replayed'; readonly shipment: AcceptedShipment }
  | { readonly state: 'unknown' | 'not-shippable' | 'only-whole' }
  | { readonly state: 'unknown-sku' | 'exceeds-lines'; readonly skus: readonly string[] };

export interface ShipmentStore {
  request(claim: Claim, orderId: OrderId, wanted: NewShipment): Promise<ShipmentAnswer>;
}
