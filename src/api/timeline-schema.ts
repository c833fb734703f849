/** A line of an order's story. What it has besides depends on its kind. */
import { z } from '@hono/zod-openapi';
import { money } from './schemas.ts';

export const timelineEntry = z
  .object({
    at: z.iso.datetime(),
    kind: z.enum([
      'request',
      'run',
      'gateway',
      'step',
      'parked',
      'event',
      'mail',
      'operator',
      'difference',
    ]),
    text: z.string().openapi({ description: 'In words.' }),
    sagaId: z.string().optional().openapi({
      description: 'The order, or its refund: the ID of the run.',
      example: 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb',
    }),
    request: z.string().optional(),
    requestId: z.string().optional(),
    operation: z.string().optional(),
    n: z.number().int().optional().openapi({ description: 'Which attempt at the gateway.' }),
    phase: z.string().optional(),
    gatewayId: z.string().optional(),
    outcome: z.string().optional(),
    amount: money.optional(),
    step: z.string().optional(),
    direction: z.enum(['do', 'undo']).optional(),
    refused: z.string().optional(),
    detail: z.string().optional(),
    eventId: z.string().optional(),
    type: z.string().optional(),
    sequence: z.number().int().optional(),
    mail: z.string().optional(),
    messageId: z.string().optional(),
    operatorActionId: z.number().int().optional(),
    operator: z.string().optional(),
    action: z.string().optional(),
    why: z.string().optional(),
    differenceId: z.string().optional(),
    difference: z.string().optional(),
    links: z.object({ run: z.string() }).optional(),
  })
  .openapi('TimelineEntry');
