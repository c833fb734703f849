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
import { CONNECTION_FAULTS, type Fault, type FaultPlan } from '../faults.ts';
import { controlRoutes, meetFault, type HttpEnv } from '../server.ts';
import type { Desk } from './desk.ts';
import { nested } from './form.ts';
import type { Answer, Keys } from './keys.ts';
import type { GatewayEffect, GatewayRequest } from './model.ts';
import { perform, type Operation } from './operations.ts';
import { invalidParameters, StripeProblem, unauthorized } from './problems.ts';
import type { GatewayState } from './state.ts';

export interface Gateway {
  readonly state: GatewayState;
  readonly keys: Keys;
  readonly book: Pick<Book<GatewayEffect, GatewayRequest>, 'append' | 'dump'>;
  readonly faults: FaultPlan<Operation>;
  readonly now: () => number;
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
  app.route('/control', controlRoutes(gateway.faults, gateway.book));
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
  const { operation, orderId, key } = request;
  const isByHand = request.apiKey === DASHBOARD_KEY;
  const fault = isByHand ? null : gateway.faults.strike(operation, orderId, CONNECTION_FAULTS);
  const line = requestLine(gateway, request, fault ?? null);
  return meetFault(
    c,
    fault ?? null,
    () => gateway.book.append([], line),
    async () => {
      const { outcome, effects, answer, stored } = execute(gateway, request);
      const { status } = answer;
      await gateway.book.append(effects, {
        ...line,
        outcome,
        status,
        answer: stored ? answer.body : null,
        intent: effects[0]?.intent ?? line.intent,
      });
      if (stored && key !== null) gateway.keys.settle(key, answer);
      c.header('Request-Id', `req_${randomUUID()}`);
      if (key !== null) c.header('Idempotency-Key', key);
      if (outcome === 'replayed') c.header('Idempotent-Replayed', 'true');
      return c.json(answer.body, status as ContentfulStatusCode);
    },
  );
}

interface Execution {
  readonly outcome: 'executed' | 'replayed' | 'refused';
  readonly effects: readonly GatewayEffect[];
  readonly answer: Answer;
  /** Whether the key, if there is one, is to remember the answer once it is in the book. */
  readonly stored: boolean;
}

function execute(gateway: Gateway, request: Received): Execution {
  const nothing = { effects: [], stored: false } as const;
  try {
    const known = admit(gateway, request);
    if (known !== undefined) return { outcome: 'replayed', answer: known, ...nothing };
  } catch (error) {
    if (!(error instanceof StripeProblem)) throw error;
    return { outcome: 'refused', answer: error, ...nothing };
  }
  const { effects, desk } = openDesk(gateway, request);
  const answer = answerOf(desk, request);
  if (answer instanceof StripeProblem && !answer.stored) {
    if (request.key !== null) gateway.keys.release(request.key);
    return { outcome: 'refused', answer, ...nothing };
  }
  return { outcome: 'executed', effects, answer, stored: request.key !== null };
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
  { state, faults, now }: Gateway,
  { operation, orderId, requestId, key, intentId }: Received,
): { effects: readonly GatewayEffect[]; desk: Desk } {
  const effects: GatewayEffect[] = [];
  const nowMs = now();
  const at = new Date(nowMs).toISOString();
  const line = { kind: 'effect', at, orderId, requestId } as const;
  const currencyOf = ({ intent }: { intent: string }) => state.intents.get(intent)?.currency ?? '';
  const append = (effect: GatewayEffect) => {
    state.apply(effect);
    effects.push(effect);
  };
  const desk: Desk = {
    nowMs,
    state,
    intentId,
    declines: () => faults.strike(operation, orderId, ['decline']) !== undefined,
    record(news, currency = currencyOf(news)) {
      append({ ...line, operation, key, currency, ...news });
    },
    settle(news) {
      append({ ...line, operation: 'settle', key: null, currency: currencyOf(news), ...news });
    },
  };
  return { effects, desk };
}

/** The line of a request that was not executed; what came of it is added when it was. */
function requestLine({ now }: Gateway, request: Received, fault: Fault | null): GatewayRequest {
  const { operation, orderId, requestId, key, path, paramsHash, intentId } = request;
  return {
    kind: 'request',
    at: new Date(now()).toISOString(),
    operation,
    orderId,
    requestId,
    key,
    path,
    params: paramsHash,
    intent: intentId ?? null,
    outcome: 'not-executed',
    fault,
    status: null,
    answer: null,
  };
}
