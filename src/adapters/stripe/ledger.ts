/**
 * Stripe's own book, read only: its events in order, and a payment as it is now. An event is only a
 * reason to look; what it tells was true when it was made, and events come in any order.
 */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { EventIntent, EventPage, GatewayLedger } from '../../activities/reconcile-ports.ts';
import type { LedgerEvent } from '../../activities/reconcile-ports.ts';
import type { SeenPayment, SeenRefund } from '../../domain/two-books.ts';
import { WrongAnswer } from './answers.ts';
import { connect, deadline } from './connection.ts';
import { bug, judge, unavailable } from './trouble.ts';

// Stripe's largest page.
const PER_PAGE = 100;

export function createStripeLedger({
  secretKey,
  apiBase,
}: {
  secretKey: string;
  apiBase?: string | undefined;
}): GatewayLedger {
  const stripe = connect(secretKey, apiBase);
  return {
    async eventsAfter(id, { timeoutMs }) {
      const page = await ask('events', () =>
        stripe.events.list({ limit: PER_PAGE, ending_before: id }, { timeout: timeoutMs }),
      );
      return page && pageOf(page);
    },
    async eventsBefore(id, { timeoutMs }) {
      const place = id === undefined ? {} : { starting_after: id };
      const page = await ask('events', () =>
        stripe.events.list({ limit: PER_PAGE, ...place }, { timeout: timeoutMs }),
      );
      return page === undefined ? { events: [], hasMore: false } : pageOf(page);
    },
    async look(intentId, { timeoutMs }) {
      const until = deadline(timeoutMs);
      const answer = await ask('retrieve', () =>
        stripe.paymentIntents.retrieve(
          intentId,
          { expand: ['latest_charge'] },
          { timeout: until.leftMs() },
        ),
      );
      if (answer === undefined) return undefined;
      const seen = readSeen(answer);
      if (seen.refundedMinor === 0n) return seen;
      // The charge counts also what is pending.
      const refunds = await refundsOf(stripe, intentId, until);
      const refundedMinor = refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
      return { ...seen, refundedMinor, refunds };
    },
  };
}

async function refundsOf(
  stripe: Stripe,
  intentId: string,
  until: ReturnType<typeof deadline>,
): Promise<SeenRefund[]> {
  const refunds: SeenRefund[] = [];
  for (let after: string | undefined; ;) {
    const startingAfter = after === undefined ? {} : { starting_after: after };
    const page = await ask('refunds', () =>
      stripe.refunds.list(
        { payment_intent: intentId, limit: PER_PAGE, ...startingAfter },
        { timeout: until.leftMs() },
      ),
    );
    refunds.push(...(page?.data ?? []).map((one) => parse(refund, one)).flatMap(succeeded));
    after = page?.data.at(-1)?.id;
    if (page?.has_more !== true || after === undefined) return refunds;
  }
}

/** Undefined where there is no such thing. */
async function ask<Answer>(
  operation: string,
  question: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await question();
  } catch (error) {
    const trouble = judge(error);
    if (trouble.code === 'resource_missing') return undefined;
    throw trouble.kind === 'ambiguous' ? unavailable(operation, trouble) : bug(operation, trouble);
  }
}

const minor = z.int().nonnegative().transform(BigInt);
const currency = z
  .string()
  .regex(/^[a-z]{3}$/)
  .toUpperCase();
const metadata = z.record(z.string(), z.string()).nullish();

const intent = z.object({
  id: z.string().min(1),
  object: z.literal('payment_intent'),
  status: z.string().min(1),
  amount_capturable: minor,
  amount_received: minor,
  metadata,
});

const seenIntent = intent.extend({
  currency,
  created: z.int(),
  cancellation_reason: z.string().nullish(),
  latest_charge: z.object({ amount_refunded: minor, disputed: z.boolean().nullish() }).nullish(),
});

const refund = z.object({
  id: z.string().min(1),
  object: z.literal('refund'),
  amount: minor,
  status: z.string().nullish(),
  payment_intent: z.string().min(1).nullish(),
  metadata,
});

const event = z.object({
  id: z.string().min(1),
  created: z.int(),
  data: z.object({ object: z.looseObject({ object: z.string() }) }),
});

/** Stripe lists from the newest to the oldest, whichever way it is paged. */
function pageOf({ data, has_more: hasMore }: Stripe.ApiList<Stripe.Event>): EventPage {
  return { events: data.map(readEvent).toReversed(), hasMore };
}

function readEvent(answer: unknown): LedgerEvent {
  const { id, created, data } = parse(event, answer);
  const at = new Date(created * 1_000);
  const { object } = data;
  if (object.object === 'payment_intent') {
    return { id, at, intent: readIntent(parse(intent, object)) };
  }
  if (object.object !== 'refund') return { id, at };
  const { payment_intent: intentId, ...one } = parse(refund, object);
  if (!intentId) return { id, at };
  return { id, at, refund: { id: one.id, intentId, status: one.status ?? 'unknown' } };
}

function readIntent({ id, status, ...told }: z.output<typeof intent>): EventIntent {
  return {
    id,
    orderId: told.metadata?.['order_id'],
    installation: told.metadata?.['installation_id'],
    held: told.amount_capturable.toString(),
    captured: told.amount_received.toString(),
    isOver: status === 'succeeded' || status === 'canceled',
  };
}

// Stripe lets a hold go by itself when nobody has captured it in time.
const LAPSED = ['automatic', 'expired'];

function readSeen(answer: unknown): SeenPayment {
  const { id, status, currency, metadata, ...told } = parse(seenIntent, answer);
  return {
    id,
    status,
    currency,
    heldMinor: told.amount_capturable,
    capturedMinor: told.amount_received,
    refundedMinor: told.latest_charge?.amount_refunded ?? 0n,
    isDisputed: told.latest_charge?.disputed === true,
    hasLapsed: LAPSED.includes(told.cancellation_reason ?? ''),
    orderId: metadata?.['order_id'],
    installation: metadata?.['installation_id'],
    createdAt: new Date(told.created * 1_000),
    refunds: [],
  };
}

function succeeded({ id, status, amount, metadata }: z.output<typeof refund>): SeenRefund[] {
  if (status !== 'succeeded') return [];
  return [{ id, amountMinor: amount, key: metadata?.['idempotency_key'] }];
}

/** Names the fields that are wrong, not their values: they may be personal. */
function parse<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map(({ path }) => path.join('.')));
  throw new WrongAnswer(`Stripe's book: malformed answer (${[...fields].join(', ')})`);
}
