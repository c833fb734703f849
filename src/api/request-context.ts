/**
 * What every request gets, however it ends: an ID that follows its order to the gateway, one log
 * line with coordinates and nothing personal, and answers that no cache keeps.
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from 'pino';
import { typeid } from 'typeid-js';
import type { ApiEnv } from './env.ts';
import { hasCardNumber } from './hygiene.ts';
import { quotaHeaders } from './limits.ts';

export function requestContext(log: Logger): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const began = performance.now();
    const sent = c.req.header('x-request-id');
    const requestId = sent !== undefined && isHarmless(sent) ? sent : typeid('req').toString();
    c.set('requestId', requestId);
    c.set('log', log.child({ requestId }));
    await next();
    c.header('X-Request-Id', requestId);
    if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
    const { principal, orderId, quota } = c.var as Partial<ApiEnv['Variables']>;
    // Last, because a 304 loses what was set before it.
    if (quota) for (const [name, value] of quotaHeaders(quota)) c.header(name, value);
    c.var.log.info(
      {
        tenantId: principal?.tenantId || undefined,
        operator: principal?.operator,
        orderId,
        method: c.req.method,
        route: routePath(c, -1),
        status: c.res.status,
        ms: Math.round(performance.now() - began),
      },
      'request',
    );
  };
}

/** It is logged, kept in histories and told to the gateway: no place for what was pasted by mistake. */
function isHarmless(text: string): boolean {
  return REQUEST_ID.test(text) && !SECRET.test(text) && !hasCardNumber(text);
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

// How our API keys begin, and what a payment gateway hands out.
const SECRET = /(^|[.-])(mg|pm|tok|card|src|sk|rk|whsec)_/i;
