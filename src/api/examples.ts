/**
 * What the OpenAPI document shows of requests and answers. The SKU is on the shelf of `npm start`,
 * so that a request can be sent as it stands; the answers are made by what makes the real ones.
 */
import type { z } from '@hono/zod-openapi';
import type { OrderFacts, OrderId } from '../domain/order.ts';
import type { RefundFacts, RefundId } from '../domain/refund.ts';
import type { OrderEvent, OrderSnapshot, Product, RefundSnapshot } from './ports.ts';
import { frameOf } from './event-stream.ts';
import { makeCursor } from './pages.ts';
import type { refundRequest } from './refund-schemas.ts';
import { showAccepted, showAcceptedRefund, showArchived } from './representations.ts';
import { showArchivedRefund, showCancelled, showOrder } from './representations.ts';
import { showAcceptedShipment, showArchivedShipment } from './representations.ts';
import { showEvent, showProduct, showRefund } from './representations.ts';
import type { placeOrderRequest } from './schemas.ts';
import type { ShipmentId } from '../domain/shipment.ts';
import type { shipmentRequest } from './shipment-schemas.ts';

const orderId: OrderId = 'ord_01m7z699hgfq8rk1nxvfkn8kg6';
const shipmentId: ShipmentId = 'shp_01m7z6b1q8e2rbz0w4n5c7x9kd';
const refundId: RefundId = 'rfd_01m7z6c2v4e0bt5ke3xh9w8n7d';

const price = { value: '1499', currency: 'EUR' };
const amount = { value: '2998', currency: 'EUR' };
const lines = [{ sku: 'mug', quantity: 2 }];

const smallest: z.input<typeof placeOrderRequest> = {
  lines,
  customer: { email: 'ada@example.com', name: 'Ada Lovelace' },
  shippingAddress: {
    name: 'Ada Lovelace',
    line1: '12 St James’s Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  },
  paymentMethod: 'pm_card_visa',
};

export const orderRequests = {
  smallest: { summary: 'What an order needs', value: smallest },
  largest: {
    summary: 'With everything it may have',
    value: {
      ...smallest,
      shippingAddress: { ...smallest.shippingAddress, line2: 'Second floor' },
      voucherCode: 'WELCOME10',
      returnUrl: 'https://shop.example/thanks',
      expectedAmount: { value: '2699', currency: 'EUR' },
      metadata: { cart: '7f3a' },
    } satisfies z.input<typeof placeOrderRequest>,
  },
};

type RefundRequest = z.input<typeof refundRequest>;

export const refundRequests = {
  all: { summary: 'All that is left', value: {} satisfies RefundRequest },
  amount: { summary: 'An amount', value: { amount: price } satisfies RefundRequest },
  lines: {
    summary: 'One of two mugs, which is back on the shelf',
    value: { lines: [{ sku: 'mug', quantity: 1 }], restock: true } satisfies RefundRequest,
  },
};

export const shipmentRequests = {
  all: { summary: 'All that is left', value: {} satisfies z.input<typeof shipmentRequest> },
  some: {
    summary: 'One of two mugs',
    value: { lines: [{ sku: 'mug', quantity: 1 }] } satisfies z.input<typeof shipmentRequest>,
  },
};

const facts: OrderFacts = {
  id: orderId,
  tenantId: 'ten_example',
  requestId: 'req_example',
  amountMinor: amount.value,
  currency: amount.currency,
  lines,
};
const createdAt = '2026-11-21T13:56:11.440Z';

const paid: OrderSnapshot = {
  id: orderId,
  status: 'paid',
  amount,
  lines: [{ sku: 'mug', quantity: 2, unitPrice: price }],
  payment: { authorized: '2998', captured: '2998', refunded: '0' },
  needsOperator: false,
  metadata: {},
  createdAt,
  updatedAt: '2026-11-21T13:56:11.602Z',
};

const waiting: OrderSnapshot = {
  ...paid,
  status: 'reserved',
  payment: {
    authorized: '0',
    captured: '0',
    refunded: '0',
    action: {
      type: 'redirect',
      url: 'https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_3SVq',
      expiresAt: '2026-11-21T14:11:11.580Z',
    },
  },
  updatedAt: '2026-11-21T13:56:11.580Z',
};

const completed: OrderSnapshot = {
  ...paid,
  status: 'completed',
  shipment: { trackingNumber: 'MGCAE22DE52FBA' },
  updatedAt: '2026-11-21T13:56:11.791Z',
};

const completedEvent: OrderEvent = {
  id: 'evt_01993b2f6c1e7f0aa3d58c41b7e09f62',
  type: 'order.completed',
  orderId,
  sequence: 6,
  occurredAt: completed.updatedAt,
  data: completed,
};

export const eventFrames = `: makegood
retry: 1000

${frameOf(completedEvent)}`;

const refundFacts: RefundFacts = {
  id: refundId,
  orderId,
  tenantId: facts.tenantId,
  requestId: facts.requestId,
  amountMinor: price.value,
  currency: price.currency,
};

const succeeded: RefundSnapshot = {
  id: refundId,
  orderId,
  status: 'succeeded',
  amount: price,
  lines: [{ sku: 'mug', quantity: 1 }],
  restock: true,
  createdAt: '2026-11-22T09:12:40.115Z',
  updatedAt: '2026-11-22T09:12:41.302Z',
};

const mug: Product = { sku: 'mug', name: 'Stoneware mug', price, available: 498 };

// Of the order above, in what a cursor is made of today.
const CURSOR = makeCursor(`1795269371440000 ${orderId}`);

export const answers = {
  acceptedOrder: showAccepted({ facts, createdAt }),
  order: showOrder(completed),
  /** As a POST shows it that waited for the decision. */
  decidedOrder: showOrder(paid),
  /** While the customer has something to do. */
  waitingOrder: showOrder(waiting),
  orderPage: { data: [showOrder(completed)], nextCursor: CURSOR },
  eventPage: { data: [showEvent(completedEvent)], nextCursor: null },
  cancelledOrder: showCancelled(orderId),
  archivedOrder: showArchived(orderId),
  acceptedRefund: showAcceptedRefund({ facts: refundFacts, createdAt: succeeded.createdAt }),
  archivedRefund: showArchivedRefund(refundFacts),
  refund: showRefund(succeeded),
  acceptedShipment: showAcceptedShipment({
    id: shipmentId,
    orderId,
    amount: price,
    lines: [{ sku: 'mug', quantity: 1 }],
    createdAt: '2026-11-22T08:30:02.710Z',
  }),
  archivedShipment: showArchivedShipment(shipmentId, orderId),
  product: showProduct(mug),
  productPage: { data: [showProduct(mug)], nextCursor: 'bXVn' },
};
