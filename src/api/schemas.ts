/**
 * What goes in and out, as zod schemas: they check what comes in and are the OpenAPI document for
 * both. Amounts are decimal strings of minor units, because JSON numbers are floats.
 */
import { z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../domain/event.ts';
import { END_REASONS, ORDER_STATUSES } from '../domain/order.ts';
import { PROBLEM_CODES, problemType } from './problems.ts';
import { SHIPMENT_STATUSES } from '../domain/shipment.ts';

export const money = z
  .strictObject({
    value: z
      .string()
      .regex(/^(0|[1-9]\d{0,17})$/, 'Must be a whole number of minor units, as a string.')
      .openapi({ description: 'Minor units (cents, yen) as a decimal string.', example: '3998' }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'Must be an ISO 4217 code, like EUR.')
      .openapi({ example: 'EUR' }),
  })
  .openapi('Money');

// The document's patterns have no flags and name no categories: not every reader knows \p{…}. What
// is odd is refused before any schema (hygiene.ts); the schemas tell of it.
const ODD = '\\u0000-\\u001f\\u007f-\\u009f\\ufeff\\ufffd';
const PLAIN = `[^${ODD}]`;
const anyText = { pattern: '^[^\\u0000\\ufffd]*$' };

// What a person reads: no control characters, which only ever break mails and labels.
export const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'Must not be empty.')
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'Must not contain control characters.')
    .openapi({ pattern: `^${PLAIN}*[^\\s${ODD}]${PLAIN}*$` });

const sku = text(64).openapi({ example: 'mug' });
const quantity = z.number().int().min(1).max(1000).openapi({ example: 2 });
export const orderLines = z.array(z.strictObject({ sku, quantity })).min(1).max(100).openapi({
  description: 'The same SKU twice is summed.',
});
const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500).openapi(anyText))
  .refine((value) => Object.keys(value).length <= 20, 'May have up to 20 entries.')
  .openapi({ maxProperties: 20, description: 'Shown again with the order: up to 20 entries.' });

// What Stripe takes; and a link that leads a customer anywhere but by TLS is nobody's but a developer's.
const LONGEST_URL = 2_048;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

function isReturnUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

const returnUrl = z
  .string()
  .max(LONGEST_URL)
  .regex(/^[\x21-\x7e]*$/, 'Must be a URL.')
  .refine(isReturnUrl, 'Must be an https URL without a password, or an http URL of this machine.')
  .openapi({
    pattern: '^(https://|http://(localhost|127[.]0[.]0[.]1|\\[::1\\])(?![^/?#]))[\\x21-\\x7e]*$',
    description:
      'Where the customer comes back to, if their bank wants to see them: https, or http on loopback. ' +
      'Without it such a payment is declined.',
    example: 'https://shop.example/thanks',
  });

export const placeOrderRequest = z
  .strictObject({
    lines: orderLines,
    customer: z.strictObject({
      email: z.email('Must be an e-mail address.').max(254).openapi({ example: 'ada@example.com' }),
      name: text(200).openapi({ example: 'Ada Lovelace' }),
    }),
    shippingAddress: z.strictObject({
      name: text(200).openapi({ example: 'Ada Lovelace' }),
      line1: text(200).openapi({ example: '12 St James’s Square' }),
      line2: text(200).optional(),
      city: text(100).openapi({ example: 'London' }),
      postalCode: text(20).openapi({ example: 'SW1Y 4JH' }),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'Must be an ISO 3166-1 code, like GB.')
        .openapi({ example: 'GB' }),
    }),
    paymentMethod: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, 'Must be a token of the payment gateway, like pm_….')
      .openapi({
        description: 'A token from the payment gateway, never a card number.',
        example: 'pm_card_visa',
      }),
    voucherCode: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, 'Must be the code of a voucher.')
      .optional()
      .openapi({ description: 'In letters of either case.', example: 'WELCOME10' }),
    returnUrl: returnUrl.optional(),
    expectedAmount: money.optional().openapi({
      description: 'Refused with `price-changed` if the order costs anything else.',
    }),
    metadata: metadata.optional(),
  })
  .openapi('PlaceOrderRequest');

const links = z.object({
  self: z.string(),
  events: z.string(),
  cancel: z.string(),
  refunds: z.string(),
});
export const orderId = z.string().openapi({ example: 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb' });

export const acceptedOrder = z
  .object({ id: orderId, createdAt: z.iso.datetime(), amount: money, links })
  .openapi('AcceptedOrder', {
    description: 'Facts that never change: a replay is byte-identical.',
  });

// Of a key that is older than the response archive.
export const archived = z.literal(true);

export const archivedOrder = z.object({ id: orderId, links, archived }).openapi('ArchivedOrder', {
  description: 'The key is older than 90 days: it placed this order, and will never place another.',
});

const minorUnits = z.string().openapi({ example: '3998' });

export const voucher = z.object({ code: z.string(), discount: money }).openapi({
  description: 'What the order was placed with, and what it takes off.',
});

export const paymentAction = z
  .object({
    type: z.literal('redirect'),
    url: z.string().openapi({ description: 'Where the customer is to be sent.' }),
    expiresAt: z.iso.datetime().openapi({
      description: 'Until then; after that the order is rejected.',
    }),
  })
  .openapi('PaymentAction', {
    description:
      'What the customer has to do before the order goes on. There while it waits for them.',
  });

export const order = z
  .object({
    id: orderId,
    status: z.enum(ORDER_STATUSES),
    reason: z.enum(END_REASONS).optional().openapi({ description: 'Why it did not complete.' }),
    amount: money,
    voucher: voucher.optional(),
    lines: z.array(z.object({ sku: z.string(), quantity: z.number().int(), unitPrice: money })),
    payment: z.object({
      authorized: minorUnits,
      captured: minorUnits,
      refunded: minorUnits,
      action: paymentAction.optional(),
    }),
    shipment: z.object({ trackingNumber: z.string() }).optional(),
    shipments: z
      .array(
        z.object({
          id: z.string().openapi({ example: 'shp_01jd7m8z3fe4x8q2v5t6y7h9kb' }),
          status: z.enum(SHIPMENT_STATUSES),
          amount: money.openapi({ description: 'Captured once it is shipped.' }),
          lines: z.array(z.object({ sku: z.string(), quantity: z.number().int() })),
          trackingNumber: z.string().optional(),
        }),
      )
      .optional()
      .openapi({ description: 'Of an order that is captured at shipment, once one is asked for.' }),
    needsOperator: z.boolean(),
    metadata: z.record(z.string(), z.string()),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    links,
  })
  .openapi('Order');

export const orderPage = z
  .object({ data: z.array(order), nextCursor: z.string().nullable() })
  .openapi('OrderPage');

const event = z
  .object({
    id: z.string().openapi({ example: 'evt_01993b2f6c1e7f0aa3d58c41b7e09f62' }),
    type: z.enum(EVENT_TYPES).openapi({ description: 'There may be more of them one day.' }),
    version: z.literal(1),
    orderId,
    refundId: z.string().optional().openapi({ description: 'Of the refund that it tells of.' }),
    sequence: z.number().int().openapi({ description: 'Per order, from 1, without gap.' }),
    occurredAt: z.iso.datetime(),
    data: order.openapi({ description: 'The order at that moment.' }),
  })
  .openapi('Event');

export const eventPage = z
  .object({ data: z.array(event), nextCursor: z.string().nullable() })
  .openapi('EventPage');

export const cancelledOrder = z
  .object({ id: orderId, links })
  .openapi('CancelAccepted', { description: 'The order will end as cancelled or rejected.' });

export const product = z
  .object({
    sku: z.string(),
    name: z.string(),
    price: money,
    available: z.number().int().openapi({ description: 'How many can be ordered at this moment.' }),
    links: z.object({ self: z.string() }),
  })
  .openapi('Product');

export const productPage = z
  .object({ data: z.array(product), nextCursor: z.string().nullable() })
  .openapi('ProductPage');

export const problem = z
  .object({
    type: z.string().openapi({
      enum: PROBLEM_CODES.map(problemType),
      description: 'What kind it is, and the address of a page about it.',
    }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'The request ID.' }),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .openapi({ description: 'What is wrong where, like lines[0].quantity. At most 20.' }),
    amount: money.optional().openapi({ description: 'Of price-changed: what the order costs.' }),
    refundable: money
      .optional()
      .openapi({ description: 'Of amount-exceeds-captured: what is left.' }),
    skus: z.array(z.string()).optional().openapi({
      description: 'Of sold-out, lines-exceed-order and shipment-exceeds-order: which SKUs.',
    }),
    links: z.object({ refunds: z.string() }).optional().openapi({
      description: 'Of too-late-to-cancel: where to ask for the money back instead.',
    }),
  })
  .openapi('Problem', { description: 'RFC 9457. `type` is stable; texts may improve.' });
