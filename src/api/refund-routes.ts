/** The routes of refunds, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { jsonBody } from './body.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { headerOf, json, keyParameter, problems, replayHeaders } from './route-parts.ts';
import * as schema from './refund-schemas.ts';

const pathId = (name: string) => z.string().openapi({ param: { name, in: 'path' } });

export const requestRefund = createRoute({
  ...needs('refunds:write'),
  method: 'post',
  path: '/v1/orders/{id}/refunds',
  operationId: 'requestRefund',
  summary: 'Refund an order',
  description:
    'Once the checkout has ended, as often as there is money left: an amount, or lines at the ' +
    'price they were sold for. With neither, all that is left. One refund per Idempotency-Key, ' +
    'for ever. Banks take their time: GET tells when it has succeeded, or failed.',
  parameters: [keyParameter()],
  middleware: [idempotencyKey, jsonBody],
  request: {
    params: z.object({ id: pathId('id') }),
    body: { required: true, content: json(schema.refundRequest) },
  },
  responses: {
    202: {
      description: 'Accepted, or accepted before: the gateway is asked until it has decided.',
      headers: replayHeaders('The refund.'),
      content: json(schema.acceptedRefund),
    },
    ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
  },
});

export const getRefund = createRoute({
  ...needs('refunds:write'),
  method: 'get',
  path: '/v1/orders/{id}/refunds/{refundId}',
  operationId: 'getRefund',
  summary: 'Get a refund',
  middleware: [etag()],
  request: { params: z.object({ id: pathId('id'), refundId: pathId('refundId') }) },
  responses: {
    200: {
      description: 'The refund as it is now.',
      headers: { ETag: headerOf('For If-None-Match.') },
      content: json(schema.refund),
    },
    304: { description: 'As you know it (If-None-Match).' },
    ...problems(401, 403, 404, 503),
  },
});
