/** The route of an order's events, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { answers, eventFrames } from './examples.ts';
import { needs } from './guard.ts';
import { pageParameters } from './pages.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';
import * as schema from './schemas.ts';

export const followOrder = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/orders/{id}/events',
  operationId: 'followOrder',
  tags: ['orders'],
  summary: 'Follow an order',
  description:
    'With `Accept: text/event-stream` a stream of server-sent events, one by one as they happen, ' +
    'each with the JSON of an Event as its data. A comment is sent when nothing happens. The ' +
    'stream ends with the last event, and now and then before that: come back with ' +
    '`Last-Event-ID`, and it goes on without gap or repeat, at any process. 204 says that nothing ' +
    'follows any more. Otherwise a page of the events so far, in the order of their sequence; ' +
    '`limit` and `cursor` are for pages only.',
  parameters: parameters('Last-Event-ID'),
  request: {
    params: z.object({ id: pathParameter('id', answers.order.id) }),
    query: z.strictObject(pageParameters),
  },
  responses: {
    200: {
      description: 'A page, or a stream.',
      headers: headers('Vary', 'X-Accel-Buffering'),
      content: {
        ...json(schema.eventPage, answers.eventPage),
        'text/event-stream': { schema: z.string(), example: eventFrames },
      },
    },
    204: {
      description: 'Nothing follows the event that you saw last.',
      headers: headers('Vary'),
    },
    ...problems(
      ...anywhere('orders:read'),
      'not-found',
      invalid({ field: 'Last-Event-ID', detail: 'Must be the ID of an event of this order.' }),
    ),
  },
});
