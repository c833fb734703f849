/**
 * A `fetch` that tries again, for `hc`: it answers what was granted, and throws everything else. A
 * request is repeated as it is, key and all, so the API takes every repeat for the same request; a
 * POST without a key is sent once.
 */
import { isPassing, mayHaveTakenEffect, problemOf } from './answers.ts';
import { limited } from './clock.ts';
import type { Clock } from './clock.ts';
import { NoAnswerError, ProblemError } from './errors.ts';
import { createPatience } from './retry.ts';
import type { RetryPolicy } from './retry.ts';

export interface TransportDeps {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
}

export function createTransport(deps: TransportDeps) {
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = describe(input, init, deps.retry);
    request.signal?.throwIfAborted();
    const tries = beginTries(deps, request);
    for (;;) {
      const answer = await tryOnce(deps, request);
      if (answer instanceof Response) return answer;
      await tries.pauseAfter(answer);
    }
  };
}

/** What the tries of one request have come to. */
function beginTries({ retry, clock }: TransportDeps, { key, signal, isRepeatable }: Described) {
  const patience = createPatience(retry, clock);
  let isUnsure = false;
  const failureOf = (wrong: unknown) =>
    wrong instanceof ProblemError && !isUnsure
      ? wrong
      : new NoAnswerError({ idempotencyKey: key, attempts: patience.tries, cause: wrong });
  return {
    /** Resolves when it is time for the next try, and throws when there is none. */
    async pauseAfter(wrong: unknown): Promise<void> {
      patience.tried();
      const problem = wrong instanceof ProblemError ? wrong : undefined;
      isUnsure = key !== undefined && mayHaveTakenEffect(problem, isUnsure);
      // Who aborts a request may have sent it all the same.
      const aborted = () => (isUnsure ? failureOf(wrong) : signal?.reason) as Error;
      if (signal?.aborted) throw aborted();
      const mayRepeat = isRepeatable && isPassing(problem);
      const pauseMs = mayRepeat ? patience.pauseMs(problem?.retryAfterMs) : undefined;
      if (pauseMs === undefined) throw failureOf(wrong);
      await clock.sleep(pauseMs, signal).catch(() => Promise.reject(aborted()));
    },
  };
}

type Described = ReturnType<typeof describe>;

function describe(input: string | URL | Request, init: RequestInit, { answerMs }: RetryPolicy) {
  const url = input instanceof Request ? input.url : String(input);
  const headers = new Headers(init.headers);
  const key = headers.get('idempotency-key') ?? undefined;
  return {
    url,
    init,
    key,
    isRepeatable: key !== undefined || init.method === 'GET',
    signal: init.signal ?? undefined,
    limitMs: answerMs + 1_000 * secondsToWait(url, headers),
  };
}

/** What the API was asked to wait is no sign of trouble. */
function secondsToWait(url: string, headers: Headers): number {
  const preferred = /\bwait=(\d+)/.exec(headers.get('prefer') ?? '')?.[1];
  return Number(preferred ?? new URL(url).searchParams.get('wait') ?? 0);
}

/** The answer to a request that was granted, or what is wrong. An answer that is cut is none. */
async function tryOnce(
  { fetch, clock }: TransportDeps,
  { url, init, signal, limitMs }: Described,
): Promise<unknown> {
  const limit = limited(clock, signal);
  limit.allow(limitMs);
  try {
    // The API sends nobody elsewhere, and a key is not for whoever a proxy may name.
    const answer = await fetch(url, { ...init, redirect: 'manual', signal: limit.signal });
    if (!answer.ok) return await problemOf(answer, clock);
    const { status, headers } = answer;
    return Response.json(await answer.json(), { status, headers });
  } catch (error) {
    return error;
  } finally {
    limit.end();
  }
}
