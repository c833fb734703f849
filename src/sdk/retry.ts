/** How long to wait before the next try, and when there have been enough of them. */
import type { Clock } from './clock.ts';

export interface RetryPolicy {
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** The longest pause before the second try; each later one may be twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** No try begins later than this after the first. */
  readonly totalMs: number;
  /** How long one try may take; what the API was asked to wait comes on top. */
  readonly answerMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  // With the pauses below, enough to outlast a restart of the API or a failover of its database.
  attempts: 6,
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  totalMs: 60_000,
  // The API gives up on its database after 2 s, and on an equal request in flight after 2 s more.
  answerMs: 10_000,
};

export type Patience = ReturnType<typeof createPatience>;

export function createPatience(policy: RetryPolicy, clock: Clock) {
  let tries = 0;
  let began = clock.now();
  return {
    get tries() {
      return tries;
    },
    tried() {
      tries += 1;
    },
    /** What has gone well again may go wrong as often as before. */
    reset() {
      tries = 0;
      began = clock.now();
    },
    /** Undefined: enough. */
    pauseMs(retryAfterMs = 0): number | undefined {
      const pause = retryAfterMs + fullJitter(tries, policy, clock);
      const isOver = clock.now() - began + pause > policy.totalMs;
      return tries >= policy.attempts || isOver ? undefined : pause;
    },
  };
}

/**
 * Anything from nothing up to a ceiling that doubles, so that those who failed together do not come
 * back together: "full jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. What the API
 * asks for by Retry-After comes before it: it is the least that makes sense.
 */
function fullJitter(tries: number, policy: RetryPolicy, clock: Clock): number {
  const ceiling = policy.firstPauseMs * 2 ** Math.max(0, tries - 1);
  return clock.random() * Math.min(policy.longestPauseMs, ceiling);
}

/** Seconds, or an HTTP date, which is compared with the sender's own clock where that is known. */
export function retryAfterMs(headers: Headers, clock: Clock): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const sent = Date.parse(headers.get('date') ?? '');
  const until = Date.parse(text) - (Number.isNaN(sent) ? clock.now() : sent);
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}
