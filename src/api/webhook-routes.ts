/** The routes of webhooks, as data. None takes a key: what is done twice does no harm here. */
import { createRoute, z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES } from '../domain/webhook.ts';
import { jsonBody, noBody } from './body.ts';
import { needs } from './guard.ts';
import { pageParameters } from './pages.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';
import { EXAMPLE_ENDPOINT, EXAMPLE_EVENT } from './webhook-examples.ts';
import { webhookAnswers as answers, webhookRequests as requests } from './webhook-examples.ts';
import * as schema from './webhook-schemas.ts';

const ENDPOINTS = '/v1/webhook-endpoints';
const ENDPOINT = `${ENDPOINTS}/{id}` as const;
const DELIVERY = `${ENDPOINT}/deliveries/{eventId}` as const;

const common = { ...needs('webhooks:write'), tags: ['webhooks'], parameters: parameters() };
const ANYWHERE = anywhere('webhooks:write');
const BODY = ['malformed-json', 'body-too-large', 'unsupported-media-type'] as const;
const NO_BODY = [
  'body-too-large',
  invalid({ field: 'body', detail: 'This request takes no body.' }),
] as const;

const named = z.object({ id: pathParameter('id', EXAMPLE_ENDPOINT) });
const delivered = named.extend({ eventId: pathParameter('eventId', EXAMPLE_EVENT) });

const wrongUrl = invalid({ field: 'url', detail: 'Must be an https URL.' });
const wrongCursor = invalid({ field: 'cursor', detail: 'Must be a nextCursor.' });

/** The body that a request has to have. */
function body<Schema extends z.ZodType>(
  of: Schema,
  examples: Record<string, { summary: string; value: object }>,
) {
  return { required: true, content: { 'application/json': { schema: of, examples } } };
}

/** The answer that a request was granted. */
function granted<Schema extends z.ZodType>(
  description: string,
  of: Schema,
  example: z.input<Schema>,
) {
  return { description, headers: headers(), content: json(of, example) };
}

export const createEndpoint = createRoute({
  ...common,
  method: 'post',
  path: ENDPOINTS,
  operationId: 'createWebhookEndpoint',
  summary: 'Create an endpoint',
  description:
    'It is sent every event from now on, or those of the types that you name, until it answers ' +
    '2xx. The answer tells the secret that signs them, this once.',
  middleware: [jsonBody],
  request: { body: body(schema.newEndpoint, requests.create) },
  responses: {
    201: {
      description: 'Created, with its secret.',
      headers: headers('Location'),
      content: json(schema.endpointWithSecret, answers.created),
    },
    ...problems(...ANYWHERE, ...BODY, wrongUrl, 'too-many-endpoints'),
  },
});

export const listEndpoints = createRoute({
  ...common,
  method: 'get',
  path: ENDPOINTS,
  operationId: 'listWebhookEndpoints',
  summary: 'List the endpoints',
  responses: {
    200: granted('All there are, oldest first.', schema.endpointPage, answers.endpointPage),
    ...problems(...ANYWHERE),
  },
});

export const getEndpoint = createRoute({
  ...common,
  method: 'get',
  path: ENDPOINT,
  operationId: 'getWebhookEndpoint',
  summary: 'Get an endpoint',
  request: { params: named },
  responses: {
    200: granted('The endpoint, without its secret.', schema.endpoint, answers.endpoint),
    ...problems(...ANYWHERE, 'not-found'),
  },
});

export const updateEndpoint = createRoute({
  ...common,
  method: 'patch',
  path: ENDPOINT,
  operationId: 'updateWebhookEndpoint',
  summary: 'Change, disable or enable an endpoint',
  middleware: [jsonBody],
  request: { params: named, body: body(schema.endpointChange, requests.update) },
  responses: {
    200: granted('As it is now.', schema.endpoint, answers.endpoint),
    ...problems(...ANYWHERE, ...BODY, 'not-found', wrongUrl),
  },
});

export const deleteEndpoint = createRoute({
  ...common,
  method: 'delete',
  path: ENDPOINT,
  operationId: 'deleteWebhookEndpoint',
  summary: 'Delete an endpoint',
  description: 'With its log, and with whatever was still owed to it.',
  middleware: [noBody],
  request: { params: named },
  responses: {
    204: { description: 'It is gone.', headers: headers() },
    ...problems(...ANYWHERE, ...NO_BODY, 'not-found'),
  },
});

export const rotateSecret = createRoute({
  ...common,
  method: 'post',
  path: `${ENDPOINT}/rotate-secret`,
  operationId: 'rotateWebhookSecret',
  summary: 'Get a new secret',
  description:
    'For a while both sign, so that each message has two signatures, and a receiver that knows ' +
    'either of them takes it. A rotation during that time ends it for the older one.',
  middleware: [jsonBody],
  request: { params: named, body: body(schema.rotation, requests.rotate) },
  responses: {
    200: granted('With its new secret.', schema.endpointWithSecret, answers.rotated),
    ...problems(
      ...ANYWHERE,
      ...BODY,
      'not-found',
      invalid({
        field: 'overlapSeconds',
        detail: 'Too big: expected number to be <=604800',
      }),
    ),
  },
});

export const testEndpoint = createRoute({
  ...common,
  method: 'post',
  path: `${ENDPOINT}/test`,
  operationId: 'testWebhookEndpoint',
  summary: 'Send a test event',
  description: 'A `webhook.test`, signed and tried again like any other.',
  middleware: [noBody],
  request: { params: named },
  responses: {
    202: {
      description: 'It will be sent: see its delivery.',
      headers: headers('Location'),
      content: json(schema.delivery, answers.asked),
    },
    ...problems(...ANYWHERE, ...NO_BODY, 'not-found'),
  },
});

export const listDeliveries = createRoute({
  ...common,
  method: 'get',
  path: `${ENDPOINT}/deliveries`,
  operationId: 'listWebhookDeliveries',
  summary: 'List the deliveries',
  description: 'Of each event, with every attempt. Newest first.',
  request: {
    params: named,
    query: z.strictObject({ ...pageParameters, status: z.enum(DELIVERY_STATUSES).optional() }),
  },
  responses: {
    200: granted('A page, newest first.', schema.deliveryPage, answers.deliveryPage),
    ...problems(...ANYWHERE, 'not-found', wrongCursor),
  },
});

export const getDelivery = createRoute({
  ...common,
  method: 'get',
  path: DELIVERY,
  operationId: 'getWebhookDelivery',
  summary: 'Get a delivery',
  request: { params: delivered },
  responses: {
    200: granted('The delivery, with its attempts.', schema.delivery, answers.delivery),
    ...problems(...ANYWHERE, 'not-found'),
  },
});

export const resendDelivery = createRoute({
  ...common,
  method: 'post',
  path: `${DELIVERY}/resend`,
  operationId: 'resendWebhookDelivery',
  summary: 'Send a delivery again',
  description: 'Whatever became of it before, under the same `webhook-id`.',
  middleware: [noBody],
  request: { params: delivered },
  responses: {
    202: granted('It will be sent.', schema.delivery, answers.delivery),
    ...problems(...ANYWHERE, ...NO_BODY, 'not-found'),
  },
});

export const resendFailed = createRoute({
  ...common,
  method: 'post',
  path: `${ENDPOINT}/resend`,
  operationId: 'resendFailedWebhooks',
  summary: 'Send again what has failed',
  middleware: [jsonBody],
  request: { params: named, body: body(schema.resendRequest, requests.resend) },
  responses: {
    202: granted('They will be sent.', schema.resent, answers.resent),
    ...problems(
      ...ANYWHERE,
      ...BODY,
      'not-found',
      invalid({
        field: 'since',
        detail: 'Must be a time of day with its offset, as RFC 3339 has it.',
      }),
    ),
  },
});

export const WEBHOOK_ROUTES = [
  createEndpoint,
  listEndpoints,
  getEndpoint,
  updateEndpoint,
  deleteEndpoint,
  rotateSecret,
  testEndpoint,
  listDeliveries,
  getDelivery,
  resendDelivery,
  resendFailed,
] as const;
