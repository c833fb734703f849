/**
 * The way of a request through the gateway's stand-in: API key, faults, idempotency key, operation,
 * book, answer. Between claiming a key and appending to the book nothing waits, so requests run
 * one after another as if under a lock.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { Book } from '../book.ts';
import { CONNECTION_FAULTS, type Fault } from '../faults.ts';
import { UNHARMED, type FaultPlan, type Meeting } from '../plan.ts';
import { controlRoutes, type HttpEnv } from '../server.ts';
import { meetFault } from '../wire.ts';
import { bankRoutes, controlledCustomer } from './customer.ts';
import type { Desk } from './desk.ts';
import { nested } from './form.ts';
import type { Answer, Keys } from './keys.ts';
import type { GatewayEffect, GatewayRequest } from './model.ts';
import { perform, type Operation } from './operations.ts';
import { internalError, invalidParameters, StripeProblem, unauthorized } from './problems.ts';
import { newsOf } from './sender.ts';
import type { GatewayNews } from './sender.ts';
import type { GatewayState } from './state.ts';
import { takeEndpoint } from './webhooks.ts';
import type { Webhooks } from './webhooks.ts';

export interface Gateway {
  readonly state: GatewayState;
  readonly keys: Keys;
  readonly book: Pick<Book<GatewayEffect, GatewayRequest>, 'append' | 'dump'>;
  readonly faults: FaultPlan<Operation | 'webhook'>;
  readonly webhooks: Pick<Webhooks, 'offer' | 'introduce' | 'pending'>;
  readonly now: () => number;
  readonly authorizationMs: number;
}

export function gatewayApp(gateway: Gateway): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const handle = (operation: Operation) => async (c: Context<HttpEnv>) =>
    serve(c, gateway, await receive(c, gateway, operation));

  app.post('/v1/payment_intents', handle('create'));
  app.get('/v1/payment_intents/:id', handle('retrieve'));
  app.post('/v1/payment_intents/:id/confirm', handle('confirm'));
  app.post('/v1/payment_intents/:id/capture', handle('capture'));
  app.post('/v1/payment_intents/:id/cancel', handle('cancel'));
  app.post('/v1/refunds', handle('refund'));
  app.get('/v1/refunds', handle('find-refund'));
  app.get('/v1/events', handle('list-events'));
  app.route('/3ds', bankRoutes(gateway));
  app.route('/control', controlRoutes(gateway.faults, gateway.book));
  app.put('/control/webhooks', (c) => takeEndpoint(c, gateway.webhooks));
  app.get('/control/webhooks', (c) => c.json({ pending: gateway.webhooks.pending() }));
  app.route('/control', controlledCustomer(gateway));
  app.notFound((c) => {
    const message = `Unrecognized request URL (${c.req.method}: ${c.req.path}).`;
    return c.json({ error: { type: 'invalid_request_error', message } }, 404);
  });
  return app;
}

/** A request, read and named, before anything is decided. */
interface Received {
  readonly operation: Operation;
  readonly apiKey: string | undefined;
  readonly key: string | null;
  readonly path: string;
  readonly origin: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly paramsHash: string;
  readonly intentId: string | undefined;
  readonly orderId: string | null;
  readonly requestId: string | null;
}

async function receive(
  c: Context<HttpEnv>,
  gateway: Gateway,
  operation: Operation,
): Promise<Received> {
  const isPost = c.req.method === 'POST';
  const fields = new URLSearchParams(isPost ? await c.req.text() : new URL(c.req.url).search);
  const params = nested(fields);
  fields.sort();
  const intentId = c.req.param('id') ?? fields.get('payment_intent') ?? undefined;
  return {
    operation,
    apiKey: /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1],
    key: (isPost ? c.req.header('idempotency-key') : undefined) ?? null,
    path: c.req.path,
    origin: new URL(c.req.url).origin,
    params,
    paramsHash: createHash('sha256').update(fields.toString()).digest('hex').slice(0, 16),
    intentId,
    ...whose(gateway, intentId, fields),
  };
}

/** The order that a request is for: in the intent's metadata, or in what is to become it. */
function whose(
  { state }: Gateway,
  intentId: string | undefined,
  fields: URLSearchParams,
): { orderId: string | null; requestId: string | null } {
  const metadata = intentId === undefined ? undefined : state.intents.get(intentId)?.metadata;
  const named = (name: string) => metadata?.[name] ?? fields.get(`metadata[${name}]`);
  return { orderId: named('order_id'), requestId: named('request_id') };
}

/** Of the gateway's own people, at their dashboard: they meet no faults. */
const DASHBOARD_KEY = 'sk_test_dashboard';

async function serve(c: Context<HttpEnv>, gateway: Gateway, request: Received): Promise<Response> {
  const { operation, apiKey, key } = request;
  const meeting = apiKey === DASHBOARD_KEY ? UNHARMED : gateway.faults.meet(operation, request);
  const fault = meeting.strike(CONNECTION_FAULTS);
  return meetFault(c, fault, meeting, {
    leave: () => close(gateway, request, meeting, leave(gateway, request, fault)),
    async execute() {
      const { answer, news, ...done } = execute(gateway, request, meeting);
      await close(gateway, request, meeting, { ...done, answer: remembered(fault, answer) });
      await Promise.all(news.map((one) => gateway.webhooks.offer(one)));
      c.header('Request-Id', `req_${randomUUID()}`);
      if (key !== null) c.header('Idempotency-Key', key);
      if (done.outcome === 'replayed') c.header('Idempotent-Replayed', 'true');
      return c.json(answer.body, answer.status as ContentfulStatusCode);
    },
  });
}

/** Writes down what came of a request; its key then has the answer, or is free again. */
async function close(
  { book, keys, now }: Gateway,
  request: Received,
  meeting: Meeting,
  {
    outcome,
    effects,
    answer,
    stored,
  }: Omit<Execution, 'answer' | 'news'> & { answer: Answer | null },
): Promise<void> {
  const { key, intentId = null } = request;
  const memory = stored ? answer : null;
  await book.append(effects, {
    ...requestLine(request, new Date(now()).toISOString(), meeting.struck()),
    outcome,
    status: answer === null ? null : answer.status,
    answer: memory === null ? null : memory.body,
    intent: effects[0]?.intent ?? intentId,
  });
  if (key === null) return;
  if (memory !== null) keys.settle(key, memory);
  else if (meeting.struck() === 'forget-key') keys.release(key);
}

/** Nothing is done; but a server that fails has taken the key, and never thinks of it again. */
function leave(gateway: Gateway, request: Received, fault: Fault | undefined) {
  const nothing = { outcome: 'not-executed', effects: [] } as const;
  const isTaken = fault === 'error' && request.key !== null && isFresh(gateway, request);
  return { ...nothing, answer: isTaken ? internalError() : null, stored: isTaken };
}

function isFresh(gateway: Gateway, request: Received): boolean {
  try {
    return admit(gateway, request) === undefined;
  } catch (error) {
    if (error instanceof StripeProblem) return false;
    throw error;
  }
}

/** What a key has, which is not always what was done under it. */
function remembered(fault: Fault | undefined, answer: Answer): Answer | null {
  if (fault === 'forget-key') return null;
  return fault === 'error-after-effect' ? internalError() : answer;
}

interface Execution {
  readonly outcome: 'executed' | 'replayed' | 'refused' | 'not-executed';
  readonly effects: readonly GatewayEffect[];
  /** What the shop is to be told of, once it is in the book. */
  readonly news: readonly GatewayNews[];
  readonly answer: Answer;
  /** Whether the key, if there is one, is to remember the answer once it is in the book. */
  readonly stored: boolean;
}

function execute(gateway: Gateway, request: Received, meeting: Meeting): Execution {
  const nothing = { effects: [], news: [], stored: false } as const;
  try {
    const known = admit(gateway, request);
    if (known !== undefined) return { outcome: 'replayed', answer: known, ...nothing };
  } catch (error) {
    if (!(error instanceof StripeProblem)) throw error;
    return { outcome: 'refused', answer: error, ...nothing };
  }
  const { effects, told, desk } = openDesk(gateway, request, meeting);
  const answer = answerOf(desk, request);
  if (answer instanceof StripeProblem && !answer.stored) {
    if (request.key !== null) gateway.keys.release(request.key);
    return { outcome: 'refused', answer, ...nothing };
  }
  return { outcome: 'executed', effects, news: told, answer, stored: request.key !== null };
}

/** Checks the API key and claims the idempotency key; a stored answer ends the matter. */
function admit(gateway: Gateway, { apiKey, key, path, paramsHash }: Received): Answer | undefined {
  if (apiKey?.startsWith('sk_test_') !== true) throw unauthorized(apiKey);
  return key === null ? undefined : gateway.keys.claim(key, path, paramsHash);
}

function answerOf(desk: Desk, { operation, params }: Received): Answer {
  try {
    return { status: 200, body: perform[operation](desk, params) };
  } catch (error) {
    const problem = error instanceof z.ZodError ? invalidParameters(error) : error;
    if (problem instanceof StripeProblem) return problem;
    throw error;
  }
}

function openDesk(
  { state, now, authorizationMs }: Gateway,
  { operation, orderId, requestId, key, intentId, origin }: Received,
  meeting: Meeting,
): { effects: readonly GatewayEffect[]; told: readonly GatewayNews[]; desk: Desk } {
  const effects: GatewayEffect[] = [];
  const told: GatewayNews[] = [];
  const nowMs = now();
  const at = new Date(nowMs).toISOString();
  const line = { kind: 'effect', at, orderId, requestId } as const;
  const currencyOf = ({ intent }: { intent: string }) => state.intents.get(intent)?.currency ?? '';
  const append = (effect: GatewayEffect) => {
    told.push(newsOf(effect, state.apply(effect)));
    effects.push(effect);
  };
  const desk: Desk = {
    nowMs,
    authorizationMs,
    state,
    intentId,
    origin,
    meets: (fault) => meeting.strike([fault]) !== undefined,
    record(news, currency = currencyOf(news)) {
      append({ ...line, operation, key, currency, ...news });
    },
    settle(news) {
      append({ ...line, operation: 'settle', key: null, currency: currencyOf(news), ...news });
    },
  };
  return { effects, told, desk };
}

/** What a request's line says of the request; what came of it is added. */
function requestLine(request: Received, at: string, fault: Fault | null) {
  const { operation, orderId, requestId, key, path, paramsHash: params } = request;
  return { kind: 'request', at, operation, orderId, requestId, key, path, params, fault } as const;
}
