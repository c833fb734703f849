/** What a shop says of a payment: that the customer is back from their bank. */
import { createRoute, z } from '@hono/zod-openapi';
import { noBody } from './body.ts';
import { answers } from './examples.ts';
import { needs } from './guard.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';
import { order } from './schemas.ts';

export const returnFromPayment = createRoute({
  ...needs('orders:write'),
  method: 'post',
  path: '/v1/orders/{id}/payment/return',
  operationId: 'returnFromPayment',
  tags: ['orders'],
  summary: 'Tell that the customer is back',
  description:
    'A hint, to be sent when the customer comes back to `returnUrl`: the order looks at once what became ' +
    'of its payment. What the customer brings along is not believed, so there is no body; without the ' +
    'hint the order looks by itself. May be repeated.',
  parameters: parameters(),
  middleware: [noBody],
  request: { params: z.object({ id: pathParameter('id', answers.order.id) }) },
  responses: {
    202: {
      description: 'The order as it is now; it goes on by itself.',
      headers: headers(),
      content: json(order, answers.waitingOrder),
    },
    ...problems(
      ...anywhere('orders:write'),
      'not-found',
      'body-too-large',
      invalid({ field: 'body', detail: 'This request takes no body.' }),
    ),
  },
});
