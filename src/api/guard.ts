/**
 * Lets a request through only to a route that declares a scope, with a credential that has it.
 * Deny by default: a route behind the guard that declares nothing answers nobody.
 */
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ApiEnv } from './env.ts';
import type { Credentials, Principal } from './ports.ts';
import { Problem } from './problems.ts';

export type Scope = 'orders:read' | 'orders:write' | 'refunds:write';

/** For a route's definition: the guard and the OpenAPI document read the same word. */
export function needs(scope: Scope): { security: [{ apiKey: [Scope] }] } {
  return { security: [{ apiKey: [scope] }] };
}

function scopeOf({ security }: Pick<RouteConfig, 'security'>): string | undefined {
  return security?.[0]?.['apiKey']?.[0];
}

export function guard(
  credentials: Credentials,
  declared: readonly RouteConfig[],
): MiddlewareHandler<ApiEnv> {
  const scopes = new Map(declared.map((route) => [routeKey(route), scopeOf(route)]));
  return async (c, next) => {
    // Behind the last middleware stands the handler; without one, 404 or 405 is to be answered.
    const route = matchedRoutes(c).at(-1);
    if (route === undefined || route.method === 'ALL') {
      await next();
      return;
    }
    const scope = scopes.get(`${route.method} ${route.path}`);
    if (scope === undefined) throw new Error(`bug: ${route.path} declares no scope`);
    c.set('principal', await authorize(c, credentials, scope));
    await next();
  };
}

function routeKey({ method, path }: RouteConfig): string {
  return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
}

async function authorize(
  c: Context<ApiEnv>,
  credentials: Credentials,
  scope: string,
): Promise<Principal> {
  const [, apiKey] = BEARER.exec(c.req.header('authorization') ?? '') ?? [];
  if (apiKey === undefined) throw unauthenticated();
  const principal = await credentials.authenticate(apiKey);
  if (principal === undefined) throw unauthenticated(', error="invalid_token"');
  if (!principal.scopes.includes(scope)) throw lacking(scope);
  return principal;
}

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const REALM = 'Bearer realm="makegood"';

export function unauthenticated(error = ''): Problem<'unauthenticated'> {
  return new Problem('unauthenticated', { headers: { 'WWW-Authenticate': `${REALM}${error}` } });
}

export function lacking(scope: string): Problem<'insufficient-scope'> {
  return new Problem('insufficient-scope', {
    detail: `The key lacks the scope ${scope}.`,
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  });
}
