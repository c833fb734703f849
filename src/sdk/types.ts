/**
 * What goes to the API and comes back, inferred from the schemas that check and describe it. Only
 * types: none of the schemas is in the client.
 */
import type { z } from '@hono/zod-openapi';
import type * as refunds from '../api/refund-schemas.ts';
import type * as schemas from '../api/schemas.ts';
import type * as shipments from '../api/shipment-schemas.ts';

export type NewOrder = z.input<typeof schemas.placeOrderRequest>;
export type AcceptedOrder = z.output<typeof schemas.acceptedOrder>;
export type CancelledOrder = z.output<typeof schemas.cancelledOrder>;
export type Order = z.output<typeof schemas.order>;

export type NewRefund = z.input<typeof refunds.refundRequest>;
export type AcceptedRefund = z.output<typeof refunds.acceptedRefund>;
export type Refund = z.output<typeof refunds.refund>;

export type NewShipment = z.input<typeof shipments.shipmentRequest>;
export type AcceptedShipment = z.output<typeof shipments.acceptedShipment>;
/** What a key answers that is older than 90 days. */
export type ArchivedShipment = z.output<typeof shipments.archivedShipment>;

export type Product = z.output<typeof schemas.product>;
export type ProductPage = z.output<typeof schemas.productPage>;

export type ProblemBody = z.output<typeof schemas.problem>;

export type OrderPage = z.output<typeof schemas.orderPage>;

/** What happened to an order, with the order as it was right after. Skip types you do not know. */
export type OrderEvent = z.output<typeof schemas.eventPage>['data'][number];
