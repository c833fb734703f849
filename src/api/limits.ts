/**
 * How much one tenant may ask of this process, and how often one address may fail to say who it is.
 * Counted in memory, in windows of a minute: no request writes to the database for it, and each
 * process keeps its share of the limit.
 */
import { createHash, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Context } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { ApiEnv, Quota } from './env.ts';
import { Problem } from './problems.ts';

export interface LimitOptions {
  /** Requests of one tenant to one route, in this process. */
  readonly perMinute: number;
  /** Credentials of one address that are not valid. */
  readonly failuresPerMinute: number;
  /** How many proxies before us each add the address they saw to X-Forwarded-For. */
  readonly trustedProxies: number;
}

export interface Limits {
  /** Counts a request. One too many is refused by `refuseSpent`. */
  take(tenantId: string, route: string): Promise<Quota>;
  /** Throws for an address that failed too often, unless the credential worked here before. */
  admit(c: Context<ApiEnv>, credential: string): Promise<void>;
  failed(c: Context<ApiEnv>): Promise<void>;
  worked(credential: string): void;
}

const WINDOW_SECONDS = 60;

export function createLimits(options: LimitOptions): Limits {
  const { perMinute, failuresPerMinute, trustedProxies } = options;
  const requests = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  const failures = new RateLimiterMemory({ points: failuresPerMinute, duration: WINDOW_SECONDS });
  const bucketOf = createBuckets();
  const known = createMemory();
  return {
    async take(tenantId, route) {
      const { consumedPoints, msBeforeNext } = await requests.penalty(`${tenantId} ${route}`);
      return {
        limit: perMinute,
        remaining: perMinute - consumedPoints,
        resetSeconds: Math.ceil(msBeforeNext / 1_000),
      };
    },
    async admit(c, credential) {
      const spent = await failures.get(bucketOf(addressOf(c, trustedProxies)));
      if (spent === null || spent.consumedPoints < failuresPerMinute) return;
      if (!known.has(credential)) throw tooManyFailures(Math.ceil(spent.msBeforeNext / 1_000));
    },
    async failed(c) {
      await failures.penalty(bucketOf(addressOf(c, trustedProxies)));
    },
    worked: (credential) => known.add(credential),
  };
}

export function refuseSpent({ remaining, resetSeconds }: Quota): void {
  if (remaining < 0) throw quotaExceeded(resetSeconds);
}

export function quotaExceeded(retryAfterSeconds = WINDOW_SECONDS): Problem<'quota-exceeded'> {
  const headers = { 'Retry-After': retryAfterSeconds.toString() };
  return new Problem('quota-exceeded', { headers, limit: 'quota' });
}

function tooManyFailures(retryAfterSeconds: number): Problem<'quota-exceeded'> {
  return new Problem('quota-exceeded', {
    ...quotaExceeded(retryAfterSeconds).options,
    detail: 'Too many credentials from this address were not valid.',
    limit: 'failed logins',
  });
}

// Streams end with their orders: some have by then.
const A_STREAM_ENDS_SECONDS = 5;

export function tooManyStreams(): Problem<'quota-exceeded'> {
  return new Problem('quota-exceeded', {
    ...quotaExceeded(A_STREAM_ENDS_SECONDS).options,
    detail: 'You have as many streams open here as one tenant may, beside all others.',
    limit: 'streams',
  });
}

/** draft-ietf-httpapi-ratelimit-headers-10. */
export function quotaHeaders({ limit, remaining, resetSeconds }: Quota): [string, string][] {
  return [
    ['RateLimit-Policy', `"default";q=${limit};w=${WINDOW_SECONDS}`],
    ['RateLimit', `"default";r=${Math.max(remaining, 0)};t=${resetSeconds}`],
  ];
}

// Addresses cost an attacker nothing, memory costs us: so many counters, whoever asks.
const BUCKETS = 65_536;

/** By a salt of this process, so that nobody can aim at a neighbour's bucket. */
function createBuckets(): (address: string) => number {
  const salt = randomBytes(16);
  return (address) =>
    createHash('sha256').update(salt).update(address).digest().readUInt32BE() % BUCKETS;
}

// More keys than any one address has reason to use.
const MOST_KNOWN = 10_000;

/** Credentials that have worked lately, as hashes: behind one address there may be honest ones too. */
function createMemory() {
  const salt = randomBytes(16);
  const hashes = new Set<string>();
  const hashOf = (text: string) => createHash('sha256').update(salt).update(text).digest('base64');
  return {
    has: (credential: string) => hashes.has(hashOf(credential)),
    add(credential: string) {
      hashes.add(hashOf(credential));
      const [oldest] = hashes;
      if (hashes.size > MOST_KNOWN && oldest !== undefined) hashes.delete(oldest);
    },
  };
}

/** What the client wrote itself stands to the left of what our own proxies have added. */
function addressOf(c: Context<ApiEnv>, trustedProxies: number): string {
  // Without a server there is no environment at all, whatever the type says.
  const environment = c.env as ApiEnv['Bindings'] | undefined;
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
  const seen = trustedProxies > 0 ? forwarded.at(-trustedProxies) : undefined;
  const address = seen ?? environment?.incoming?.socket.remoteAddress ?? '';
  return isIPv6(address) ? networkOf(address) : address;
}

/** Who has one IPv6 address has its whole /64. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length });
  const groups = [...left, ...zeros.map(() => '0'), ...right].slice(0, 4);
  return groups.map((group) => parseInt(group, 16).toString(16)).join(':');
}
