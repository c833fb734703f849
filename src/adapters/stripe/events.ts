/**
 * Reads what Stripe sends of its own accord. The bytes are held to the signature before anything is made of
 * them, and the signature's time to our clock in both directions: Stripe's SDK looks only for what is too old.
 */
import { isUtf8 } from 'node:buffer';
import Stripe from 'stripe';
import { z } from 'zod';
import type { GatewayEvent, ReadEvent } from '../../api/gateway-event-ports.ts';

export function createEventReader({
  secrets,
  now = Date.now,
}: {
  /** Several while one takes the place of another: any of them is good. */
  readonly secrets: readonly string[];
  readonly now?: () => number;
}): ReadEvent {
  return (bytes, signature = '') => {
    const time = timeIn(signature);
    if (time === undefined) return { why: 'there is no signature' };
    const isSigned = isText(bytes) && secrets.some((secret) => isBy(secret, bytes, signature));
    if (!isSigned) return { why: 'the signature is not by a secret that is configured' };
    const secondsOff = Math.round(Math.abs(now() / 1_000 - time));
    if (secondsOff > MOST_SECONDS_OFF) {
      return { why: `it was signed ${secondsOff} s before or after our time` };
    }
    return read(bytes);
  };
}

// What Stripe's own SDKs take; a sender that tries again signs again.
const MOST_SECONDS_OFF = 300;

/** Undefined unless it says one time, once: what was signed and what is looked at must be one. */
function timeIn(signature: string): number | undefined {
  const times = signature.split(',').flatMap((part) => /^t=(.*)$/.exec(part)?.[1] ?? []);
  const [time = '', ...others] = times;
  return others.length === 0 && /^\d{1,12}$/.test(time) ? Number(time) : undefined;
}

/** The SDK signs the text that the bytes make: only text that makes these very bytes again may pass. */
function isText(bytes: Uint8Array): boolean {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return isUtf8(bytes) && !hasMark;
}

// Zero: the SDK is not to look at the time.
const ANY_AGE = 0;

/** In constant time, as the SDK compares. */
function isBy(secret: string, bytes: Uint8Array, signature: string): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(bytes, signature, secret, ANY_AGE) === true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}

function read(bytes: Uint8Array): GatewayEvent | { why: string } {
  const parsed = event.safeParse(json(bytes));
  if (!parsed.success) return { why: 'it is signed, and no event' };
  const { id, type, created, data } = parsed.data;
  const { object } = data;
  return {
    id,
    type,
    createdAt: new Date(created * 1_000),
    objectId: object.id,
    intentId: object.object === 'payment_intent' ? object.id : object.payment_intent,
    orderId: object.metadata?.order_id,
    installation: object.metadata?.installation_id,
  };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

// Whatever comes is kept for ever, so it is an ID or nothing.
const id = z.string().regex(/^[\w-]{1,255}$/);
const perhaps = id.optional().catch(undefined);

const event = z.object({
  id,
  type: z.string().regex(/^[\w.]{1,100}$/),
  // Until the year 2100.
  created: z.int().min(0).max(4_102_444_800),
  data: z.object({
    object: z.object({
      id: perhaps,
      object: z.string().optional().catch(undefined),
      payment_intent: perhaps,
      metadata: z
        .object({
          order_id: perhaps,
          // Whoever names something has a name, and it is not ours.
          installation_id: z.union([id, z.unknown().transform(() => 'unreadable')]).optional(),
        })
        .optional()
        .catch(undefined),
    }),
  }),
});
