/** What the API shows of webhooks, and what a webhook says. Pure, with members in one fixed order. */
import type { EndpointId, TestEvent } from '../domain/webhook.ts';
import type { OrderEvent } from './ports.ts';
import { EVENT_VERSION, orderPath, showEvent } from './representations.ts';
import type { Delivery, Endpoint } from './webhook-ports.ts';

/** The bytes that are signed and sent: an event as its order's page of events has it. */
export function bodyOf(event: OrderEvent | TestEvent): string {
  return JSON.stringify(event.type === 'webhook.test' ? showTest(event) : showEvent(event));
}

function showTest({ id, type, occurredAt, endpointId }: TestEvent) {
  return { id, type, version: EVENT_VERSION, occurredAt, data: { endpointId } };
}

export function endpointPath(id: EndpointId): string {
  return `/v1/webhook-endpoints/${id}`;
}

export function deliveryPath({ endpointId, eventId }: Pick<Delivery, 'endpointId' | 'eventId'>) {
  return `${endpointPath(endpointId)}/deliveries/${eventId}`;
}

export function showEndpoint(endpoint: Endpoint) {
  const { id, url, description, eventTypes, status, disabledReason, disabledAt } = endpoint;
  const { failingSince, previousSecretUntil, createdAt, updatedAt } = endpoint;
  const self = endpointPath(id);
  return {
    id,
    url,
    ...(description && { description }),
    ...(eventTypes && { eventTypes: [...eventTypes] }),
    status,
    ...(disabledReason && { disabledReason }),
    ...(disabledAt && { disabledAt }),
    ...(failingSince && { failingSince }),
    ...(previousSecretUntil && { previousSecretUntil }),
    createdAt,
    updatedAt,
    links: { self, deliveries: `${self}/deliveries` },
  };
}

/** The only time that the secret is told. */
export function showWithSecret(endpoint: Endpoint, secret: string) {
  return { ...showEndpoint(endpoint), secret };
}

export function showDelivery(delivery: Delivery) {
  const { eventId, type, orderId, status, createdAt, deliveredAt, nextAttemptAt } = delivery;
  return {
    eventId,
    type,
    ...(orderId && { orderId }),
    status,
    createdAt,
    ...(deliveredAt && { deliveredAt }),
    ...(nextAttemptAt && { nextAttemptAt }),
    attempts: delivery.attempts.map((attempt) => ({
      at: attempt.at,
      durationMs: attempt.durationMs,
      ...(attempt.status !== undefined && { status: attempt.status }),
      ...(attempt.error !== undefined && { error: attempt.error }),
      ...(attempt.answer !== undefined && { answer: attempt.answer }),
    })),
    links: {
      self: deliveryPath(delivery),
      endpoint: endpointPath(delivery.endpointId),
      ...(orderId && { order: orderPath(orderId) }),
    },
  };
}
