/** What stands around every view: how much is in trouble, and that captures are halted. */
import { resumeAct } from './difference-acts.js';
import { byId, h, patch } from './dom.js';
import { moment } from './words.js';

/** @import { Act, Summary } from './types.d.ts' */

/**
 * @param {Summary} summary
 * @param {(act: Act) => void} propose
 */
export function showFrame({ parked, blocked, differences, captures }, propose) {
  patch(byId('queue-link'), named('Queue', parked + blocked));
  patch(byId('differences-link'), named('Differences', differences.open));
  patch(byId('halted'), captures.halted ? [halted(captures, propose)] : []);
}

/**
 * @param {string} name
 * @param {number} n
 */
function named(name, n) {
  const unseen = h('span', { class: 'unseen' }, ' that need somebody');
  const text = document.createTextNode(n > 0 ? `${name} ` : name);
  return n > 0 ? [text, h('span', { class: 'badge' }, n.toLocaleString('en'), unseen)] : [text];
}

/**
 * @param {Summary['captures']} captures
 * @param {(act: Act) => void} propose
 */
function halted({ since, by = '', why = '' }, propose) {
  return h(
    'div',
    { class: 'alarm loud' },
    h('strong', {}, 'Captures are halted. No order is paid.'),
    h(
      'span',
      {},
      // The moment, and not an age: what changes here is read aloud.
      since !== undefined && h('span', {}, 'At ', moment(since), ', '),
      `by ${by}: ${why}`,
    ),
    h('button', { type: 'button', onclick: () => propose(resumeAct(why)) }, 'Resume captures…'),
  );
}
