/** The numbers that are read first: what needs somebody, and how all the others are doing. */
import { h } from './dom.js';
import { chip, orderLink } from './parts.js';
import { href } from './routes.js';
import { age, amounts } from './words.js';

/** @import { Summary } from './types.d.ts' */

/** @param {Summary} summary */
export function glance(summary) {
  const { parked, blocked, atRisk, differences, unfinished, placedLastDay } = summary;
  return [
    h(
      'dl',
      { class: 'glance' },
      tile('Parked', String(parked), parked > 0 && 'warn', 'steps that wait for somebody'),
      tile('Blocked', String(blocked), blocked > 0 && 'bad', 'runs that cannot go on'),
      tile('Money at risk', amounts(atRisk), atRisk.length > 0 && 'warn', 'of orders in the queue'),
      tile(
        'Differences',
        differences.open > 0
          ? h('a', { href: href.differences('open') }, String(differences.open))
          : '0',
        differences.open > 0 && 'warn',
        'with the gateway’s book',
      ),
      oldestTile(summary),
    ),
    h(
      'section',
      { class: 'statuses', 'aria-label': 'Orders by status' },
      statusLine('Unfinished now', unfinished),
      statusLine('Placed in 24 h', placedLastDay),
    ),
  ];
}

/** @param {Summary} summary */
function oldestTile({ oldestUnfinished: oldest }) {
  if (oldest === null) return tile('Oldest unfinished', 'none', false, 'every order has ended');
  const note = h('span', {}, orderLink(oldest.id), ' ', chip(oldest.status));
  return tile('Oldest unfinished', age(oldest.createdAt), false, note);
}

/**
 * @param {string} label
 * @param {Node | string} value
 * @param {string | false} look
 * @param {Node | string} note
 */
function tile(label, value, look, note) {
  return h(
    'div',
    { class: look || '' },
    h('dt', {}, label),
    h('dd', { class: 'value' }, value),
    h('dd', { class: 'note' }, note),
  );
}

// As an order goes through them.
const LIFE = [
  'accepted',
  'reserved',
  'authorized',
  'paid',
  'shipped',
  'completed',
  'rejected',
  'cancelled',
  'refunded',
];

/**
 * @param {string} label
 * @param {Readonly<Record<string, number>>} counts
 */
function statusLine(label, counts) {
  const numberOf = (/** @type {string} */ status) => counts[status] ?? 0;
  const all = LIFE.reduce((sum, status) => sum + numberOf(status), 0);
  const pair = (/** @type {Node | string} */ name, /** @type {number} */ n, look = '') =>
    h('div', { class: look }, h('dt', {}, name), h('dd', {}, n.toLocaleString('en')));
  return h(
    'dl',
    {},
    pair(label, all, 'of'),
    ...LIFE.filter(numberOf).map((status) => pair(chip(status), numberOf(status))),
  );
}
