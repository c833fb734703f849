/**
 * Whether this process can take one more request. One that it cannot take is answered 503 before
 * anything is begun, while there is still time to answer: late answers to all would help nobody.
 */
import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './env.ts';
import { Problem } from './problems.ts';

export interface Load {
  /** What to call when the request has been answered; or of what there is too much to take it. */
  enter(): (() => void) | Overload;
  readonly inFlight: number;
  stop(): void;
}

type Overload = 'requests' | 'queries' | 'loop lag';

export interface LoadOptions {
  /** Requests at once, those that wait for an order included. */
  readonly mostInFlight: number;
  /** Queries that wait for a connection. */
  readonly mostQueued: number;
  readonly queued: () => number;
  /** How late the event loop may be, twice in a row: a single pause passes by itself. */
  readonly mostLagMs: number;
}

const LOOK_EVERY_MS = 100;

export function createLoad({ mostInFlight, mostQueued, queued, mostLagMs }: LoadOptions): Load {
  let inFlight = 0;
  let lateInARow = 0;
  let expected = performance.now() + LOOK_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lateInARow = now - expected > mostLagMs ? lateInARow + 1 : 0;
    expected = now + LOOK_EVERY_MS;
  }, LOOK_EVERY_MS).unref();
  return {
    enter() {
      if (inFlight >= mostInFlight) return 'requests';
      if (queued() >= mostQueued) return 'queries';
      if (lateInARow >= 2) return 'loop lag';
      inFlight += 1;
      return () => (inFlight -= 1);
    },
    get inFlight() {
      return inFlight;
    },
    stop: () => clearInterval(timer),
  };
}

export function shedLoad(load: Load): MiddlewareHandler<ApiEnv> {
  return async (_, next) => {
    const leave = load.enter();
    if (typeof leave === 'string') throw overloaded(leave);
    try {
      await next();
    } finally {
      leave();
    }
  };
}

// Soon: other processes may have room, and this one has as soon as what it works on is done.
const RETRY_AFTER_SECONDS = 1;

export function overloaded(
  limit: Overload | 'orders waiting' = 'requests',
  afterSeconds = RETRY_AFTER_SECONDS,
): Problem<'overloaded'> {
  const headers = { 'Retry-After': String(afterSeconds) };
  return new Problem('overloaded', { headers, limit });
}
