/** The routes of what operators do, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { jsonBody } from './body.ts';
import { needs } from './guard.ts';
import { idempotencyKey } from './idempotency.ts';
import { EXAMPLE, operationsAnswers, operationsRequests } from './operations-examples.ts';
import * as schema from './operations-schemas.ts';
import { storyPath } from './operations-shown.ts';
import { invalid, Problem } from './problems.ts';
import { WHY_NO_REFUND } from './refund-routes.ts';
import { anywhere, headers, json, KEYED, KEYED_HEADERS } from './route-parts.ts';
import { parameters, pathParameter, problems, WITH_BODY } from './route-parts.ts';

const tags = ['operations'];
const anybody = anywhere('operations');
const idParameter = pathParameter('id', EXAMPLE.id);

/** What a route may answer that takes a body and no key. */
const BODY_ALONE = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  invalid({ field: 'why', detail: 'This field is required.' }),
] as const;

export const retryCause = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/queue/retry',
  operationId: 'retryCause',
  tags,
  summary: 'Retry all of a cause',
  description:
    'All steps that are parked by it now are tried again, 50 a second; each gets an operator ' +
    'action of its own. A process that dies leaves the rest to another one.',
  parameters: parameters(),
  middleware: [jsonBody],
  request: {
    body: { required: true, content: json(schema.retryRequest, operationsRequests.retry) },
  },
  responses: {
    202: {
      description: 'Written down; `links.self` tells how far it has come.',
      headers: headers('Location'),
      content: json(schema.queueRetry, operationsAnswers.retry),
    },
    ...problems(...anybody, ...BODY_ALONE, nothingParked()),
  },
});

export function nothingParked(): Problem<'step-not-parked'> {
  return new Problem('step-not-parked', { detail: 'No step is parked by that cause.' });
}

export const resolveStep = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/orders/{id}/steps/{step}/resolve',
  operationId: 'resolveStep',
  tags,
  summary: 'Decide a parked step',
  description:
    'Of an order or, by its ID, of a refund. Nobody decides a step twice, so it needs no key: what ' +
    'was decided is not parked any more.',
  parameters: parameters(),
  middleware: [jsonBody],
  request: {
    params: z.object({ id: idParameter, step: pathParameter('step', EXAMPLE.step) }),
    body: { required: true, content: json(schema.resolveRequest, operationsRequests.resolve) },
  },
  responses: {
    200: {
      description: 'Written down, and the run is told.',
      headers: headers(),
      content: json(schema.resolution, operationsAnswers.resolution),
    },
    ...problems(...anybody, ...BODY_ALONE, 'not-found', 'step-not-parked', 'attempt-under-way'),
  },
});

export const cancelForOperator = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/orders/{id}/cancel',
  operationId: 'operatorCancel',
  tags,
  summary: 'Cancel an order',
  description: 'As its client would, by the same gate.',
  parameters: parameters('Idempotency-Key'),
  middleware: [idempotencyKey, jsonBody],
  request: {
    params: z.object({ id: idParameter }),
    body: { required: true, content: json(schema.because, operationsRequests.cancel) },
  },
  responses: {
    202: {
      description: 'Nothing will be captured; what was held is given back.',
      headers: headers(...KEYED_HEADERS),
      content: json(schema.operatorCancelled, operationsAnswers.cancelled),
    },
    ...problems(
      ...anybody,
      ...KEYED,
      ...WITH_BODY,
      invalid({ field: 'why', detail: 'This field is required.' }),
      'not-found',
      new Problem('too-late-to-cancel', {
        members: { links: { refunds: `${storyPath(EXAMPLE.id)}/refunds` } },
      }),
    ),
  },
});

export const refundForOperator = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/orders/{id}/refunds',
  operationId: 'operatorRefund',
  tags,
  summary: 'Refund an order',
  description: 'As its client would, within the same limits. One refund per Idempotency-Key.',
  parameters: parameters('Idempotency-Key'),
  middleware: [idempotencyKey, jsonBody],
  request: {
    params: z.object({ id: idParameter }),
    body: {
      required: true,
      content: json(schema.operatorRefundRequest, operationsRequests.refund),
    },
  },
  responses: {
    202: {
      description: 'Accepted, or accepted before: the gateway is asked until it has decided.',
      headers: headers(...KEYED_HEADERS),
      content: json(schema.operatorRefund, operationsAnswers.refund),
    },
    ...problems(...anybody, ...WHY_NO_REFUND),
  },
});
