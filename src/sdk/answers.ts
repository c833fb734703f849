/** What an answer means: granted, a problem, or nothing that can be believed. */
import type { Clock } from './clock.ts';
import { ProblemError } from './errors.ts';
import { retryAfterMs } from './retry.ts';
import type { ProblemBody } from './types.ts';

/** Also of an answer that comes from a proxy on the way, which knows nothing of problems. */
export async function problemOf(answer: Response, clock: Clock): Promise<ProblemError> {
  const { status, headers } = answer;
  const body = asProblem(parsed(await answer.text())) ?? {
    type: FOREIGN,
    title: answer.statusText || 'An answer that is not from the API',
    status,
    detail: '',
    instance: '',
  };
  const requestId = headers.get('x-request-id');
  const pause = retryAfterMs(headers, clock);
  return new ProblemError(
    { ...body, status },
    {
      ...(requestId !== null && { requestId }),
      ...(pause !== undefined && { retryAfterMs: pause }),
    },
  );
}

// RFC 9457: no more than the status says.
const FOREIGN = 'about:blank';

function asProblem(body: unknown): ProblemBody | undefined {
  const hasType = typeof body === 'object' && body !== null && 'type' in body;
  return hasType && typeof body.type === 'string' ? (body as ProblemBody) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same request may be answered otherwise in a moment. No problem: it was not answered at all. */
export function isPassing(problem: ProblemError | undefined): boolean {
  if (problem === undefined) return true;
  const { status, code } = problem;
  return status === 408 || status === 429 || status >= 500 || code === IN_PROGRESS;
}

const IN_PROGRESS = 'idempotency-in-progress';

/**
 * Whether a request with a key may have taken effect, once it is answered by this, or not at all. What is answered
 * before the API looks for what the key has done, or not by the API at all, says nothing of an
 * earlier try whose answer was lost; any other refusal is about all tries with the key.
 */
export function mayHaveTakenEffect(problem: ProblemError | undefined, before: boolean): boolean {
  if (problem === undefined) return true;
  const { status, type, code } = problem;
  if (status === 408 || status >= 500 || code === IN_PROGRESS) return true;
  const isBeforeKey = status === 401 || status === 403 || status === 429 || type === FOREIGN;
  return isBeforeKey && before;
}
