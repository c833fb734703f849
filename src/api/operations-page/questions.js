/** What the page asks, each with what the API answers to it. */
import { ask } from './api.js';

/** @import { Difference, DifferencesPage, FoundPage, Queue, QueueRetry, Story, Summary, TroublePage } from './types.d.ts' */

const HERE = '/v1/operations';

/** @type {(signal: AbortSignal) => Promise<Summary>} */
export const summary = (signal) => ask(`${HERE}/summary`, { signal });

/** @type {(key: string) => Promise<Summary>} */
export const summaryAs = (key) => ask(`${HERE}/summary`, { as: key });

/** @type {(signal: AbortSignal) => Promise<Queue>} */
export const queue = (signal) => ask(`${HERE}/queue`, { signal });

/** @type {(cause: string, cursor: string | null, signal: AbortSignal) => Promise<TroublePage>} */
export const troubles = (cause, cursor, signal) =>
  ask(`${HERE}/queue/${encodeURIComponent(cause)}${query({ cursor })}`, { signal });

/** @type {(id: string, signal: AbortSignal) => Promise<QueueRetry>} */
export const retry = (id, signal) => ask(`${HERE}/retries/${encodeURIComponent(id)}`, { signal });

/** @type {(q: string, cursor: string | null, signal: AbortSignal) => Promise<FoundPage>} */
export const search = (q, cursor, signal) =>
  ask(`${HERE}/orders${query({ q, cursor })}`, { signal });

/** @type {(id: string, signal: AbortSignal) => Promise<Story>} */
export const story = (id, signal) => ask(`${HERE}/orders/${encodeURIComponent(id)}`, { signal });

/** @type {(state: string, cursor: string | null, signal: AbortSignal) => Promise<DifferencesPage>} */
export const differences = (state, cursor, signal) =>
  ask(`${HERE}/differences${query({ state, cursor })}`, { signal });

/** @type {(id: string, signal: AbortSignal) => Promise<Difference>} */
export const difference = (id, signal) =>
  ask(`${HERE}/differences/${encodeURIComponent(id)}`, { signal });

/** @param {Readonly<Record<string, string | null>>} parameters */
function query(parameters) {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === null ? [] : [[name, value]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
