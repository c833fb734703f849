/** The routes about differences between the books, and about halted captures, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { jsonBody } from './body.ts';
import { needs } from './guard.ts';
import { differenceAnswers, differenceRequests } from './difference-examples.ts';
import * as schema from './difference-schemas.ts';
import { because } from './operations-schemas.ts';
import { pageParameters } from './pages.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';

const tags = ['operations'];
const anybody = anywhere('operations');
const request = {
  params: z.object({ id: pathParameter('id', differenceAnswers.difference.id) }),
};
const bodyOf = (example: z.input<typeof because>) => ({
  body: { required: true, content: json(because, example) },
});
const BODY = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  invalid({ field: 'why', detail: 'This field is required.' }),
] as const;

export const listDifferences = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/differences',
  operationId: 'listDifferences',
  tags,
  summary: 'Where our book and the gateway’s differ',
  parameters: parameters(),
  request: {
    query: z.strictObject({
      ...pageParameters,
      state: schema.differenceState.optional().openapi({ description: 'Those in one state.' }),
    }),
  },
  responses: {
    200: {
      description: 'A page, newest first.',
      headers: headers(),
      content: json(schema.differencesPage, differenceAnswers.page),
    },
    ...problems(...anybody, invalid({ field: 'cursor', detail: 'Must be a nextCursor.' })),
  },
});

export const getDifference = createRoute({
  ...needs('operations'),
  method: 'get',
  path: '/v1/operations/differences/{id}',
  operationId: 'getDifference',
  tags,
  summary: 'One difference',
  parameters: parameters(),
  request,
  responses: {
    200: {
      description: 'As it is now.',
      headers: headers(),
      content: json(schema.difference, differenceAnswers.difference),
    },
    ...problems(...anybody, 'not-found'),
  },
});

export const explainDifference = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/differences/{id}/explain',
  operationId: 'explainDifference',
  tags,
  summary: 'Account for a difference',
  description: 'It calls nobody any more. If what differs changes, that is another difference.',
  parameters: parameters(),
  middleware: [jsonBody],
  request: { ...request, ...bodyOf(differenceRequests.explain) },
  responses: {
    200: {
      description: 'Written down, with who and why.',
      headers: headers(),
      content: json(schema.difference, differenceAnswers.explained),
    },
    ...problems(...anybody, ...BODY, 'not-found', 'difference-closed'),
  },
});

export const haltCaptures = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/captures/halt',
  operationId: 'haltCaptures',
  tags,
  summary: 'Halt all captures',
  description:
    'No order gets past its capture: each waits, can still be cancelled, and goes on by itself ' +
    'when captures are resumed. Halted twice, the first halt stands.',
  parameters: parameters(),
  middleware: [jsonBody],
  request: bodyOf(differenceRequests.halt),
  responses: {
    200: {
      description: 'The halt in force.',
      headers: headers(),
      content: json(schema.captures, differenceAnswers.halted),
    },
    ...problems(...anybody, ...BODY),
  },
});

export const resumeCaptures = createRoute({
  ...needs('operations'),
  method: 'post',
  path: '/v1/operations/captures/resume',
  operationId: 'resumeCaptures',
  tags,
  summary: 'Let captures go on',
  parameters: parameters(),
  middleware: [jsonBody],
  request: bodyOf(differenceRequests.resume),
  responses: {
    200: {
      description: 'No halt is in force.',
      headers: headers(),
      content: json(schema.captures, differenceAnswers.resumed),
    },
    ...problems(...anybody, ...BODY),
  },
});
