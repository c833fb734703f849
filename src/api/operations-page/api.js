/**
 * The operations API of this origin, asked with the operator's key. The key stays in this tab: in
 * `sessionStorage`, in no cookie and in no address.
 */

/** @import { Problem } from './types.d.ts' */

const STORED = 'makegood-operator-key';

export const key = {
  /** @returns {string | null} */
  read: () => sessionStorage.getItem(STORED),
  keep: (/** @type {string} */ text) => sessionStorage.setItem(STORED, text),
  forget: () => sessionStorage.removeItem(STORED),
};

/** The API has answered, and said no. */
export class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** The key opens nothing: it is wrong, expired, or no operator's. */
export class KeyRefused extends Refused {}

/** Nobody has answered, or nobody who knows: what was asked for may have been done, or not. */
export class NoAnswer extends Error {
  /**
   * @param {string} detail
   * @param {Problem} [problem]
   */
  constructor(detail, problem) {
    super(detail);
    this.problem = problem;
  }
}

// Longer than the API's own patience with its database, so that its answer is heard.
const PATIENCE_MS = 15_000;

/**
 * @template Answer
 * @param {string} path
 * @param {{ signal?: AbortSignal, body?: object, idempotencyKey?: string, as?: string }} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { signal, body, idempotencyKey, as } = {}) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(path, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: {
      Authorization: `Bearer ${as ?? key.read()}`,
      ...(body && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }),
    },
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  }).catch(() => undefined);
  if (answer === undefined) throw new NoAnswer('Nobody answers there.');
  /** @type {unknown} */
  const said = await answer.json().catch(() => undefined);
  if (answer.ok && said !== undefined) return /** @type {Answer} */ (said);
  throw complaintOf(answer.status, said);
}

/**
 * @param {number} status
 * @param {unknown} said
 */
function complaintOf(status, said) {
  if (!isProblem(said)) return new NoAnswer(`Status ${status}, and not in the API's words.`);
  if (status === 401 || status === 403) return new KeyRefused(said);
  if (status >= 500 || status === 429) return new NoAnswer(said.title, said);
  // The same request is still being answered: what comes of it is not known yet.
  if (said.type === '/problems/idempotency-in-progress') return new NoAnswer(said.title, said);
  return new Refused(said);
}

/**
 * @param {unknown} said
 * @returns {said is Problem}
 */
function isProblem(said) {
  return typeof said === 'object' && said !== null && 'title' in said && 'type' in said;
}

/** As good as a UUID, and also where the page is not served by TLS. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
