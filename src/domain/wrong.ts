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
}

/** The other side has taken it on and is at it, for days perhaps: asked again later, no trouble. */
export class Pending extends Error {
  override readonly name = 'Pending';
}
