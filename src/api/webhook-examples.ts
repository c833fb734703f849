/** What the OpenAPI document shows of webhooks, made by what makes the real answers. */
import type { z } from '@hono/zod-openapi';
import { makeCursor } from './pages.ts';
import type { Delivery, Endpoint } from './webhook-ports.ts';
import type { endpointChange, newEndpoint, resendRequest, rotation } from './webhook-schemas.ts';
import { showDelivery, showEndpoint, showWithSecret } from './webhook-shown.ts';

const endpoint: Endpoint = {
  id: 'whe_01m7z8w3n5e2v9k4r7t1q6y0zb',
  url: 'https://shop.example/webhooks/makegood',
  description: 'the warehouse',
  eventTypes: ['order.paid', 'order.cancelled', 'order.refunded'],
  status: 'enabled',
  createdAt: '2026-11-21T13:40:02.117Z',
  updatedAt: '2026-11-21T13:40:02.117Z',
};

// "not a secret, but an example", in base64.
const SECRET = 'whsec_bm90IGEgc2VjcmV0LCBidXQgYW4gZXhhbXBsZQ==';

const delivery: Delivery = {
  eventId: 'evt_01993b2f6c1e7f0aa3d58c41b7e09f62',
  endpointId: endpoint.id,
  type: 'order.paid',
  orderId: 'ord_01m7z699hgfq8rk1nxvfkn8kg6',
  status: 'delivered',
  createdAt: '2026-11-21T13:56:11.602Z',
  deliveredAt: '2026-11-21T13:56:17.208Z',
  attempts: [
    { at: '2026-11-21T13:56:11.911Z', durationMs: 31, status: 503, answer: 'back in a moment' },
    { at: '2026-11-21T13:56:17.102Z', durationMs: 88, status: 204 },
  ],
};

const asked: Delivery = {
  eventId: delivery.eventId,
  endpointId: endpoint.id,
  type: 'webhook.test',
  status: 'pending',
  createdAt: '2026-11-21T13:41:40.002Z',
  nextAttemptAt: '2026-11-21T13:41:40.002Z',
  attempts: [],
};

export const EXAMPLE_ENDPOINT = endpoint.id;
export const EXAMPLE_EVENT = delivery.eventId;

type New = z.input<typeof newEndpoint>;
type Change = z.input<typeof endpointChange>;

export const webhookRequests = {
  create: {
    all: {
      summary: 'Everything that happens',
      value: { url: endpoint.url } satisfies New,
    },
    some: {
      summary: 'Some types only',
      value: {
        url: endpoint.url,
        description: 'the warehouse',
        eventTypes: ['order.paid', 'order.cancelled', 'order.refunded'],
      } satisfies New,
    },
  },
  update: {
    enable: { summary: 'Enable it again', value: { enabled: true } satisfies Change },
    change: {
      summary: 'Another URL, and everything that happens',
      value: { url: 'https://shop.example/hooks', eventTypes: null } satisfies Change,
    },
  },
  rotate: {
    day: { summary: 'Both secrets for a day', value: {} satisfies z.input<typeof rotation> },
    now: { summary: 'The old one leaked', value: { overlapSeconds: 0 } },
  },
  resend: {
    since: {
      summary: 'What has failed since yesterday',
      value: { since: '2026-11-20T12:00:00Z' } satisfies z.input<typeof resendRequest>,
    },
  },
};

export const webhookAnswers = {
  endpoint: showEndpoint(endpoint),
  created: showWithSecret(endpoint, SECRET),
  rotated: showWithSecret({ ...endpoint, previousSecretUntil: '2026-11-22T13:56:11.602Z' }, SECRET),
  endpointPage: { data: [showEndpoint(endpoint)], nextCursor: null },
  delivery: showDelivery(delivery),
  asked: showDelivery(asked),
  deliveryPage: {
    data: [showDelivery(delivery)],
    nextCursor: makeCursor(delivery.eventId),
  },
  resent: { count: 3 },
};
