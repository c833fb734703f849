/** What goes in and out about refunds. */
import { z } from '@hono/zod-openapi';
import { REFUND_STATUSES } from '../domain/refund.ts';
import { archived, money, orderId, orderLines } from './schemas.ts';

export const refundRequest = z
  .strictObject({
    amount: money
      .refine(({ value }) => value !== '0', { path: ['value'], message: 'Must be more than 0.' })
      .optional(),
    lines: orderLines.optional(),
    restock: z.boolean().optional().openapi({
      description:
        'Whether the lines go back on the shelf once the money is back. Only with lines.',
    }),
  })
  .refine(({ amount, lines }) => amount === undefined || lines === undefined, {
    path: ['lines'],
    message: 'Send an amount or lines, not both.',
  })
  .refine(({ lines, restock }) => restock === undefined || lines !== undefined, {
    path: ['restock'],
    message: 'Needs lines: which goods are back?',
  })
  .openapi('RefundRequest', {
    description: 'An amount, or lines, or neither for all that is left.',
    not: { required: ['amount', 'lines'], properties: { amount: {}, lines: {} } },
    anyOf: [
      { required: ['lines'], properties: { lines: {} } },
      { not: { required: ['restock'], properties: { restock: {} } } },
    ],
  });

const refundId = z.string().openapi({ example: 'rfd_01jd7m8z3fe4x8q2v5t6y7h9kb' });
const links = z.object({ self: z.string(), order: z.string() });

export const acceptedRefund = z
  .object({ id: refundId, orderId, createdAt: z.iso.datetime(), amount: money, links })
  .openapi('AcceptedRefund', {
    description: 'Facts that never change: a replay is byte-identical.',
  });

export const archivedRefund = z
  .object({ id: refundId, links, archived })
  .openapi('ArchivedRefund', {
    description: 'The key is older than 90 days: it made this refund, and will never make another.',
  });

export const refund = z
  .object({
    id: refundId,
    orderId,
    status: z.enum(REFUND_STATUSES).openapi({
      description: 'The amount of a failed refund may be refunded again.',
    }),
    amount: money,
    lines: z.array(z.object({ sku: z.string(), quantity: z.number().int() })).optional(),
    restock: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    links,
  })
  .openapi('Refund');
