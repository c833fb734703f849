/**
 * What the API shows of an order, its events, a refund or a product. Pure, with members in one fixed order: the
 * answer to an accepted order is made of facts that never change, so that a replay of it is byte-identical.
 */
import type { OrderId } from '../domain/order.ts';
import type { RefundRef } from '../domain/refund.ts';
import type { AcceptedOrder, AcceptedRefund, OrderEvent, OrderSnapshot } from './ports.ts';
import type { PaymentAction, Product, RefundSnapshot, Voucher } from './ports.ts';
import type { ShipmentId, ShipmentSnapshot } from '../domain/shipment.ts';
import type { AcceptedShipment } from './shipment-ports.ts';

export function orderPath(id: OrderId): string {
  return `/v1/orders/${id}`;
}

export function showAccepted({ facts, createdAt }: AcceptedOrder) {
  const { id, amountMinor, currency } = facts;
  return { id, createdAt, amount: { value: amountMinor, currency }, links: orderLinks(id) };
}

/** What is left to say of an order to a key older than the response archive. */
export function showArchived(id: OrderId) {
  return { id, links: orderLinks(id), archived: true as const };
}

export function showArchivedRefund(refund: RefundPath) {
  return { id: refund.id, links: refundLinks(refund), archived: true as const };
}

export function showCancelled(id: OrderId) {
  return { id, links: orderLinks(id) };
}

export function showAcceptedShipment(shipment: AcceptedShipment) {
  const { id, orderId, createdAt, amount, lines } = shipment;
  return {
    id,
    orderId,
    createdAt,
    amount: { value: amount.value, currency: amount.currency },
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    links: { order: orderPath(orderId) },
  };
}

export function showArchivedShipment(id: ShipmentId, orderId: OrderId) {
  return { id, links: { order: orderPath(orderId) }, archived: true as const };
}

function showShipment({ id, status, amount, lines, trackingNumber }: ShipmentSnapshot) {
  return {
    id,
    status,
    amount: { value: amount.value, currency: amount.currency },
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(trackingNumber && { trackingNumber }),
  };
}

export function showOrder(order: OrderSnapshot) {
  const { id, status, reason, amount, voucher, payment, shipment, shipments } = order;
  return {
    id,
    status,
    ...(reason && { reason }),
    amount: { value: amount.value, currency: amount.currency },
    ...(voucher && { voucher: showVoucher(voucher) }),
    lines: order.lines.map(({ sku, quantity, unitPrice }) => ({
      sku,
      quantity,
      unitPrice: { value: unitPrice.value, currency: unitPrice.currency },
    })),
    payment: {
      authorized: payment.authorized,
      captured: payment.captured,
      refunded: payment.refunded,
      ...(payment.action && { action: showAction(payment.action) }),
    },
    ...(shipment && { shipment }),
    ...(shipments && { shipments: shipments.map(showShipment) }),
    needsOperator: order.needsOperator,
    metadata: order.metadata,
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    links: orderLinks(id),
  };
}

function showVoucher({ code, discount: { value, currency } }: Voucher) {
  return { code, discount: { value, currency } };
}

function showAction({ type, url, expiresAt }: PaymentAction) {
  return { type, url, expiresAt };
}

// Of what is below, so that a client may tell a shape that it does not know.
export const EVENT_VERSION = 1;

export function showEvent(event: OrderEvent) {
  const { id, type, orderId, refundId, sequence, occurredAt } = event;
  return {
    id,
    type,
    version: EVENT_VERSION,
    orderId,
    ...(refundId && { refundId }),
    sequence,
    occurredAt,
    data: showOrder(event.data),
  } as const;
}

type RefundPath = Pick<RefundRef, 'id' | 'orderId'>;

export function refundsPath(id: OrderId): string {
  return `${orderPath(id)}/refunds`;
}

export function refundPath({ id, orderId }: RefundPath): string {
  return `${refundsPath(orderId)}/${id}`;
}

export function showAcceptedRefund({ facts, createdAt }: AcceptedRefund) {
  const { id, orderId, amountMinor, currency } = facts;
  const amount = { value: amountMinor, currency };
  return { id, orderId, createdAt, amount, links: refundLinks(facts) };
}

export function showRefund(refund: RefundSnapshot) {
  const { id, orderId, status, amount, lines, restock, createdAt, updatedAt } = refund;
  return {
    id,
    orderId,
    status,
    amount: { value: amount.value, currency: amount.currency },
    ...(lines && { lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) }),
    restock,
    createdAt,
    updatedAt,
    links: refundLinks(refund),
  };
}

function refundLinks(refund: RefundPath) {
  return { self: refundPath(refund), order: orderPath(refund.orderId) };
}

export function showProduct({ sku, name, price, available }: Product) {
  return {
    sku,
    name,
    price,
    available,
    links: { self: `/v1/products/${encodeURIComponent(sku)}` },
  };
}

function orderLinks(id: OrderId) {
  const self = orderPath(id);
  return {
    self,
    events: `${self}/events`,
    cancel: `${self}/cancel`,
    refunds: refundsPath(id),
  };
}
