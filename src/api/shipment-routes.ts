/** The route of shipments, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { jsonBody } from './body.ts';
import { answers, shipmentRequests } from './examples.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { invalid, Problem } from './problems.ts';
import { anywhere, headers, json, KEYED, KEYED_HEADERS } from './route-parts.ts';
import { parameters, pathParameter, problems, WITH_BODY } from './route-parts.ts';
import * as schema from './shipment-schemas.ts';

export const requestShipment = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders/{id}/shipments',
  operationId: 'requestShipment',
  tags: ['orders'],
  summary: 'Ship an order, whole or in part',
  description:
    'Of an order whose payment is captured at shipment, as often as there is something left. The ' +
    'carrier is asked first, and then so much is captured as was shipped. One shipment per ' +
    'Idempotency-Key, for ever. The order lists what became of each.',
  parameters: parameters('Idempotency-Key'),
  middleware: [idempotencyKey, jsonBody],
  request: {
    params: z.object({ id: pathParameter('id', answers.order.id) }),
    body: {
      required: true,
      content: {
        'application/json': { schema: schema.shipmentRequest, examples: shipmentRequests },
      },
    },
  },
  responses: {
    200: {
      description: 'The key is older than 90 days: the shipment that it made.',
      headers: headers('Location', ...KEYED_HEADERS),
      content: json(schema.archivedShipment, answers.archivedShipment),
    },
    202: {
      description: 'Accepted, or accepted before: it is handed over, and then captured.',
      headers: headers('Location', ...KEYED_HEADERS),
      content: json(schema.acceptedShipment, answers.acceptedShipment),
    },
    ...problems(
      ...anywhere('orders:write'),
      ...KEYED,
      ...WITH_BODY,
      'not-found',
      'order-not-shippable',
      'shipment-exceeds-order',
      invalid({ field: 'lines', detail: 'Too small: expected array to have >=1 items' }),
      new Problem('unknown-sku', {
        detail: 'The order has no line of that SKU.',
        errors: [{ field: 'lines[0].sku', detail: 'The order has no such line.' }],
      }),
    ),
  },
});
