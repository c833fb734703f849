/** What the operations API says of differences between the books, and of halted captures. */
import { z } from '@hono/zod-openapi';
import { DIFFERENCE_KINDS } from '../domain/difference.ts';
import { DIFFERENCE_STATES } from '../operator/ports.ts';
import { orderId } from './schemas.ts';

const at = z.iso.datetime();
const minorUnits = z.string().openapi({ example: '3998' });

export const captures = z
  .object({
    halted: z.boolean(),
    since: at.optional(),
    by: z.string().optional().openapi({ description: 'An operator, or `reconciler`.' }),
    why: z.string().optional(),
  })
  .openapi('Captures', { description: 'While they are halted orders wait before their capture.' });

export const differenceState = z.enum(DIFFERENCE_STATES);

const bookSide = z
  .object({
    status: z.string(),
    currency: z.string(),
    held: minorUnits,
    kept: minorUnits.openapi({ description: 'Captured, and not given back.' }),
  })
  .openapi('BookSide');

export const difference = z
  .object({
    id: z.string().openapi({ example: 'dif_019aa7b1c2d37e4f8a9b0c1d2e3f4a5b' }),
    kind: z.enum(DIFFERENCE_KINDS),
    state: differenceState,
    orderId: orderId.nullable(),
    paymentId: z.string().nullable(),
    ours: bookSide.nullable().openapi({ description: 'Null: it is not in our book.' }),
    gateway: bookSide.nullable().openapi({ description: 'Null: the gateway does not know it.' }),
    detail: z.string().openapi({ description: 'In words.' }),
    remedy: z.enum(['void', 'refund', 'book']).nullable().openapi({
      description: 'What the book settles it by; null where that is for people.',
    }),
    trouble: z.string().nullable().openapi({
      description: 'What the last attempt to settle it ended with.',
    }),
    foundAt: at,
    settledAt: at.nullable().openapi({ description: 'When the books agreed again.' }),
    explained: z.object({ by: z.string(), why: z.string(), at }).nullable(),
    links: z.object({ self: z.string(), explain: z.string(), order: z.string().optional() }),
  })
  .openapi('Difference');

export const differencesPage = z
  .object({ data: z.array(difference), nextCursor: z.string().nullable() })
  .openapi('DifferencesPage');
