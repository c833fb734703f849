/**
 * Stripe's answers, read at the edge: only the fields used here, amounts as bigint. An answer that
 * contradicts itself or the question is a bug; taking it for a success could cost money.
 */
import { z } from 'zod';
import type { GatewayRefund, Intent } from '../../activities/ports.ts';
import type { HoldTerms } from '../../activities/shipment-ports.ts';

const minor = z.int().nonnegative().transform(BigInt);
const currency = z
  .string()
  .regex(/^[a-z]{3}$/)
  .toUpperCase();

const intentAnswer = z.object({
  id: z.string().min(1),
  object: z.literal('payment_intent'),
  status: z.enum([
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'processing',
    'requires_capture',
    'canceled',
    'succeeded',
  ]),
  amount: minor,
  amount_capturable: minor,
  amount_received: minor,
  currency,
  last_payment_error: z
    .object({ code: z.string().nullish(), decline_code: z.string().nullish() })
    .nullish(),
  next_action: z
    .object({ redirect_to_url: z.object({ url: z.string().nullish() }).nullish() })
    .nullish(),
  // Its ID, unless it was asked for itself.
  latest_charge: z.union([z.string(), z.object({ created: z.int() })]).nullish(),
});

const refundAnswer = z.object({
  id: z.string().min(1),
  object: z.literal('refund'),
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
  amount: minor,
  currency,
});

/** An answer that cannot be true: what was asked for may have happened all the same. */
export class WrongAnswer extends Error {}

export function readIntent(operation: string, answer: unknown): Intent {
  const intent = parse(operation, intentAnswer, answer);
  const { amount, amount_capturable: capturable, amount_received: captured } = intent;
  if (intent.status === 'requires_capture') {
    requireSame(operation, 'amount held', capturable, amount - captured);
  }
  // What was captured in parts may have succeeded with less: the rest was let go.
  if (intent.status === 'succeeded' && (captured === 0n || captured > amount)) {
    requireSame(operation, 'amount captured', captured, amount);
  }
  const decline = intent.last_payment_error;
  const declineCode = decline?.decline_code ?? decline?.code ?? undefined;
  return {
    id: intent.id,
    status: intent.status,
    amount: { amountMinor: amount, currency: intent.currency },
    capturableMinor: capturable,
    capturedMinor: captured,
    ...(declineCode === undefined ? {} : { declineCode }),
    ...readAction(intent),
  };
}

function readAction({
  status,
  next_action: action,
  latest_charge: charge,
}: z.output<typeof intentAnswer>): Pick<Intent, 'actionUrl' | 'heldAt'> {
  const actionUrl = status === 'requires_action' ? action?.redirect_to_url?.url : undefined;
  const isHeld = status === 'requires_capture' || status === 'succeeded';
  const isTold = isHeld && typeof charge === 'object' && charge !== null;
  return {
    ...(actionUrl ? { actionUrl } : {}),
    ...(isTold ? { heldAt: new Date(charge.created * 1_000) } : {}),
  };
}

const heldCharge = z.object({
  latest_charge: z
    .object({
      payment_method_details: z
        .object({
          card: z
            .object({
              capture_before: z.int().nullish(),
              multicapture: z.object({ status: z.string() }).nullish(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

export function readTerms(operation: string, answer: unknown): HoldTerms {
  const { latest_charge: charge } = parse(operation, heldCharge, answer);
  const { capture_before: seconds, multicapture } = charge?.payment_method_details?.card ?? {};
  return {
    ...(typeof seconds === 'number' && { before: new Date(seconds * 1_000) }),
    inParts: multicapture?.status === 'available',
  };
}

export function readRefund(operation: string, answer: unknown): GatewayRefund {
  const { id, status, amount, currency } = parse(operation, refundAnswer, answer);
  return { id, status, amount: { amountMinor: amount, currency } };
}

export function requireSame(
  operation: string,
  what: string,
  got: bigint | string | undefined,
  wanted: bigint | string,
): void {
  if (got === wanted) return;
  throw new WrongAnswer(
    `Stripe ${operation}: the ${what} is ${String(got)}, expected ${String(wanted)}`,
  );
}

/** Names the fields that are wrong, not their values: they may be personal. */
function parse<Schema extends z.ZodType>(
  operation: string,
  schema: Schema,
  answer: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map(({ path }) => path.join('.')));
  throw new WrongAnswer(`Stripe ${operation}: malformed answer (${[...fields].join(', ')})`);
}
