/**
 * What the customer and their bank do about a payment that waits for them: the customer on a page of the
 * bank, the bank in its own time, and either by the control endpoint, for tests and demonstrations.
 */
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { Book } from '../book.ts';
import type { HttpEnv } from '../server.ts';
import { GENERIC_DECLINE, NOT_CONFIRMED, testCard } from './cards.ts';
import { newId, type Desk } from './desk.ts';
import type { GatewayEffect, GatewayRequest, IntentState } from './model.ts';
import { pageOf } from './bank-page.ts';
import { newsOf } from './sender.ts';
import type { GatewayState } from './state.ts';
import type { Webhooks } from './webhooks.ts';

type Word = 'approve' | 'decline';

/** What comes of it; undefined for a payment that waits for nobody. */
function outcomeOf(intent: IntentState, word: Word) {
  const { id, status, amount, paymentMethod } = intent;
  if (status !== 'requires_action' && status !== 'processing') return undefined;
  const card = testCard(paymentMethod ?? '');
  const news = { intent: id, amount, charge: intent.chargeId ?? newId('ch') };
  if (word === 'decline') {
    const decline = status === 'processing' ? GENERIC_DECLINE : NOT_CONFIRMED;
    return { effect: 'declined', ...news, decline } as const;
  }
  const isDeclined = card?.bank === 'asks-the-customer' && card.then === 'declines';
  if (isDeclined) return { effect: 'declined', ...news, decline: GENERIC_DECLINE } as const;
  return { effect: 'authorized', ...news } as const;
}

// Long enough to be seen processing, short enough to be waited for.
const PROCESSING_MS = 1_000;

/** The bank answers in its own time; here that is whenever somebody looks after that time. */
export function answerInTime(desk: Pick<Desk, 'nowMs' | 'settle'>, intent: IntentState): void {
  const { status, paymentMethod, chargedAt } = intent;
  const card = testCard(paymentMethod ?? '');
  if (status !== 'processing' || card?.bank !== 'takes-its-time') return;
  if (card.then === 'nothing' || desk.nowMs - Date.parse(chargedAt ?? '') < PROCESSING_MS) return;
  const outcome = outcomeOf(intent, card.then === 'declines' ? 'decline' : 'approve');
  if (outcome !== undefined) desk.settle(outcome);
}

interface Bank {
  readonly state: GatewayState;
  readonly book: Pick<Book<GatewayEffect, GatewayRequest>, 'append'>;
  readonly webhooks: Pick<Webhooks, 'offer'>;
  readonly now: () => number;
}

const word = z.enum(['approve', 'decline']);

/** `/3ds/{intent}`: the page that a customer is sent to, without a script. */
export function bankRoutes(bank: Bank): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const intentOf = (c: Context<HttpEnv>) => bank.state.intents.get(c.req.param('id') ?? '');

  app.get('/:id', (c) => {
    const intent = intentOf(c);
    return intent === undefined ? c.notFound() : c.html(pageOf(intent));
  });

  app.post('/:id', async (c) => {
    const intent = intentOf(c);
    const said = word.safeParse((await c.req.parseBody())['answer']);
    if (intent === undefined || !said.success) return c.notFound();
    await act(bank, intent, said.data);
    const target = intent.action && back(intent.action.returnUrl, intent);
    return target === null ? c.html(pageOf(intent)) : c.redirect(target, 303);
  });
  return app;
}

/** `PUT /control/payments/{intent}` with `{"answer": "approve"}`: as if it had been pressed. */
export function controlledCustomer(bank: Bank): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.put('/payments/:id', async (c) => {
    const intent = bank.state.intents.get(c.req.param('id'));
    const wanted = z
      .strictObject({ answer: word })
      .safeParse(await c.req.json().catch(() => undefined));
    if (intent === undefined) return c.json({ error: 'There is no such payment.' }, 404);
    if (!wanted.success) return c.json({ error: z.prettifyError(wanted.error) }, 400);
    const isDone = await act(bank, intent, wanted.data.answer);
    return c.json({ id: intent.id, status: intent.status }, isDone ? 200 : 409);
  });
  return app;
}

/** False when there is nothing to answer, or not any more. */
async function act({ state, book, webhooks, now }: Bank, intent: IntentState, said: Word) {
  const at = new Date(now()).toISOString();
  const who = {
    at,
    operation: 'customer',
    orderId: intent.metadata['order_id'] ?? null,
    requestId: intent.metadata['request_id'] ?? null,
    key: null,
  };
  const outcome = outcomeOf(intent, said);
  const effects: GatewayEffect[] =
    outcome === undefined
      ? []
      : [{ kind: 'effect', ...who, currency: intent.currency, ...outcome }];
  const told = effects.map((effect) => newsOf(effect, state.apply(effect)));
  await book.append(effects, {
    ...{ kind: 'request', ...who, path: `/3ds/${intent.id}`, params: said, fault: null },
    ...{ outcome: 'executed', status: null, answer: null, intent: intent.id },
  });
  await Promise.all(told.map((one) => webhooks.offer(one)));
  return outcome !== undefined;
}

/** As Stripe sends a customer back; what it says there is no more than a hint. */
function back(returnUrl: string, { id, status }: IntentState): string {
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', id);
  url.searchParams.set('redirect_status', status === 'requires_capture' ? 'succeeded' : 'failed');
  return url.href;
}
