/**
 * What the gateway tells of its own accord. Its credential is the signature of the bytes as they came. An
 * event is written down, and that is all that is answered: what comes of it is the hearer's business.
 */
import { createRoute } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ApiEnv } from './env.ts';
import type { GatewayEventStore, ReadEvent } from './gateway-event-ports.ts';
import { invalid, Problem } from './problems.ts';
import { headers, parameters, problems } from './route-parts.ts';

export interface GatewayWebhookDeps {
  readonly readEvent: ReadEvent;
  readonly gatewayEvents: Pick<GatewayEventStore, 'note'>;
  /** Told of each that is new, once it is safe. */
  readonly heard: () => void;
  readonly counted?: ((type: string, how: HowHeard) => void) | undefined;
}

type HowHeard = 'new' | 'repeated' | 'refused';

/** Stands before the guard, which knows API keys and tokens only. */
export function addGatewayWebhook(
  app: OpenAPIHono<ApiEnv>,
  { readEvent, gatewayEvents, heard, counted }: GatewayWebhookDeps,
): void {
  app.post(hearStripe.path, limitBody, async (c) => {
    const event = readEvent(await bytesOf(c), c.req.header('stripe-signature'));
    if ('why' in event) {
      c.var.log.warn({ detail: event.why }, 'an event of the gateway was not taken');
      counted?.('', 'refused');
      throw refusal();
    }
    const isNew = await gatewayEvents.note(event);
    counted?.(event.type, isNew ? 'new' : 'repeated');
    if (isNew) heard();
    return c.body(null, 200);
  });
}

async function bytesOf(c: Context<ApiEnv>): Promise<Uint8Array> {
  try {
    return new Uint8Array(await c.req.arrayBuffer());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw refusal();
  }
}

/** One answer to whatever is wrong, which tells nobody how near they came. */
function refusal(): Problem<'invalid-request'> {
  return new Problem('invalid-request', {
    ...invalid().options,
    detail: 'It is no event that the gateway has signed just now.',
  });
}

// An event holds one payment with all its metadata: 27,000 characters at most, each in up to six bytes.
const MAX_BYTES = 256 * 1_024;

const tooLarge = new Problem('body-too-large', {
  detail: `An event may have up to ${MAX_BYTES} bytes.`,
});

const limitBody: MiddlewareHandler<ApiEnv> = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw tooLarge;
  },
});

export const hearStripe = createRoute({
  method: 'post',
  path: '/v1/webhooks/stripe',
  operationId: 'hearStripe',
  tags: ['gateway webhooks'],
  summary: 'Hear of the payment gateway',
  description:
    'For Stripe, and for nobody else: an event, signed in `Stripe-Signature` (scheme `v1`) within the last ' +
    'five minutes. It is kept under its ID for ever and taken as a hint; sent again, it is answered the same.',
  security: [],
  parameters: [
    ...parameters(),
    {
      name: 'Stripe-Signature',
      in: 'header' as const,
      required: true,
      description: 'Stripe’s signature of the body’s very bytes, and when it was made.',
      schema: { type: 'string' as const },
      example: `t=1763774400,v1=${'5257a869e7ec'.repeat(5)}5257`,
    },
  ],
  responses: {
    200: { description: 'It is written down, now or before.', headers: headers() },
    ...problems(refusal(), tooLarge, 'internal', 'temporarily-unavailable', 'overloaded'),
  },
});
