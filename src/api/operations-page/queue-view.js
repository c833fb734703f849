/** The queue: what is parked or blocked, by what put it there, below the numbers at a glance. */
import { retryAct } from './acts.js';
import { h } from './dom.js';
import { glance } from './glance.js';
import { calm, heading, orderLink, table } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { age, amounts, stepName } from './words.js';

/** @import { Act, Cause, View } from './types.d.ts' */
/** @typedef {(act: Act) => void} Propose */

/**
 * @param {Propose} propose
 * @returns {View}
 */
export function queueView(propose) {
  return {
    title: 'Queue',
    async load(signal, asked) {
      const [summary, { data }] = await Promise.all([asked, questions.queue(signal)]);
      return () => [heading('Queue'), ...glance(summary), causes(data, propose)];
    },
  };
}

/**
 * @param {readonly Cause[]} data
 * @param {Propose} propose
 */
function causes(data, propose) {
  if (data.length === 0) {
    return calm('Nothing needs you', h('p', {}, 'No step is parked, and no run is blocked.'));
  }
  return table(
    'What needs an operator, by cause',
    [
      { label: 'Cause', look: 'wide', cell: nameOf },
      { label: 'Orders', look: 'number', cell: ({ count }) => count.toLocaleString('en') },
      { label: 'Oldest', look: 'number', cell: ({ oldest }) => age(oldest) },
      { label: 'At stake', look: 'number', cell: ({ atStake }) => amounts(atStake) },
      { label: 'Act', look: 'acts', cell: (cause) => retryButton(cause, propose) },
    ],
    data,
    ({ cause }) => cause,
  );
}

// Enough to begin with; more of the longest waiting would hide the next cause.
const NAMED = 2;

/** @param {Cause} cause */
function nameOf({ cause, step, direction, ending, count, first }) {
  const isBlocked = cause === 'blocked';
  const more = count - Math.min(NAMED, first.length);
  return h(
    'div',
    {},
    h(
      'a',
      { class: 'cause', href: href.cause(cause) },
      isBlocked ? 'Runs that cannot go on' : stepName(step, direction),
    ),
    h(
      'p',
      { class: 'ending' },
      isBlocked ? 'The Temporal UI tells why each of them cannot.' : ending,
    ),
    h(
      'p',
      { class: 'first' },
      ...first.slice(0, NAMED).flatMap(({ orderId }) => [orderLink(orderId), ' ']),
      more > 0 && h('a', { href: href.cause(cause) }, `and ${more.toLocaleString('en')} more`),
    ),
  );
}

/**
 * @param {Cause} cause
 * @param {Propose} propose
 */
export function retryButton(cause, propose) {
  // A run that cannot go on has no step that could be tried.
  if (cause.cause === 'blocked') return undefined;
  const label = `Retry all of: ${stepName(cause.step, cause.direction)}, ${cause.ending ?? ''}`;
  const onclick = () => propose(retryAct(cause));
  return h('button', { type: 'button', 'aria-label': label, onclick }, 'Retry all…');
}
