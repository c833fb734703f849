/**
 * The payment gateway over Stripe's API. An intent is created first and confirmed second, so its ID
 * is known before money can move, and every doubt ends in one `retrieve`. This adapter never
 * retries: the engine does, with the same idempotency key.
 */
import type Stripe from 'stripe';
import type { GatewayCall, GatewayRefund, Intent, PaymentGateway } from '../../activities/ports.ts';
import type { HoldTerms, Part } from '../../activities/shipment-ports.ts';
import type { GatewayOperation } from '../../domain/keys.ts';
import { Refusal } from '../../domain/wrong.ts';
import { readIntent, readTerms, readRefund, requireSame } from './answers.ts';
import { connect, deadline, isReplay, type Deadline } from './connection.ts';
import { bug, judge, unavailable, type Trouble } from './trouble.ts';

// Leaves time to look an ambiguous answer up before the caller stops waiting.
const SHARE_OF_CHANGE = 0.7;

// Stripe's largest page; an order has a handful of refunds.
const REFUNDS_PER_PAGE = 100;

/** Told of an answer that was lost although the call had worked, as a look right afterwards has found. */
type FoundDone = (operation: GatewayOperation) => void;

export function createStripeGateway({
  secretKey,
  apiBase,
  foundDone,
}: {
  secretKey: string;
  apiBase?: string | undefined;
  foundDone?: FoundDone;
}): PaymentGateway {
  const stripe = connect(secretKey, apiBase);
  const changing = { stripe, foundDone };
  return {
    createIntent: (intent, call) => createIntent(stripe, intent, call),
    confirmIntent: (id, call) =>
      change(changing, 'confirmIntent', id, call, (options) =>
        stripe.paymentIntents.confirm(id, returnTo(call.returnUrl), options),
      ),
    captureIntent: (id, call, part) =>
      change({ ...changing, part }, 'captureIntent', id, call, (options) =>
        stripe.paymentIntents.capture(id, captureParams(part), options),
      ),
    holdTerms: (id, { timeoutMs }) => holdTerms(stripe, id, deadline(timeoutMs)),
    cancelIntent: (id, call) =>
      change(changing, 'cancelIntent', id, call, (options) =>
        stripe.paymentIntents.cancel(id, {}, options),
      ),
    retrieveIntent: (id, { timeoutMs }) =>
      // With its charge, which says when the money was held.
      retrieve(stripe, 'retrieveIntent', id, deadline(timeoutMs), { expand: ['latest_charge'] }),
    refundIntent: (refund, call) => refundIntent(stripe, refund, call),
    findRefund: (intentId, call) =>
      findRefund(stripe, 'findRefund', intentId, call.key, deadline(call.timeoutMs)),
  };
}

/** Without one there is no link for a customer who has to confirm it. */
function returnTo(returnUrl: string | undefined): Stripe.PaymentIntentConfirmParams {
  return returnUrl === undefined ? {} : { return_url: returnUrl };
}

async function createIntent(
  stripe: Stripe,
  wanted: Parameters<PaymentGateway['createIntent']>[0],
  { key, timeoutMs }: GatewayCall,
): Promise<Intent> {
  let answer: Stripe.Response<Stripe.PaymentIntent>;
  try {
    answer = await stripe.paymentIntents.create(
      {
        amount: Number(wanted.amount.amountMinor),
        currency: wanted.amount.currency.toLowerCase(),
        capture_method: 'manual',
        payment_method: wanted.paymentMethod,
        allowed_payment_method_types: ['card'],
        ...(wanted.inParts && MULTICAPTURE),
        metadata: {
          order_id: wanted.orderId,
          request_id: wanted.requestId,
          installation_id: wanted.installation,
        },
      },
      { idempotencyKey: key, timeout: timeoutMs },
    );
  } catch (error) {
    const trouble = judge(error);
    const isRefused = REFUSED_PARAMETERS.includes(trouble.param ?? '');
    if (trouble.kind === 'declined' || isRefused) {
      throw new Refusal('payment-declined', 'The gateway does not accept this payment.');
    }
    if (trouble.kind === 'ambiguous') throw unavailable('createIntent', trouble);
    throw bug('createIntent', trouble);
  }
  const intent = readIntent('createIntent', answer);
  requireSame('createIntent', 'amount', intent.amount.amountMinor, wanted.amount.amountMinor);
  requireSame('createIntent', 'currency', intent.amount.currency, wanted.amount.currency);
  requireSame('createIntent', 'order', answer.metadata['order_id'], wanted.orderId);
  return intent;
}

// Not every card has it; then the first capture has to be of the whole.
// https://docs.stripe.com/payments/multicapture
const MULTICAPTURE = {
  payment_method_options: { card: { request_multicapture: 'if_available' } },
} as const;

/** Of the whole it is asked for without a word, as ever. */
function captureParams(part: Part | undefined): Stripe.PaymentIntentCaptureParams {
  if (part === undefined) return {};
  const { amountMinor, upToMinor, isLast } = part;
  if (isLast && amountMinor === upToMinor) return {};
  return { amount_to_capture: Number(amountMinor), final_capture: isLast };
}

// What an order brings along; any other parameter that the gateway refuses is our mistake. Amounts
// have a least and a most in each currency (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
const REFUSED_PARAMETERS = ['payment_method', 'amount', 'currency'];

type Change = 'confirmIntent' | 'captureIntent' | 'cancelIntent';

const WORDS = {
  confirmIntent: 'confirm',
  captureIntent: 'capture',
  cancelIntent: 'cancel',
} as const satisfies Readonly<Record<Change, GatewayOperation>>;

/** Statuses in which nothing is left for the operation to do, whoever did it. */
const PAST: Readonly<Record<Change, readonly Intent['status'][]>> = {
  confirmIntent: ['requires_action', 'processing', 'requires_capture', 'succeeded', 'canceled'],
  captureIntent: ['processing', 'succeeded', 'canceled'],
  cancelIntent: ['processing', 'succeeded', 'canceled'],
};

interface Changing {
  readonly stripe: Stripe;
  readonly foundDone: FoundDone | undefined;
  readonly part?: Part | undefined;
}

async function change(
  { stripe, foundDone, part }: Changing,
  operation: Change,
  intentId: string,
  { key, timeoutMs }: GatewayCall,
  act: (options: Stripe.RequestOptions) => Promise<Stripe.Response<Stripe.PaymentIntent>>,
): Promise<Intent> {
  const until = deadline(timeoutMs);
  const timeout = Math.ceil(timeoutMs * SHARE_OF_CHANGE);
  try {
    const answer = await act({ idempotencyKey: key, timeout });
    // A replayed answer tells how the intent was then, not how it is.
    if (isReplay(answer.lastResponse.headers)) {
      return await retrieve(stripe, operation, intentId, until);
    }
    const intent = readIntent(operation, answer);
    requireSame(operation, 'intent', intent.id, intentId);
    if (part === undefined) requireWhole(operation, intent);
    return intent;
  } catch (error) {
    const trouble = judge(error);
    if (trouble.kind === 'bug') throw bug(operation, trouble);
    const intent =
      trouble.intent === undefined || trouble.kind !== 'declined'
        ? await retrieve(stripe, operation, intentId, until)
        : readIntent(operation, trouble.intent);
    if (trouble.kind === 'declined') return declinedWith(trouble, intent);
    if (isPast(operation, intent, part)) {
      tellIfLost(trouble, operation, foundDone);
      return intent;
    }
    if (trouble.kind === 'wrong-answer') throw error;
    throw unavailable(operation, trouble, `; the intent is ${intent.status}`);
  }
}

function tellIfLost({ kind }: Trouble, operation: Change, foundDone: FoundDone | undefined): void {
  if (kind === 'ambiguous') foundDone?.(WORDS[operation]);
}

function isPast(operation: Change, intent: Intent, part: Part | undefined): boolean {
  const { status, declineCode, capturedMinor } = intent;
  const isCaptured = part !== undefined && capturedMinor >= part.upToMinor;
  const isDeclined = status === 'requires_payment_method' && declineCode !== undefined;
  const isConfirmed = operation === 'confirmIntent' && isDeclined;
  return PAST[operation].includes(status) || isConfirmed || isCaptured;
}

/** What nobody has asked to be captured in parts is not. */
function requireWhole(operation: Change, { status, capturedMinor, amount }: Intent): void {
  if (operation !== 'captureIntent' || status !== 'succeeded') return;
  requireSame(operation, 'amount captured', capturedMinor, amount.amountMinor);
}

function declinedWith({ declineCode = 'unknown' }: Trouble, intent: Intent): Intent {
  return { declineCode, ...intent };
}

async function retrieve(
  stripe: Stripe,
  operation: string,
  intentId: string,
  until: Deadline,
  wanted: Stripe.PaymentIntentRetrieveParams = {},
): Promise<Intent> {
  const answer = await ask(operation, () =>
    stripe.paymentIntents.retrieve(intentId, wanted, { timeout: until.leftMs() }),
  );
  const intent = readIntent(operation, answer);
  requireSame(operation, 'intent', intent.id, intentId);
  return intent;
}

async function holdTerms(stripe: Stripe, intentId: string, until: Deadline): Promise<HoldTerms> {
  const answer = await ask('holdTerms', () =>
    stripe.paymentIntents.retrieve(
      intentId,
      { expand: ['latest_charge'] },
      { timeout: until.leftMs() },
    ),
  );
  return readTerms('holdTerms', answer);
}

async function refundIntent(
  stripe: Stripe,
  wanted: Parameters<PaymentGateway['refundIntent']>[0],
  { key, timeoutMs }: GatewayCall,
): Promise<GatewayRefund> {
  const { intentId, orderId, amount } = wanted;
  const until = deadline(timeoutMs);
  let answer: Stripe.Refund;
  try {
    answer = await stripe.refunds.create(
      {
        payment_intent: intentId,
        amount: Number(amount.amountMinor),
        metadata: { order_id: orderId, idempotency_key: key },
      },
      { idempotencyKey: key, timeout: Math.ceil(timeoutMs * SHARE_OF_CHANGE) },
    );
  } catch (error) {
    const trouble = judge(error);
    if (trouble.kind === 'ambiguous') throw unavailable('refundIntent', trouble);
    // Past the gateway's key memory a repeat looks like this; the refund itself remembers its key.
    const made =
      trouble.code === 'charge_already_refunded'
        ? await findRefund(stripe, 'refundIntent', intentId, key, until)
        : undefined;
    if (made === undefined) throw bug('refundIntent', trouble);
    return made;
  }
  const refund = readRefund('refundIntent', answer);
  requireSame('refundIntent', 'amount', refund.amount.amountMinor, amount.amountMinor);
  requireSame('refundIntent', 'currency', refund.amount.currency, amount.currency);
  return refund;
}

async function findRefund(
  stripe: Stripe,
  operation: string,
  intentId: string,
  key: string,
  until: Deadline,
): Promise<GatewayRefund | undefined> {
  let after: string | undefined;
  for (;;) {
    const startingAfter = after === undefined ? {} : { starting_after: after };
    const page = await ask(operation, () =>
      stripe.refunds.list(
        { payment_intent: intentId, limit: REFUNDS_PER_PAGE, ...startingAfter },
        { timeout: until.leftMs() },
      ),
    );
    const found = page.data.find(({ metadata }) => metadata?.['idempotency_key'] === key);
    if (found !== undefined) return readRefund(operation, found);
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) return undefined;
  }
}

/** A question changes nothing: it is answered, or the gateway is unavailable. */
async function ask<Answer>(operation: string, question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    const trouble = judge(error);
    if (trouble.kind === 'ambiguous') throw unavailable(operation, trouble);
    throw bug(operation, trouble);
  }
}
