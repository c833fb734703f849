/** The routes of what operators see, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { needs } from './guard.ts';
import { EXAMPLE, operationsAnswers } from './operations-examples.ts';
import * as schema from './operations-schemas.ts';
import { pageParameters } from './pages.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';

const tags = ['operations'];
const anybody = anywhere('operations');
const idParameter = pathParameter('id', EXAMPLE.id);

const badCursor = invalid({ field: 'cursor', detail: 'Must be a nextCursor.' });

export const getSummary = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/summary',
  operationId: 'getSummary',
  tags,
  summary: 'Numbers at a glance',
  parameters: parameters(),
  responses: {
    200: {
      description: 'Of all tenants, as they are now.',
      headers: headers(),
      content: json(schema.summary, operationsAnswers.summary),
    },
    ...problems(...anybody),
  },
});

export const getQueue = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/queue',
  operationId: 'getQueue',
  tags,
  summary: 'The queue by cause',
  description:
    'Parked steps, and orders whose run is blocked. One cause is one step in one direction whose ' +
    'last attempts ended alike. The longest waiting first, with the first orders of each.',
  parameters: parameters(),
  responses: {
    200: {
      description: 'All causes.',
      headers: headers(),
      content: json(schema.queue, operationsAnswers.queue),
    },
    ...problems(...anybody),
  },
});

export const listCause = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/queue/{cause}',
  operationId: 'listCause',
  tags,
  summary: 'The orders of one cause',
  parameters: parameters(),
  request: {
    params: z.object({ cause: pathParameter('cause', EXAMPLE.cause) }),
    query: z.strictObject(pageParameters),
  },
  responses: {
    200: {
      description: 'A page, the longest waiting first. Empty once nothing has that cause any more.',
      headers: headers(),
      content: json(schema.troublePage, operationsAnswers.troublePage),
    },
    ...problems(...anybody, badCursor, 'not-found'),
  },
});

export const getRetry = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/retries/{id}',
  operationId: 'getRetry',
  tags,
  summary: 'How far a retry has come',
  parameters: parameters(),
  request: { params: z.object({ id: pathParameter('id', operationsAnswers.retry.id) }) },
  responses: {
    200: {
      description: 'As it is now.',
      headers: headers(),
      content: json(schema.queueRetry, operationsAnswers.retry),
    },
    ...problems(...anybody, 'not-found'),
  },
});

export const searchOrders = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/orders',
  operationId: 'searchOrders',
  tags,
  summary: 'Find orders by any name they go by',
  description:
    'By the whole of it: the ID of the order, of a request, of a refund or of an event; the ' +
    'gateway’s ID of the payment or of a refund; a tracking number; the customer’s e-mail address.',
  parameters: parameters(),
  request: {
    query: z.strictObject({
      ...pageParameters,
      q: z
        .string()
        .trim()
        .regex(/^[\x21-\x7e]{3,254}$/, 'Must be 3 to 254 visible ASCII characters.')
        .openapi({ description: 'What to look for.', example: EXAMPLE.requestId }),
    }),
  },
  responses: {
    200: {
      description: 'A page, newest first.',
      headers: headers(),
      content: json(schema.foundPage, operationsAnswers.foundPage),
    },
    ...problems(
      ...anybody,
      invalid({ field: 'q', detail: 'Must be 3 to 254 visible ASCII characters.' }),
    ),
  },
});

export const getStory = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/orders/{id}',
  operationId: 'getStory',
  tags,
  summary: 'An order whole, with all that has happened to it',
  description: 'By its own ID, or by that of a refund. The timeline is one list, oldest first.',
  parameters: parameters(),
  request: { params: z.object({ id: idParameter }) },
  responses: {
    200: {
      description: 'The order as it is now.',
      headers: headers(),
      content: json(schema.story, operationsAnswers.story),
    },
    ...problems(...anybody, 'not-found'),
  },
});
