/** The routes as data: what OpenAPI says of them is what is checked. Handlers stand elsewhere. */
import { createRoute, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { jsonBody, noBody } from './body.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { headerOf, headerParameter, json, keyParameter, problems } from './route-parts.ts';
import { replayHeaders } from './route-parts.ts';
import { getRefund, requestRefund } from './refund-routes.ts';
import * as schema from './schemas.ts';
import { LONGEST_WAIT_SECONDS } from './waiting.ts';

export const placeOrder = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders',
  operationId: 'placeOrder',
  summary: 'Place an order',
  description:
    'One order per Idempotency-Key, for ever: a retry with the same key and body gets the same ' +
    'answer and places nothing. With `Prefer: wait=N` the answer waits for the decision.',
  parameters: [
    keyParameter(),
    headerParameter('Prefer', 'wait=N: wait up to N (0 to 30) seconds for the decision.'),
  ],
  middleware: [idempotencyKey, jsonBody],
  request: { body: { required: true, content: json(schema.placeOrderRequest) } },
  responses: {
    200: {
      description: 'Decided while you waited (`Prefer: wait`): the order as it is now.',
      headers: replayHeaders(),
      content: json(schema.order),
    },
    202: {
      description: 'Accepted, or accepted before: it will complete or be made good.',
      headers: replayHeaders(),
      content: json(schema.acceptedOrder),
    },
    ...problems(400, 401, 403, 409, 413, 415, 422, 503),
  },
});

const orderIdParameter = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' } }),
});

export const getOrder = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'getOrder',
  summary: 'Get an order',
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
          description: 'Wait up to so many seconds (0 to 30) for the order to end.',
        }),
    }),
  },
  responses: {
    200: {
      description: 'The order as it is now.',
      headers: { ETag: headerOf('For If-None-Match.') },
      content: json(schema.order),
    },
    304: { description: 'As you know it (If-None-Match).' },
    ...problems(400, 401, 403, 404, 503),
  },
});

export const cancelOrder = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  operationId: 'cancelOrder',
  summary: 'Cancel an order',
  description: 'Decided at once, until the payment is being captured. Takes no body.',
  parameters: [keyParameter()],
  middleware: [idempotencyKey, noBody],
  request: { params: orderIdParameter },
  responses: {
    202: {
      description: 'Nothing will be captured; what was held is given back.',
      headers: { 'Idempotent-Replayed': headerOf('true on a replay.') },
      content: json(schema.cancelledOrder),
    },
    ...problems(400, 401, 403, 404, 409, 422, 503),
  },
});

export const listProducts = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/products',
  operationId: 'listProducts',
  summary: 'List the products',
  request: {
    query: z.object({
      limit: z
        .string()
        .regex(/^\d{1,3}$/, 'Must be a whole number.')
        .transform(Number)
        .pipe(z.number().min(1).max(100))
        .default(50)
        .openapi({ type: 'integer', description: '1 to 100; 50 if not given.' }),
      cursor: z
        .string()
        .regex(/^[\w-]{1,400}$/, 'Must be a nextCursor.')
        .optional()
        .openapi({ description: 'The nextCursor of the page before.' }),
    }),
  },
  responses: {
    200: { description: 'A page, in SKU order.', content: json(schema.productPage) },
    ...problems(400, 401, 403, 503),
  },
});

export const getProduct = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/products/{sku}',
  operationId: 'getProduct',
  summary: 'Get a product',
  request: {
    params: z.object({ sku: z.string().openapi({ param: { name: 'sku', in: 'path' } }) }),
  },
  responses: {
    200: { description: 'The product.', content: json(schema.product) },
    ...problems(401, 403, 404, 503),
  },
});

/** All of them, in the order of the document. What is not in this list answers nobody. */
export const ROUTES = [
  placeOrder,
  getOrder,
  cancelOrder,
  requestRefund,
  getRefund,
  listProducts,
  getProduct,
] as const;
