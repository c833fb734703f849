/**
 * Lets a request through only to a route that declares a scope, with a credential that has it.
 * Deny by default: a route behind the guard that declares nothing answers nobody.
 */
import type { RouteConfig } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ApiEnv } from './env.ts';
import { refuseSpent } from './limits.ts';
import type { Limits } from './limits.ts';
import type { Credentials, Principal } from './ports.ts';
import { Problem } from './problems.ts';

export type Scope =
  'orders:read' | 'orders:write' | 'refunds:write' | 'webhooks:write' | 'operations';

/** For a route's definition: the guard and the OpenAPI document read the same word. */
export function needs(scope: Scope): { security: [{ apiKey: [Scope] }] } {
  return { security: [{ apiKey: [scope] }] };
}

function scopeOf({ security }: Pick<RouteConfig, 'security'>): string | undefined {
  return security?.[0]?.['apiKey']?.[0];
}

export interface GuardDeps {
  readonly credentials: Credentials;
  readonly limits: Limits;
}

export function guard(
  { credentials, limits }: GuardDeps,
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
    const principal = await authenticate(c, { credentials, limits });
    c.set('principal', principal);
    const quota = await limits.take(nameOf(principal), `${route.method} ${route.path}`);
    c.set('quota', quota);
    refuseSpent(quota);
    if (!principal.scopes.includes(scope)) throw lacking(scope);
    await next();
  };
}

/** A tenant's ID has no space. */
function nameOf({ tenantId, operator }: Principal): string {
  return operator === undefined ? tenantId : `operator ${operator}`;
}

function routeKey({ method, path }: RouteConfig): string {
  return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
}

async function authenticate(
  c: Context<ApiEnv>,
  { credentials, limits }: GuardDeps,
): Promise<Principal> {
  const [, credential = ''] = BEARER.exec(c.req.header('authorization') ?? '') ?? [];
  await limits.admit(c, credential);
  const principal = credential === '' ? undefined : await credentials.authenticate(credential);
  if (principal !== undefined) {
    limits.worked(credential);
    return principal;
  }
  await limits.failed(c);
  throw unauthenticated(credential === '' ? '' : ', error="invalid_token"');
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
