/**
 * The Idempotency-Key header, and how a repeat of a request is told from another request. Keys and
 * bodies are stored as hashes only.
 */
import { createHash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { ApiEnv } from './env.ts';
import type { Claim } from './ports.ts';
import { Problem } from './problems.ts';

// Part of every fingerprint: the same body may mean something else in a later version.
const API_VERSION = 'v1';

/**
 * Reads the header and echoes it. What is wrong with it is told by `claimOf`, after what is wrong
 * with the body.
 */
export const idempotencyKey: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const header = c.req.header('idempotency-key');
  const key = header === undefined ? undefined : parseKey(header);
  if (header !== undefined && key !== undefined && timesSent(c, 'idempotency-key') <= 1) {
    c.set('idempotencyKey', key);
    c.header('Idempotency-Key', header);
  }
  await next();
};

/** What this request claims, or the problem with its key. */
export function claimOf(c: Context<ApiEnv>, route: string, sent: unknown): Claim {
  const key = c.var.idempotencyKey;
  if (key === undefined) {
    const isMissing = c.req.header('idempotency-key') === undefined;
    throw new Problem(isMissing ? 'idempotency-key-missing' : 'idempotency-key-invalid');
  }
  return {
    tenantId: c.var.principal.tenantId,
    route,
    keyHash: sha256(key),
    fingerprint: sha256([API_VERSION, route, canonicalJson(sent)].join('\n')),
  };
}

/** What the books may say of a key, instead of what was asked. */
interface KeyRefusal {
  readonly state: 'mismatched' | 'busy' | 'erased';
}

/** The answer, once its key is nothing to refuse it for. */
export function pastKey<Answer extends { readonly state: string }>(
  answer: Answer,
): Exclude<Answer, KeyRefusal> {
  switch (answer.state) {
    case 'mismatched':
      throw new Problem('idempotency-key-reused');
    case 'busy':
      throw new Problem('idempotency-in-progress', { headers: { 'Retry-After': '1' } });
    case 'erased':
      throw new Problem('order-erased');
    default:
      return answer as Exclude<Answer, KeyRefusal>;
  }
}

const BARE = /^[\x21-\x7e]{1,255}$/;

// An RFC 8941 string: a quote or a backslash inside it is escaped by a backslash.
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/** `"k"` and `k` are the same key. Undefined when it is neither. */
export function parseKey(header: string): string | undefined {
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, '$1');
  if (quoted === undefined && header.startsWith('"')) return undefined;
  const key = quoted ?? header;
  return BARE.test(key) ? key : undefined;
}

/** Two headers arrive joined by a comma, which a key may contain: only the raw ones can tell. */
function timesSent(c: Context<ApiEnv>, name: string): number {
  // Without a server there is no environment at all, whatever the type says.
  const environment = c.env as ApiEnv['Bindings'] | undefined;
  const raw = environment?.incoming?.rawHeaders ?? [];
  return raw.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

/** JSON with members in one order, so that it is the same whoever wrote it. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
