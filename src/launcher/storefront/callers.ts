/**
 * Who is answered: the page itself, by a name of this machine. A page from elsewhere that the same
 * browser has open must neither order here nor, by a name that it lets point at us, read anything.
 */
import type { MiddlewareHandler } from 'hono';

export const answersOnlyItself: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? '';
  const origin = c.req.header('origin');
  const isItself = origin === undefined || origin === `http://${host}`;
  if (!LOOPBACK.test(host) || !isItself) return c.text('Only the shop itself is answered.', 403);
  await next();
  return undefined;
};

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
