/** The routes as data: what OpenAPI says of them is what is checked. Handlers stand elsewhere. */
import { createRoute, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { jsonBody, noBody } from './body.ts';
import { answers, orderRequests } from './examples.ts';
import { ORDER_STATUSES } from '../domain/order.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { followOrder } from './event-routes.ts';
import { pageParameters } from './pages.ts';
import { anywhere, headers, json, KEYED, KEYED_HEADERS } from './route-parts.ts';
import { parameters, pathParameter, problems, WITH_BODY } from './route-parts.ts';
import { invalid } from './problems.ts';
import { returnFromPayment } from './payment-routes.ts';
import { getProduct, listProducts } from './product-routes.ts';
import { getRefund, requestRefund } from './refund-routes.ts';
import * as schema from './schemas.ts';
import { requestShipment } from './shipment-routes.ts';
import { LONGEST_WAIT_SECONDS } from './waiting.ts';
import { WEBHOOK_ROUTES } from './webhook-routes.ts';

export const placeOrder = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders',
  operationId: 'placeOrder',
  tags: ['orders'],
  summary: 'Place an order',
  description:
    'One order per Idempotency-Key, for ever: a retry with the same key and body gets the same ' +
    'answer and places nothing. With `Prefer: wait=N` the answer waits for the decision, or for ' +
    'what the customer has to do before it.',
  parameters: parameters('Idempotency-Key', 'Prefer'),
  middleware: [idempotencyKey, jsonBody],
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: schema.placeOrderRequest, examples: orderRequests },
      },
    },
  },
  responses: {
    200: {
      description:
        'Decided while you waited (`Prefer: wait`): the order as it is now. Or the key is older ' +
        'than 90 days: where the order is that it placed.',
      headers: headers('Location', 'Preference-Applied', ...KEYED_HEADERS),
      content: {
        'application/json': {
          schema: z.union([schema.order, schema.archivedOrder]),
          examples: {
            decided: { summary: 'Decided while you waited', value: answers.decidedOrder },
            archived: { summary: 'The key is older than 90 days', value: answers.archivedOrder },
          },
        },
      },
    },
    202: {
      description:
        'Accepted, or accepted before: it will complete or be made good. Where the customer has to ' +
        'do something first, whoever waits is told at once: the order as it is, with `payment.action`.',
      headers: headers('Location', 'Preference-Applied', ...KEYED_HEADERS),
      content: {
        'application/json': {
          schema: z.union([schema.order, schema.acceptedOrder]),
          examples: {
            accepted: { summary: 'Accepted', value: answers.acceptedOrder },
            action: { summary: 'The customer has to do something', value: answers.waitingOrder },
          },
        },
      },
    },
    ...problems(
      ...anywhere('orders:write'),
      ...KEYED,
      ...WITH_BODY,
      'invalid-request',
      'unknown-sku',
      'mixed-currencies',
      'unknown-voucher',
      'voucher-not-applicable',
      'price-changed',
      'voucher-exhausted',
      'sold-out',
    ),
  },
});

const orderIdParameter = z.object({ id: pathParameter('id', answers.order.id) });

export const getOrder = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'getOrder',
  tags: ['orders'],
  summary: 'Get an order',
  parameters: parameters('If-None-Match'),
  middleware: [etag()],
  request: {
    params: orderIdParameter,
    query: z.object({
      wait: z
        .string()
        .regex(/^\d{1,2}$/, 'Must be a whole number of seconds.')
        .transform(Number)
        .pipe(z.number().max(LONGEST_WAIT_SECONDS))
        .optional()
        .openapi({
          type: 'integer',
          minimum: 0,
          maximum: LONGEST_WAIT_SECONDS,
          description: 'Seconds (0 to 30) to wait for the order to end, or to need the customer.',
        }),
    }),
  },
  responses: {
    200: {
      description: 'The order as it is now.',
      headers: headers('ETag'),
      content: json(schema.order, answers.order),
    },
    304: { description: 'As you know it (If-None-Match).', headers: headers('ETag') },
    ...problems(
      ...anywhere('orders:read'),
      'not-found',
      invalid({ field: 'wait', detail: 'Must be a whole number of seconds.' }),
    ),
  },
});

const moment = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'Must be a time of day with its offset, as RFC 3339 has it.' })
    .transform((text) => new Date(text))
    .optional()
    .openapi({ type: 'string', format: 'date-time', description });

export const listOrders = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tags: ['orders'],
  summary: 'List the orders',
  description:
    'Newest first. Orders that are placed meanwhile make no page repeat or leave out another.',
  parameters: parameters(),
  request: {
    query: z.strictObject({
      ...pageParameters,
      status: z.enum(ORDER_STATUSES).optional(),
      createdAfter: moment('Placed at that moment or later.'),
      createdBefore: moment('Placed before that moment.'),
      needsOperator: z
        .enum(['true', 'false'])
        .transform((word) => word === 'true')
        .optional()
        .openapi({ type: 'boolean', description: 'Whether an operator was called to it.' }),
    }),
  },
  responses: {
    200: {
      description: 'A page, newest first.',
      headers: headers(),
      content: json(schema.orderPage, answers.orderPage),
    },
    ...problems(
      ...anywhere('orders:read'),
      invalid({ field: 'cursor', detail: 'Must be a nextCursor.' }),
    ),
  },
});

export const cancelOrder = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  operationId: 'cancelOrder',
  tags: ['orders'],
  summary: 'Cancel an order',
  description: 'Decided at once, until the payment is being captured. Takes no body.',
  parameters: parameters('Idempotency-Key'),
  middleware: [idempotencyKey, noBody],
  request: { params: orderIdParameter },
  responses: {
    200: {
      description: 'The key is older than 90 days: the order that it cancelled.',
      headers: headers(...KEYED_HEADERS),
      content: json(schema.archivedOrder, answers.archivedOrder),
    },
    202: {
      description: 'Nothing will be captured; what was held is given back.',
      headers: headers(...KEYED_HEADERS),
      content: json(schema.cancelledOrder, answers.cancelledOrder),
    },
    ...problems(
      ...anywhere('orders:write'),
      ...KEYED,
      'not-found',
      'too-late-to-cancel',
      'body-too-large',
      invalid({ field: 'body', detail: 'This request takes no body.' }),
    ),
  },
});

/** All of them, in the order of the document. What is not in this list answers nobody. */
export const ROUTES = [
  placeOrder,
  listOrders,
  getOrder,
  followOrder,
  cancelOrder,
  returnFromPayment,
  requestShipment,
  requestRefund,
  getRefund,
  listProducts,
  getProduct,
  ...WEBHOOK_ROUTES,
] as const;
