/**
 * What the routes' definitions have in common: how a document says which headers, which problems
 * and which examples an answer can have.
 */
import { z } from '@hono/zod-openapi';
import { lacking } from './guard.ts';
import type { Scope } from './guard.ts';
import { EXAMPLE_REQUEST_ID, exampleOf } from './problem-examples.ts';
import { Problem, problemStatus, problemType, showProblem } from './problems.ts';
import type { ProblemCode, ProblemStatus } from './problems.ts';

export function json<Schema extends z.ZodType>(of: Schema, example: z.input<Schema>) {
  return { 'application/json': { schema: of, example: example as unknown } };
}

// --- headers -----------------------------------------------------------------------------------

function header(description: string, example: string, required = true) {
  return { description, required, schema: { type: 'string' as const }, example };
}

/** The document's `components.headers`. */
export const HEADERS = {
  'X-Request-Id': header('The X-Request-Id that you sent, or a new one.', EXAMPLE_REQUEST_ID),
  'Cache-Control': header('Whether it may be kept.', 'no-store'),
  'RateLimit-Policy': header(
    'Once it is known who asks: so many requests (q) in so many seconds (w), per route.',
    '"default";q=6000;w=60',
    false,
  ),
  RateLimit: header(
    'Once it is known who asks: how many are left (r) for how many seconds (t).',
    '"default";r=5999;t=60',
    false,
  ),
  'Idempotency-Key': header('As you sent it, unless it is not valid.', 'my-first-order', false),
  'Idempotent-Replayed': {
    description: 'On a replay: the request had been accepted before.',
    required: false,
    schema: { type: 'string' as const, enum: ['true'] },
  },
  'Preference-Applied': header('If you asked to wait.', 'wait=10', false),
  Location: header('Where it can be read.', '/v1/orders/ord_01m7z699hgfq8rk1nxvfkn8kg6'),
  Vary: header('What else the answer depends on.', 'Accept'),
  'X-Accel-Buffering': header('On a stream: tells nginx to pass it on at once.', 'no', false),
  ETag: header('Send it as If-None-Match.', '"a9f0c1d5e2b34c6f8a7b9d0e1f2a3b4c5d6e7f80"'),
  'WWW-Authenticate': header('What is missing.', 'Bearer realm="makegood"'),
  'Retry-After': {
    description: 'Wait so many seconds, then send the same again, with the same key.',
    required: false,
    schema: { type: 'integer' as const, minimum: 0 },
    example: 2,
  },
};

type HeaderName = keyof typeof HEADERS;

export function headers(...names: HeaderName[]) {
  const all: HeaderName[] = ['X-Request-Id', 'Cache-Control', ...QUOTA_HEADERS, ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const QUOTA_HEADERS = ['RateLimit-Policy', 'RateLimit'] as const;

/** On every answer to a route with a key that gets as far as reading it. */
export const KEYED_HEADERS = ['Idempotency-Key', 'Idempotent-Replayed'] as const;

// --- parameters --------------------------------------------------------------------------------

function headerParameter(name: string, description: string) {
  return { name, in: 'header' as const, description, schema: { type: 'string' as const } };
}

// Bare, or an RFC 8941 string.
const IDEMPOTENCY_KEY = String.raw`^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$`;

/** The document's `components.parameters`. */
export const PARAMETERS = {
  'Idempotency-Key': {
    ...headerParameter(
      'Idempotency-Key',
      '1 to 255 visible ASCII characters, bare or in quotes: new for each request, the same for ' +
        'each retry of it.',
    ),
    schema: { type: 'string' as const, pattern: IDEMPOTENCY_KEY },
    required: true,
    example: 'my-first-order',
  },
  Prefer: headerParameter('Prefer', 'wait=N: wait up to N (0 to 30) seconds for the decision.'),
  'Last-Event-ID': headerParameter(
    'Last-Event-ID',
    'Of a stream: the ID of the event that you saw last. It goes on after that one.',
  ),
  'If-None-Match': headerParameter(
    'If-None-Match',
    'The ETag of an earlier answer: 304 if nothing has changed since.',
  ),
  'X-Request-Id': headerParameter(
    'X-Request-Id',
    'Follows the request into the logs, and its order to the gateway: 1 to 128 letters, digits, ' +
      'dots, dashes and underscores. Anything else is replaced, and so is what looks like a card ' +
      'number or a key.',
  ),
};

export function parameters(...names: (keyof typeof PARAMETERS)[]) {
  const all = [...names, 'X-Request-Id'];
  return all.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

export function pathParameter(name: string, example: string) {
  return z.string().openapi({ param: { name, in: 'path' }, example });
}

// --- problems ----------------------------------------------------------------------------------

/** What any route may answer that needs a scope. */
export function anywhere(scope: Scope) {
  return [
    'unauthenticated',
    lacking(scope),
    'quota-exceeded',
    'internal',
    'temporarily-unavailable',
    'overloaded',
  ] as const;
}

/** What any route may answer that takes a key. */
export const KEYED = [
  'idempotency-key-missing',
  'idempotency-key-invalid',
  'idempotency-in-progress',
  'order-erased',
] as const;

/** What any route may answer that takes a key and a body: a key fits only the body it came with. */
export const WITH_BODY = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'idempotency-key-reused',
] as const;

const DESCRIPTIONS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request is not valid.',
  401: 'No credential, or not a valid one.',
  403: 'The credential lacks the scope.',
  404: 'There is nothing here.',
  405: 'The method is not allowed here.',
  409: 'Not as things stand.',
  410: 'The order is erased.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The key was used for another request.',
  429: 'Too many requests.',
  500: 'A bug on our side.',
  503: 'Not available for the moment: retry, with the same key.',
};

/** A type by its code, with the usual example; or as the answer that serves as one here. */
export function problems<Code extends ProblemCode>(...types: readonly (Code | Problem<Code>)[]) {
  const shown: readonly Problem<Code>[] = types.map((type) =>
    type instanceof Problem ? type : exampleOf(type),
  );
  const isKeyed = shown.some(({ code }) => code === 'idempotency-key-missing');
  const statuses = [...new Set(shown.map(({ code }) => problemStatus(code)))].sort();
  const responses = statuses.map((status) => {
    const ofStatus = shown.filter(({ code }) => problemStatus(code) === status);
    // Who asks, and how often, is looked at before the key.
    const isKeyless = status === 401 || status === 403 || status === 429;
    const keyHeaders = isKeyed && !isKeyless ? KEY_ECHO : [];
    return [status, response(status, ofStatus, keyHeaders)];
  });
  return Object.fromEntries(responses) as Record<ProblemStatus<Code>, ReturnType<typeof response>>;
}

const KEY_ECHO = ['Idempotency-Key'] as const;

function response(
  status: ProblemStatus,
  shown: readonly Problem[],
  keyHeaders: readonly HeaderName[],
) {
  const own = new Set(shown.flatMap(({ options }) => Object.keys(options.headers ?? {})));
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { properties: { type: { enum: shown.map(({ code }) => problemType(code)) } } },
    ],
  };
  const examples = shown.map((problem) => {
    const value = showProblem(problem, EXAMPLE_REQUEST_ID);
    return [problem.code, { summary: value.title, value }];
  });
  return {
    description: DESCRIPTIONS[status],
    headers: headers(...keyHeaders, ...([...own] as HeaderName[])),
    content: {
      'application/problem+json': {
        schema,
        examples: Object.fromEntries(examples) as Record<string, { value: unknown }>,
      },
    },
  };
}
