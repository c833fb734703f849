/**
 * Names that the outside world sees again after a retry. They come from the business alone, never
 * from a run ID, an attempt number or a random value, so that a retry can never pay twice.
 */
import type { OrderId } from './order.ts';

export type GatewayOperation = 'create' | 'confirm' | 'capture' | 'cancel' | 'refund';

/** `n` grows only after the attempt before is proven dead. */
export function gatewayKey(sagaId: string, operation: GatewayOperation, n: number): string {
  return `${sagaId}:${operation}:${n}`;
}

// Stripe forgets keys after 24 hours (https://docs.stripe.com/api/idempotent_requests).
export const GATEWAY_KEY_RETENTION_MS = 24 * 3_600_000;

export type MailKind = 'completed' | 'rejected' | 'cancelled' | 'refunded';

/** One fixed Message-ID per order and outcome: SMTP delivers at least once, this is how to tell. */
export function messageId(orderId: OrderId, kind: MailKind): string {
  return `<${orderId}.${kind}@makegood>`;
}
