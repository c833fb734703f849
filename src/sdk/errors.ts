/**
 * The two ways in which a request can fail. Either the API has said no, and why; or nobody knows
 * what became of the request, and its key is what finds out.
 */
import type { ProblemCode } from '../api/problems.ts';
import type { ProblemBody } from './types.ts';

/** The API has answered with a problem (RFC 9457). A request with a key has had no effect. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The last part of `type`, like `sold-out`. */
  readonly code: ProblemCode | (string & {});
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What is wrong where, like `lines[0].sku`. */
  readonly errors: NonNullable<ProblemBody['errors']>;
  /** Quote it when you report the problem. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** As the API sent it: some types have members of their own, such as `skus`. */
  readonly body: ProblemBody;

  constructor(body: ProblemBody, about: { requestId?: string; retryAfterMs?: number } = {}) {
    super(`${body.status} ${body.title}${body.detail && `: ${body.detail}`}`);
    this.code = body.type.replace(/^.*\//, '');
    this.type = body.type;
    this.title = body.title;
    this.status = body.status;
    this.detail = body.detail;
    this.errors = body.errors ?? [];
    this.requestId = about.requestId;
    this.retryAfterMs = about.retryAfterMs;
    this.body = body;
  }
}

/**
 * No answer, or none that says what became of the request. If it had a key, it may have taken
 * effect: the same request with the same key finds out, and does nothing twice.
 */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly idempotencyKey: string | undefined;
  readonly attempts: number;

  constructor(about: { idempotencyKey: string | undefined; attempts: number; cause: unknown }) {
    const { idempotencyKey, attempts, cause } = about;
    const why = cause instanceof Error ? cause.message : String(cause);
    const key = idempotencyKey === undefined ? '' : `; ask again with the key ${idempotencyKey}`;
    super(`no answer after ${attempts} attempts (${why})${key}`, { cause });
    this.idempotencyKey = idempotencyKey;
    this.attempts = attempts;
  }
}
