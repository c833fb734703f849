/**
 * What the API shows of an order or a product. Pure, with members in one fixed order: the answer to
 * an accepted order is made of facts that never change, so that a replay of it is byte-identical.
 */
import type { OrderId } from '../domain/order.ts';
import type { AcceptedOrder, OrderSnapshot, Product } from './ports.ts';

export function orderPath(id: OrderId): string {
  return `/v1/orders/${id}`;
}

export function showAccepted({ facts, createdAt }: AcceptedOrder) {
  const { id, amountMinor, currency } = facts;
  return { id, createdAt, amount: { value: amountMinor, currency }, links: orderLinks(id) };
}

export function showCancelled(id: OrderId) {
  return { id, links: orderLinks(id) };
}

export function showOrder(order: OrderSnapshot) {
  const { id, status, reason, amount, payment, shipment } = order;
  return {
    id,
    status,
    ...(reason && { reason }),
    amount: { value: amount.value, currency: amount.currency },
    lines: order.lines.map(({ sku, quantity, unitPrice }) => ({
      sku,
      quantity,
      unitPrice: { value: unitPrice.value, currency: unitPrice.currency },
    })),
    payment: {
      authorized: payment.authorized,
      captured: payment.captured,
      refunded: payment.refunded,
    },
    ...(shipment && { shipment }),
    needsOperator: order.needsOperator,
    metadata: order.metadata,
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
    links: orderLinks(id),
  };
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
  return { self, cancel: `${self}/cancel` };
}
