/**
 * Two of the three kinds of wrong, and what only looks like one. A refusal is the business saying no;
 * unavailable is the world not answering; pending is an answer that takes its time. Anything else
 * that is thrown is a bug.
 */
import type { RefusalCode } from './order.ts';

/** The business said no, for good. It ends as an outcome of the order, never as an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** The world did not answer, or answered "not now": the outcome is unknown, so try again. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  /** When the other side said that it may be asked again. */
  readonly retryAfterMs: number | undefined;
  constructor(
    detail: string,
    {
      retryAfterMs,
      ...options
    }: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(detail, options);
    this.retryAfterMs = retryAfterMs;
  }
}

// Nobody's word makes an order wait longer than its own patience with an outage.
const LONGEST_WAIT_MS = 60_000;

/** What a `Retry-After` header asks for. Stripe and we send seconds; a date is not worth a clock. */
export function retryAfterMs(header: unknown): number | undefined {
  const seconds = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined;
  return seconds === undefined ? undefined : Math.min(seconds * 1_000, LONGEST_WAIT_MS);
}

/** The other side has taken it on and is at it, for days perhaps: asked again later, no trouble. */
export class Pending extends Error {
  override readonly name = 'Pending';
  /** When there is something to ask again for; without it, ever more rarely. */
  readonly againMs: number | undefined;
  /** Until then a question without an answer is no failure. */
  readonly until: Date | undefined;
  constructor(detail: string, againMs?: number, until?: Date) {
    super(detail);
    this.againMs = againMs;
    this.until = until;
  }
}
