/** Events as Stripe sends them, signed as Stripe signs; or not quite so. */
import { createHmac } from 'node:crypto';
import { WEBHOOK_SECRET } from '../api/harness.ts';

let made = 0;

interface EventSketch {
  readonly id?: string;
  readonly type?: string;
  readonly intent?: string;
  readonly refund?: string;
  readonly orderId?: string;
  readonly installation?: string;
}

export function eventOf(sketch: EventSketch = {}) {
  const { type = 'payment_intent.succeeded', intent = 'pi_1', refund } = sketch;
  const { orderId, installation } = sketch;
  const metadata = {
    ...(orderId !== undefined && { order_id: orderId }),
    ...(installation !== undefined && { installation_id: installation }),
  };
  // An amount that no order here comes to: whoever takes it from an event is found out.
  const object =
    refund === undefined
      ? { id: intent, object: 'payment_intent', amount: 666, amount_received: 666, metadata }
      : { id: refund, object: 'refund', amount: 666, payment_intent: intent, metadata };
  return {
    id: sketch.id ?? `evt_${process.pid}_${(made += 1)}`,
    object: 'event',
    type,
    created: Math.floor(Date.now() / 1_000),
    data: { object },
    livemode: false,
  };
}

export function signature(
  body: string | Uint8Array,
  { secret = WEBHOOK_SECRET, at = Date.now() } = {},
): string {
  const time = Math.floor(at / 1_000);
  const hmac = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
  return `t=${time},v1=${hmac}`;
}

export function signed(event: unknown, options?: Parameters<typeof signature>[1]): RequestInit {
  const body = JSON.stringify(event);
  return {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Stripe-Signature': signature(body, options),
    },
    body,
  };
}
