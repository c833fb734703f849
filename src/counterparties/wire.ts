/**
 * What a fault of the way between makes of a request over HTTP, with the ways a connection and an
 * answer go wrong that no HTTP framework offers.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { once } from 'node:events';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { COURSES, type ConnectionFault } from './faults.ts';
import type { Meeting } from './plan.ts';
import type { HttpEnv } from './server.ts';

export interface Work {
  /** Books that it was not done. */
  readonly leave: () => Promise<void>;
  readonly execute: () => Promise<Response>;
}

/** Does what was asked for if and when the fault lets it; without one it is simply done. */
export async function meetFault(
  c: Context<HttpEnv>,
  fault: ConnectionFault | undefined,
  meeting: Meeting,
  { leave, execute }: Work,
): Promise<Response> {
  if (fault === undefined) return execute();
  const { done, answer } = COURSES[fault];
  if (done === 'late') return (await meeting.later(execute)) ?? breakConnection(c);
  if (done === 'never') await leave();
  const whole = done === 'never' ? c.body(null) : await execute();
  if (typeof answer === 'number') return refuse(c, answer);
  return await ANSWERS[answer](c, whole, meeting);
}

type Word = Exclude<(typeof COURSES)[ConnectionFault]['answer'], number>;

const ANSWERS: Readonly<
  Record<Word, (c: Context<HttpEnv>, whole: Response, meeting: Meeting) => Promise<Response>>
> = {
  whole: (_c, whole) => Promise.resolve(whole),
  async late(c, whole, meeting) {
    return (await meeting.later(() => Promise.resolve(whole))) ?? breakConnection(c);
  },
  broken: (c) => Promise.resolve(breakConnection(c)),
  none: waitForClientToLeave,
  truncated: truncate,
  malformed: (c) => Promise.resolve(c.body('<html>It works!</html>', 200, HTML)),
  'wrong-amount': (_c, whole) =>
    alter(whole, /("amount\w*":)([1-9]\d*)/g, (_, field, amount) => `${field}${amount}1`),
  'wrong-currency': (_c, whole) =>
    alter(whole, /("currency":)"(\w+)"/g, (_, field, currency) => {
      return `${field}"${currency === 'usd' ? 'eur' : 'usd'}"`;
    }),
};

const HTML = { 'content-type': 'text/html' };

function breakConnection(c: Context<HttpEnv>): Response {
  c.env.incoming.socket.destroy();
  return c.body(null);
}

async function waitForClientToLeave(c: Context<HttpEnv>): Promise<Response> {
  const { socket } = c.env.incoming;
  if (!socket.destroyed) await once(socket, 'close');
  return c.body(null);
}

/** Promises the whole, sends half of it, and leaves. */
async function truncate(c: Context<HttpEnv>, whole: Response): Promise<Response> {
  const body = Buffer.from(await whole.arrayBuffer());
  const { outgoing } = c.env;
  const { socket } = c.env.incoming;
  // What has no body loses its status line's other half.
  const half = body.subarray(0, body.length / 2);
  outgoing.writeHead(whole.status, {
    'content-type': 'application/json',
    'content-length': Math.max(body.length, 2),
  });
  outgoing.write(half.length > 0 ? half : '{', () => socket.destroySoon());
  return RESPONSE_ALREADY_SENT;
}

async function alter(
  whole: Response,
  pattern: RegExp,
  change: (...groups: string[]) => string,
): Promise<Response> {
  const body = (await whole.text()).replaceAll(pattern, change);
  return new Response(body, whole);
}

// The least that can be said in whole seconds, and all that a test has time for.
const RETRY_AFTER_SECONDS = '1';

function refuse(c: Context<HttpEnv>, status: number): Response {
  if (RETRY_LATER.includes(status)) c.header('Retry-After', RETRY_AFTER_SECONDS);
  return c.json(refusalOf(status), status as ContentfulStatusCode);
}

/** As Stripe words it; a carrier's client reads the status, and a code of its own. */
export function refusalOf(status: number) {
  const [type, code] = REFUSALS[status] ?? ['api_error'];
  return { code, error: { type, code, message: 'The fault plan refuses this request.' } };
}

const RETRY_LATER = [409, 429, 503];

const REFUSALS: Readonly<Record<number, readonly [type: string, code?: string]>> = {
  400: ['invalid_request_error'],
  409: ['idempotency_error', 'idempotency_key_in_use'],
  429: ['invalid_request_error', 'rate_limit'],
};
