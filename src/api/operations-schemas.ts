/** What goes in and out of the operations API. */
import { z } from '@hono/zod-openapi';
import { ORDER_STATUSES } from '../domain/order.ts';
import { REFUND_STATUSES } from '../domain/refund.ts';
import { captures } from './difference-schemas.ts';
import { refundRequest } from './refund-schemas.ts';
import { money, orderId, paymentAction, text, voucher } from './schemas.ts';
import { timelineEntry } from './timeline-schema.ts';

const ACTIONS = ['retry', 'mark-done', 'skip', 'refuse'] as const;

// Enough for what somebody asks about it afterwards.
const why = text(1_000).openapi({
  description: 'Asked for afterwards. Names no customer.',
  example: 'the carrier called: it went out',
});
const cause = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'Must be a cause of the queue, and of parked steps.')
  .openapi({ example: '4be0c2d1f3a59687' });

export const because = z.strictObject({ why }).openapi('Because');

export const resolveRequest = z
  .strictObject({
    action: z.enum(ACTIONS),
    why,
    trackingNumber: text(100).optional().openapi({
      description: 'Of a shipment that went out by hand.',
    }),
  })
  .openapi('ResolveRequest');

export const retryRequest = z.strictObject({ cause, why }).openapi('RetryRequest');

export const operatorRefundRequest = refundRequest
  .safeExtend({ why })
  .openapi('OperatorRefundRequest', {
    description: 'An amount, or lines, or neither for all that is left.',
  });

const sagaId = z.string().openapi({
  description: 'The order, or its refund: the ID of the run.',
  example: 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb',
});
const status = z.enum(ORDER_STATUSES);
const direction = z.enum(['do', 'undo']);
const counts = z.record(z.string(), z.number().int()).openapi({
  description: 'How many, by status.',
  example: { accepted: 2, paid: 1 },
});
const run = z.string().optional().openapi({
  description: 'The run in the Temporal UI, where TEMPORAL_UI_URL is set.',
});
const at = z.iso.datetime();

export const summary = z
  .object({
    unfinished: counts,
    placedLastDay: counts.openapi({
      description: 'How many, by status. Of more than 50,000 orders no more are counted.',
    }),
    oldestUnfinished: z
      .object({ id: orderId, status, createdAt: at, links: z.object({ self: z.string() }) })
      .nullable(),
    parked: z.number().int().openapi({ description: 'Steps and undos.' }),
    blocked: z.number().int().openapi({ description: 'Orders whose run cannot go on.' }),
    atRisk: z.array(money).openapi({
      description: 'Held or taken for orders in the queue, and not given back.',
    }),
    captures,
    differences: z
      .object({ open: z.number().int(), settling: z.number().int() })
      .openapi({ description: 'Between our book and the gateway’s.' }),
  })
  .openapi('Summary');

const trouble = z
  .object({
    orderId,
    sagaId,
    tenant: z.string(),
    status,
    amount: money,
    since: at,
    step: z.string().optional().openapi({ description: 'Of what is parked.' }),
    direction: direction.optional(),
    detail: z.string().optional().openapi({ description: 'What its last attempt ended with.' }),
    choices: z.array(z.enum(ACTIONS)).optional(),
    links: z.object({ self: z.string(), run }),
  })
  .openapi('Trouble');

export const queue = z
  .object({
    data: z.array(
      z.object({
        cause: z.string().openapi({ description: '`blocked` for runs that cannot go on.' }),
        step: z.string().nullable(),
        direction: direction.nullable(),
        ending: z.string().nullable().openapi({
          description: 'What the last attempts ended with, without IDs.',
        }),
        count: z.number().int(),
        oldest: at,
        atStake: z.array(money).openapi({ description: 'What these orders come to.' }),
        first: z.array(trouble),
        links: z.object({ self: z.string() }),
      }),
    ),
  })
  .openapi('Queue');

export const troublePage = z
  .object({ data: z.array(trouble), nextCursor: z.string().nullable() })
  .openapi('TroublePage');

export const queueRetry = z
  .object({
    id: z.string().openapi({ example: '7' }),
    cause,
    operator: z.string(),
    why: z.string(),
    askedAt: at,
    asked: z.number().int().openapi({ description: 'How many steps were parked then.' }),
    retried: z.number().int().openapi({ description: 'Of how many the word has been given.' }),
    endedAt: at.nullable(),
    links: z.object({ self: z.string() }),
  })
  .openapi('QueueRetry');

export const foundPage = z
  .object({
    data: z.array(
      z.object({
        id: orderId,
        tenant: z.string(),
        status,
        amount: money,
        needsOperator: z.boolean(),
        createdAt: at,
        foundBy: z.string().openapi({
          description:
            'Which name it was: order, request, payment, refund, shipment, event, customer.',
          example: 'request',
        }),
        links: z.object({ self: z.string(), run }),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi('FoundPage');

const minorUnits = z.string().openapi({ example: '3998' });

export const story = z
  .object({
    id: orderId,
    tenant: z.string(),
    status,
    gate: z.string(),
    reason: z.string().nullable(),
    amount: money,
    voucher: voucher.optional(),
    lines: z.array(z.object({ sku: z.string(), quantity: z.number().int(), unitPrice: money })),
    payment: z.object({
      intentId: z.string().nullable(),
      authorized: minorUnits,
      captured: minorUnits,
      refunded: minorUnits,
      action: paymentAction.optional(),
    }),
    shipment: z.object({ trackingNumber: z.string() }).optional(),
    refunds: z.array(
      z.object({
        id: z.string(),
        status: z.enum(REFUND_STATUSES),
        amount: money,
        gatewayId: z.string().nullable(),
      }),
    ),
    requestId: z.string(),
    needsOperator: z.boolean(),
    blockedSince: at.nullable(),
    erasedAt: at.nullable(),
    createdAt: at,
    updatedAt: at,
    parked: z.array(
      z.object({
        sagaId,
        step: z.string(),
        direction,
        detail: z.string(),
        parkedAt: at,
        choices: z.array(z.enum(ACTIONS)),
        links: z.object({ resolve: z.string() }),
      }),
    ),
    timeline: z.array(timelineEntry),
    links: z.object({ self: z.string(), cancel: z.string(), refunds: z.string(), run }),
  })
  .openapi('Story', { description: 'No personal data: the customer is found, not shown.' });

export const resolution = z
  .object({
    operatorActionId: z.number().int(),
    woken: z.boolean().openapi({
      description: 'Whether the run was told. If not, it looks by itself within a minute.',
    }),
    links: z.object({ order: z.string() }),
  })
  .openapi('Resolution');

const orderLink = z.object({ order: z.string() });
export const operatorCancelled = z
  .object({ id: orderId, links: orderLink })
  .openapi('OperatorCancelAccepted');
export const operatorRefund = z
  .object({
    id: z.string().openapi({ example: 'rfd_01jd7m8z3fe4x8q2v5t6y7h9kb' }),
    orderId,
    links: orderLink,
  })
  .openapi('OperatorRefundAccepted');
