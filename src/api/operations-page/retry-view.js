/** How far the word about all of a cause has come. */
import { h } from './dom.js';
import { heading } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { age, moment } from './words.js';

/** @import { QueueRetry, View } from './types.d.ts' */

// It is fifty steps further each second.
const SOON_MS = 1_000;

/**
 * @param {string} id
 * @returns {View}
 */
export function retryView(id) {
  return {
    title: `Retry ${id}`,
    everyMs: SOON_MS,
    async load(signal) {
      const [retry, queue] = await Promise.all([
        questions.retry(id, signal),
        questions.queue(signal),
      ]);
      const left = queue.data.find(({ cause }) => cause === retry.cause)?.count ?? 0;
      return () => draw(retry, left);
    },
  };
}

/**
 * @param {QueueRetry} retry
 * @param {number} left
 */
function draw({ id, cause, operator, why, askedAt, asked, retried, endedAt }, left) {
  const state =
    endedAt === null ? `Under way for ${age(askedAt).textContent}` : 'All of them have been told';
  return [
    h('p', { class: 'back' }, h('a', { href: href.queue() }, 'Queue')),
    heading(`Retry ${id}`),
    h('p', {}, h('b', {}, operator), ' said so at ', moment(askedAt), ': ', why),
    h(
      'section',
      { class: 'progress', 'aria-label': 'Progress' },
      h('progress', {
        max: Math.max(asked, 1),
        value: endedAt === null ? retried : Math.max(asked, 1),
        'aria-label': 'Steps tried again',
      }),
      h('p', {}, h('b', {}, `${retried} of ${asked}`), ` tried again. ${state}.`),
      h(
        'p',
        {},
        left === 0 ? 'Nothing is parked by this cause now. ' : `${left} parked by this cause now. `,
        h('a', { href: href.cause(cause) }, 'Orders of this cause'),
      ),
    ),
  ];
}
