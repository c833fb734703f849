/**
 * Reads a request's body within its limit, also when it comes in chunks, and hands on only JSON
 * that is plain: every oddity ends here as a 4xx, before anything is looked up or written.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ApiEnv } from './env.ts';
import { fieldName, findOddities, repeatedMember } from './hygiene.ts';
import { invalid, Problem } from './problems.ts';

/** For routes with a body: leaves it, as the client sent it, in `c.var.body`. */
export const jsonBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) {
    throw new Problem('unsupported-media-type');
  }
  c.set('body', parse(await readText(c)));
  await next();
};

/** For routes without one: a body that is sent all the same was meant to say something. */
export const noBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const text = await readText(c);
  if (text !== '') throw invalid({ field: 'body', detail: 'This request takes no body.' });
  await next();
};

const JSON_TYPE = /^application\/json\s*(?:;.*)?$/i;

// A hundred lines with all their metadata need half of it.
const MAX_BYTES = 64 * 1024;

const limitStream: MiddlewareHandler<ApiEnv> = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new Problem('body-too-large');
  },
});

async function readText(c: Context<ApiEnv, string>): Promise<string> {
  try {
    if (!isWithinDeclaredLimit(c)) await limitStream(c, () => Promise.resolve());
    return await c.req.text();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw invalid({ field: 'body', detail: 'The body ended before all of it had come.' });
  }
}

/** A declared length is one that the server holds the client to, so reading needs no counting. */
function isWithinDeclaredLimit(c: Context<ApiEnv, string>): boolean {
  const declared = c.req.header('content-length');
  if (declared === undefined || c.req.header('transfer-encoding') !== undefined) return false;
  if (Number(declared) > MAX_BYTES) throw new Problem('body-too-large');
  return true;
}

// Enough to mend a body by; a hostile one gets no answer longer than itself.
const MOST_ERRORS = 20;

function parse(text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem('malformed-json');
  }
  const oddities = findOddities(body);
  if (oddities.length > 0) throw invalid(...oddities.slice(0, MOST_ERRORS));
  const repeated = repeatedMember(text);
  if (repeated !== undefined) {
    throw invalid({ field: fieldName([repeated]), detail: 'Stands twice in one object.' });
  }
  return body;
}
