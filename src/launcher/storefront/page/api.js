/** The shop's own server, which knows the key of the API and asks it for us. */

/** @import { Problem } from './types.d.ts' */

/** It was answered, and the answer is no. */
export class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Nobody has answered, or nobody who knows: what was asked for may have been done, or not. */
export class NoAnswer extends Error {}

// Longer than the API's own patience with its database, so that its answer is heard.
const PATIENCE_MS = 15_000;

/**
 * @template Answer
 * @param {string} path
 * @param {{ signal?: AbortSignal, body?: object, headers?: Record<string, string>, method?: 'POST' }} [options]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { signal, body, headers = {}, method } = {}) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(path, {
    ...(method && { method }),
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
    cache: 'no-store',
    redirect: 'error',
  }).catch(() => undefined);
  if (answer === undefined) throw new NoAnswer('The shop does not answer. Is npm start running?');
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
  if (!isProblem(said)) return new NoAnswer('Nobody who knows has answered.');
  return status >= 500 || status === 429 ? new NoAnswer(said.title) : new Refused(said);
}

/**
 * @param {unknown} said
 * @returns {said is Problem}
 */
function isProblem(said) {
  return typeof said === 'object' && said !== null && 'title' in said && 'type' in said;
}

/** As good as a UUID, and also where the page is not served by TLS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
