/** A request of the page, asked of the API in the shop's name. The browser never sees the key. */
import type { Context } from 'hono';

export interface Api {
  readonly url: string;
  readonly key: string;
}

// What the API reads, and what the page does. Nothing else passes.
const ASKS = ['accept', 'content-type', 'idempotency-key', 'last-event-id', 'prefer'];
const ANSWERS = ['content-type', 'idempotent-replayed', 'retry-after', 'x-request-id'];

export function forwardTo({ url, key }: Api) {
  return async (c: Context, more: Readonly<Record<string, string>> = {}): Promise<Response> => {
    const { method, path } = c.req;
    const { search } = new URL(c.req.url);
    const answer = await fetch(`${url}${path}${search}`, {
      method,
      headers: {
        ...passed(c.req.raw.headers, ASKS),
        ...more,
        // What is sent in pieces is read in pieces.
        'Accept-Encoding': 'identity',
        Authorization: `Bearer ${key}`,
      },
      ...(method === 'POST' && { body: await c.req.text() }),
      redirect: 'error',
      signal: c.req.raw.signal,
    }).catch(() => undefined);
    if (answer === undefined) return c.json(NOBODY, 502);
    const headers = { ...passed(answer.headers, ANSWERS), 'Cache-Control': 'no-store' };
    const body = answer.body && endingQuietly(answer.body);
    return new Response(body, { status: answer.status, headers });
  };
}

/** A page that leaves, or an API that dies, cuts a stream of events: that is no news to anybody. */
function endingQuietly(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = await reader.read().catch(() => undefined);
      if (piece?.value === undefined) controller.close();
      else controller.enqueue(piece.value);
    },
    cancel: (why) => reader.cancel(why).catch(() => undefined),
  });
}

/** In the API's own form. */
const NOBODY = {
  type: 'about:blank',
  title: 'The API does not answer',
  status: 502,
  detail: 'It is down, or being started again.',
};

function passed(from: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
