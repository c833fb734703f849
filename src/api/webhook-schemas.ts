/** What goes in and out about webhooks. */
import { z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../domain/event.ts';
import { DELIVERY_STATUSES, DISABLED_REASONS } from '../domain/webhook.ts';
import { orderId, text } from './schemas.ts';

// What browsers and proxies agree to carry.
const LONGEST_URL = 2_000;

const url = z.string().max(LONGEST_URL).openapi({
  description: 'https, on a public address, without credentials and fragment.',
  example: 'https://shop.example/webhooks/makegood',
});
const description = text(200).openapi({ example: 'the warehouse' });
const eventTypes = z
  .array(z.enum(EVENT_TYPES))
  .min(1)
  .max(EVENT_TYPES.length)
  .refine((types) => new Set(types).size === types.length, 'Names a type twice.')
  .openapi({ description: 'Only these. Without it: all there are, and will be.' });

export const newEndpoint = z
  .strictObject({ url, description: description.optional(), eventTypes: eventTypes.optional() })
  .openapi('NewWebhookEndpoint');

export const endpointChange = z
  .strictObject({
    url: url.optional(),
    description: description.nullable().optional(),
    eventTypes: eventTypes.nullable().optional(),
    enabled: z.boolean().optional().openapi({
      description: 'What happens while it is disabled waits for it, as long as the log is kept.',
    }),
  })
  .openapi('WebhookEndpointChange', {
    description: 'As JSON Merge Patch has it: what is left out stays, what is null goes.',
  });

// A week: whoever needs longer to change a secret has forgotten to.
const LONGEST_OVERLAP_SECONDS = 604_800;

export const rotation = z
  .strictObject({
    overlapSeconds: z.number().int().min(0).max(LONGEST_OVERLAP_SECONDS).default(86_400).openapi({
      description: 'For so long the secret before this one signs, too. A day if not given.',
    }),
  })
  .openapi('WebhookSecretRotation');

const since = z
  .string()
  .max(40)
  .pipe(
    z.iso.datetime({
      offset: true,
      error: 'Must be a time of day with its offset, as RFC 3339 has it.',
    }),
  )
  .transform((moment) => new Date(moment))
  .openapi({
    type: 'string',
    format: 'date-time',
    maxLength: 40,
    description: 'Of events that happened then or later.',
  });

export const resendRequest = z.strictObject({ since }).openapi('ResendRequest');

const endpointId = z.string().openapi({ example: 'whe_01m7z8w3n5e2v9k4r7t1q6y0zb' });

const shownEndpoint = z.object({
  id: endpointId,
  url: z.string(),
  description: z.string().optional(),
  eventTypes: z.array(z.enum(EVENT_TYPES)).optional(),
  status: z.enum(['enabled', 'disabled']),
  disabledReason: z.enum(DISABLED_REASONS).optional().openapi({
    description: 'You asked for it; or it answered 410; or it has failed for days.',
  }),
  disabledAt: z.iso.datetime().optional(),
  failingSince: z.iso.datetime().optional().openapi({
    description: 'Since when every attempt has failed.',
  }),
  previousSecretUntil: z.iso.datetime().optional().openapi({
    description: 'Until when the secret before this one signs, too.',
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  links: z.object({ self: z.string(), deliveries: z.string() }),
});

export const endpoint = shownEndpoint.openapi('WebhookEndpoint');

export const endpointWithSecret = shownEndpoint
  .extend({
    secret: z.string().openapi({
      description: 'Shown this once. Standard Webhooks libraries take it as it is.',
      example: 'whsec_bm90IGEgc2VjcmV0LCBidXQgYW4gZXhhbXBsZQ==',
    }),
  })
  .openapi('WebhookEndpointWithSecret');

export const endpointPage = z
  .object({ data: z.array(endpoint), nextCursor: z.null() })
  .openapi('WebhookEndpointPage', { description: 'There are never more than fit on one page.' });

export const delivery = z
  .object({
    eventId: z.string().openapi({ description: 'The `webhook-id`, the same in every attempt.' }),
    type: z.enum([...EVENT_TYPES, 'webhook.test']),
    orderId: orderId.optional(),
    status: z.enum(DELIVERY_STATUSES),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().optional(),
    nextAttemptAt: z.iso.datetime().optional(),
    attempts: z
      .array(
        z.object({
          at: z.iso.datetime(),
          durationMs: z.number().int(),
          status: z.number().int().optional(),
          error: z.string().optional().openapi({ description: 'Why there is no status.' }),
          answer: z.string().optional().openapi({ description: 'Its first 512 bytes.' }),
        }),
      )
      .openapi({ description: 'The last 20, in order.' }),
    links: z.object({ self: z.string(), endpoint: z.string(), order: z.string().optional() }),
  })
  .openapi('WebhookDelivery');

export const deliveryPage = z
  .object({ data: z.array(delivery), nextCursor: z.string().nullable() })
  .openapi('WebhookDeliveryPage');

export const resent = z
  .object({
    count: z.number().int().openapi({
      description: 'How many: 10,000 at most, the oldest first. If so many, ask again.',
    }),
  })
  .openapi('Resent');
