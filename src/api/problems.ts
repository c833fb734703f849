/**
 * Everything the API says when it cannot do as asked, in one place: RFC 9457 problems. `type` is
 * the stable part, `/problems/{code}`; texts may improve. No problem repeats what the client sent.
 */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { Unavailable } from '../domain/wrong.ts';
import type { ApiEnv } from './env.ts';

const PROBLEMS = {
  'invalid-request': [400, 'The request is not valid', 'See errors for each field.'],
  'malformed-json': [400, 'The body is not JSON', 'The body could not be read as JSON in UTF-8.'],
  'unknown-sku': [400, 'A product is unknown', 'The catalogue has no product of that SKU.'],
  'mixed-currencies': [
    400,
    'The lines have several currencies',
    'An order has one currency. Place one order for each.',
  ],
  'unknown-voucher': [400, 'The voucher is unknown', 'There is no voucher of that code.'],
  'idempotency-key-missing': [
    400,
    'The Idempotency-Key header is missing',
    'Send a key that is new for each order and the same for each retry of it, such as a UUID.',
  ],
  'idempotency-key-invalid': [
    400,
    'The Idempotency-Key header is not valid',
    'Send the header once: 1 to 255 visible ASCII characters, bare or in double quotes.',
  ],
  unauthenticated: [
    401,
    'The credential is missing or not valid',
    'Send an API key: "Authorization: Bearer mg_…".',
  ],
  'insufficient-scope': [403, 'The credential does not allow this', 'Use a key with the scope.'],
  'not-found': [404, 'There is nothing here', 'The path, or the ID in it, is unknown.'],
  'method-not-allowed': [405, 'The method is not allowed here', 'See the Allow header.'],
  'price-changed': [
    409,
    'The price is another one',
    'The order costs what amount says, not what was expected. No order was placed.',
  ],
  'voucher-not-applicable': [
    409,
    'The voucher does not apply',
    'It takes nothing off this order: errors says why. No order was placed.',
  ],
  'voucher-exhausted': [
    409,
    'The voucher is used up',
    'It has been used as often as it may be. No order was placed.',
  ],
  'sold-out': [409, 'Not enough is left', 'Too few are left of skus. No order was placed.'],
  'idempotency-in-progress': [
    409,
    'The same request is being answered',
    'An equal request with this key is in flight. Retry with the same key.',
  ],
  'too-late-to-cancel': [
    409,
    'It is too late to cancel',
    'The payment is being captured, or has been. The order goes on.',
  ],
  'order-in-progress': [
    409,
    'The order has not ended',
    'An order can be refunded once its checkout has ended. Until it is captured, cancel it.',
  ],
  'amount-exceeds-captured': [
    409,
    'There is not that much left to refund',
    'More than refundable: what was captured, less what is refunded or about to be.',
  ],
  'lines-exceed-order': [
    409,
    'There are not that many left to refund',
    'Of skus, fewer were bought than are refunded, or about to be, with this request.',
  ],
  'order-not-shippable': [
    409,
    'The order is not waiting to be shipped',
    'Only an order whose payment is captured at shipment is shipped by you, while its money is held.',
  ],
  'shipment-exceeds-order': [
    409,
    'There are not that many left to ship',
    'Of skus, fewer were ordered than are shipped, or about to be, with this request.',
  ],
  'step-not-parked': [
    409,
    'The step is not parked',
    'It has succeeded or been decided meanwhile, or was never parked.',
  ],
  'attempt-under-way': [
    409,
    'An attempt may still do it',
    'What an attempt may still do is not taken for done by hand. Retry after Retry-After seconds.',
  ],
  'difference-closed': [
    409,
    'The difference is not open',
    'It is settled, about to be, or explained already.',
  ],
  'too-many-endpoints': [
    409,
    'There are as many endpoints as there may be',
    'A tenant may have 20. Delete one that is not needed any more.',
  ],
  'order-erased': [
    410,
    'The order is erased',
    'Its customer was erased. What was paid and refunded can be read; nothing more can be asked of it.',
  ],
  'body-too-large': [413, 'The body is too large', 'A body may have up to 65536 bytes.'],
  'unsupported-media-type': [415, 'The body is not JSON', 'Send "Content-Type: application/json".'],
  'idempotency-key-reused': [
    422,
    'The Idempotency-Key was used for another request',
    'This key belongs to a request with another body. Use a new key for a new request.',
  ],
  'quota-exceeded': [
    429,
    'Too many requests',
    'The quota of this minute is used up. Retry after Retry-After seconds, with the same key.',
  ],
  internal: [500, 'Something is wrong on our side', 'Quote the request ID when you report this.'],
  'temporarily-unavailable': [
    503,
    'The service is not available for the moment',
    'Whether the request took effect is not known. Retry with the same key.',
  ],
  overloaded: [
    503,
    'There is too much to do at the moment',
    'The request was not begun. Retry with the same key.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, detail: string]>;

export type ProblemCode = keyof typeof PROBLEMS;
export type ProblemStatus<Code extends ProblemCode = ProblemCode> = (typeof PROBLEMS)[Code][0];

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

export function problemType(code: ProblemCode): string {
  return `/problems/${code}`;
}

export function problemStatus(code: ProblemCode): ProblemStatus {
  return PROBLEMS[code][0];
}

export interface FieldError {
  /** Like `lines[0].quantity`. */
  readonly field: string;
  readonly detail: string;
}

type Limit =
  'requests' | 'queries' | 'loop lag' | 'orders waiting' | 'quota' | 'failed logins' | 'streams';

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What there was too much of. For the metrics only. */
  readonly limit?: Limit;
  /** Members of the problem's own, such as `skus`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Thrown wherever a request cannot be granted; `onError` turns it into the answer. */
export class Problem<Code extends ProblemCode = ProblemCode> extends Error {
  override readonly name = 'Problem';
  readonly code: Code;
  readonly options: ProblemOptions;
  constructor(code: Code, options: ProblemOptions = {}) {
    super(code);
    this.code = code;
    this.options = options;
  }
}

export function invalid(...errors: FieldError[]): Problem<'invalid-request'> {
  return new Problem('invalid-request', { errors });
}

/** Shared with the document and the pages, so that an example is what would be answered. */
export function showProblem({ code, options }: Problem, requestId: string) {
  const [status, title, detail] = PROBLEMS[code];
  return {
    type: problemType(code),
    title,
    status,
    detail: options.detail ?? detail,
    instance: requestId,
    ...(options.errors && { errors: options.errors }),
    ...options.members,
  };
}

export function answerProblem(c: Context<ApiEnv>, problem: Problem): Response {
  const body = JSON.stringify(showProblem(problem, c.var.requestId));
  return c.body(body, problemStatus(problem.code), {
    'Content-Type': 'application/problem+json',
    ...problem.options.headers,
  });
}

/** The one place where what was thrown becomes an answer. Only a bug is logged with its stack. */
export function onError(error: Error, c: Context<ApiEnv>): Response {
  const problem = asProblem(error);
  if (problem.code === 'internal') c.var.log.error({ err: error }, 'bug');
  if (error instanceof Unavailable) c.var.log.warn({ err: error }, 'unavailable');
  return answerProblem(c, problem);
}

// A client that comes back at once would meet the same outage.
const RETRY_AFTER_SECONDS = '2';

export function unavailable(): Problem<'temporarily-unavailable'> {
  const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
  return new Problem('temporarily-unavailable', { headers });
}

/** Another process may well have room, and a client comes to it by coming back. */
export function tooBusy(): Problem<'temporarily-unavailable'> {
  const detail = 'As many streams are open here as there may be. Nothing has happened.';
  return new Problem('temporarily-unavailable', {
    ...unavailable().options,
    detail,
    limit: 'streams',
  });
}

function asProblem(error: Error): Problem {
  if (error instanceof Problem) return error as Problem;
  if (error instanceof Unavailable) return unavailable();
  if (error instanceof HTTPException && error.status === 400) return new Problem('malformed-json');
  return new Problem('internal');
}
