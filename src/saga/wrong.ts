/**
 * Three kinds of wrong, told apart in one place. A refusal is the business saying no: never
 * retried, it becomes an outcome. A failure is the world not answering: retried, and before the
 * pivot it unwinds when the attempts run out. Anything else is a bug: its step waits for an
 * operator, for a bug must never undo what a customer has bought.
 *
 * Pending is not wrong at all, only not done yet: a bank that takes days. It is asked again, ever
 * more rarely or when it says so, and nobody is called.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  TemporalFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';

const REFUSAL = 'Refusal';
const UNAVAILABLE = 'Unavailable';
const PENDING = 'Pending';

export type Wrong =
  | { readonly kind: 'refusal'; readonly code: string; readonly detail: string }
  | { readonly kind: 'cancelled'; readonly detail: string }
  | ({ readonly kind: 'pending'; readonly detail: string } & Patience)
  | { readonly kind: 'failure'; readonly detail: string }
  | { readonly kind: 'bug'; readonly detail: string };

/** How long to wait before the next look, and until when a look that fails is no more than that. */
interface Patience {
  readonly againMs?: number;
  /** Milliseconds since the epoch. */
  readonly until?: number;
}

/** What an activity throws to say no. BENIGN: an expected answer, not an error in the metrics. */
export function refusal(code: string, detail: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: REFUSAL,
    message: detail,
    nonRetryable: true,
    category: 'BENIGN',
    details: [{ code }],
  });
}

/** What an activity throws when it does not know, or was told "not now", perhaps until when. */
export function unavailable(
  detail: string,
  cause?: Error,
  retryAfterMs?: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: UNAVAILABLE,
    message: detail,
    ...(cause && { cause }),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

/** What an activity throws when the answer is "I am at it": perhaps when to look, and until when to wait. */
export function pending(detail: string, againMs?: number, until?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: PENDING,
    message: detail,
    nonRetryable: true,
    category: 'BENIGN',
    ...(againMs !== undefined && { details: [{ againMs, until }] }),
  });
}

/** Anything else an activity throws: what it was is kept, and it is tried again until mended. */
export function bug(thrown: unknown): ApplicationFailure {
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  return ApplicationFailure.create({ type: cause.name, message: cause.message, cause });
}

/**
 * Reads what a participant threw. What is no Temporal failure was thrown by workflow code itself:
 * it is thrown on, which blocks the workflow task until the code is mended.
 */
export function classify(error: unknown): Wrong {
  if (!(error instanceof TemporalFailure)) throw error;
  if (isCancellation(error)) return { kind: 'cancelled', detail: 'cancelled' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const detail = cause?.message ?? error.message;
  if (cause instanceof TimeoutFailure) return { kind: 'failure', detail };
  if (!(cause instanceof ApplicationFailure)) return { kind: 'bug', detail };
  return toldBy(cause);
}

function toldBy(failure: ApplicationFailure): Wrong {
  const { type, message: detail } = failure;
  if (type === REFUSAL) return { kind: 'refusal', code: codeOf(failure), detail };
  if (type === PENDING) return { kind: 'pending', detail, ...againIn(failure) };
  return { kind: type === UNAVAILABLE ? 'failure' : 'bug', detail };
}

function againIn(failure: ApplicationFailure): Patience {
  const { againMs, until } = (failure.details?.[0] ?? {}) as Record<string, unknown>;
  return {
    ...(typeof againMs === 'number' && { againMs }),
    ...(typeof until === 'number' && { until }),
  };
}

function codeOf(failure: ApplicationFailure): string {
  const [first] = failure.details ?? [];
  const code = (first as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'refused';
}
