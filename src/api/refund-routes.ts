/** The routes of refunds, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { jsonBody } from './body.ts';
import { answers, refundRequests } from './examples.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { invalid, Problem } from './problems.ts';
import * as schema from './refund-schemas.ts';
import { anywhere, headers, json, KEYED, KEYED_HEADERS } from './route-parts.ts';
import { parameters, pathParameter, problems, WITH_BODY } from './route-parts.ts';

const orderIdParameter = pathParameter('id', answers.order.id);

/** Why a refund is not granted, to a client and to an operator alike. */
export const WHY_NO_REFUND = [
  ...KEYED,
  ...WITH_BODY,
  'not-found',
  'order-in-progress',
  'amount-exceeds-captured',
  'lines-exceed-order',
  invalid({ field: 'lines', detail: 'Send an amount or lines, not both.' }),
  new Problem('unknown-sku', {
    detail: 'The order has no line of that SKU.',
    errors: [{ field: 'lines[0].sku', detail: 'The order has no such line.' }],
  }),
] as const;

export const requestRefund = createRoute({
  ...needs('refunds:write'),
  method: 'post',
  path: '/v1/orders/{id}/refunds',
  operationId: 'requestRefund',
  tags: ['refunds'],
  summary: 'Refund an order',
  description:
    'Once the checkout has ended, as often as there is money left: an amount, or lines at the ' +
    'price they were sold for. With neither, all that is left. One refund per Idempotency-Key, ' +
    'for ever. Banks take their time: GET tells when it has succeeded, or failed.',
  parameters: parameters('Idempotency-Key'),
  middleware: [idempotencyKey, jsonBody],
  request: {
    params: z.object({ id: orderIdParameter }),
    body: {
      required: true,
      content: { 'application/json': { schema: schema.refundRequest, examples: refundRequests } },
    },
  },
  responses: {
    200: {
      description: 'The key is older than 90 days: where the refund is that it made.',
      headers: headers('Location', ...KEYED_HEADERS),
      content: json(schema.archivedRefund, answers.archivedRefund),
    },
    202: {
      description: 'Accepted, or accepted before: the gateway is asked until it has decided.',
      headers: headers('Location', ...KEYED_HEADERS),
      content: json(schema.acceptedRefund, answers.acceptedRefund),
    },
    ...problems(...anywhere('refunds:write'), ...WHY_NO_REFUND),
  },
});

export const getRefund = createRoute({
  ...needs('refunds:write'),
  method: 'get',
  path: '/v1/orders/{id}/refunds/{refundId}',
  operationId: 'getRefund',
  tags: ['refunds'],
  summary: 'Get a refund',
  parameters: parameters('If-None-Match'),
  middleware: [etag()],
  request: {
    params: z.object({
      id: orderIdParameter,
      refundId: pathParameter('refundId', answers.refund.id),
    }),
  },
  responses: {
    200: {
      description: 'The refund as it is now.',
      headers: headers('ETag'),
      content: json(schema.refund, answers.refund),
    },
    304: { description: 'As you know it (If-None-Match).', headers: headers('ETag') },
    ...problems(...anywhere('refunds:write'), 'not-found'),
  },
});
