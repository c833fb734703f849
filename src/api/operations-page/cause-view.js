/** The orders of one cause, in pages. */
import { h } from './dom.js';
import { AMOUNT, calm, chip, heading, orderLink, pager, runLink, table } from './parts.js';
import * as questions from './questions.js';
import { retryButton } from './queue-view.js';
import { href } from './routes.js';
import { age, amounts, stepName } from './words.js';

/** @import { Act, Cause, Trouble, TroublePage, View } from './types.d.ts' */

/**
 * @typedef {object} Shown
 * @property {string} id
 * @property {string | null} cursor
 * @property {Cause | undefined} cause
 * @property {TroublePage} page
 * @property {(act: Act) => void} propose
 */

/**
 * @param {(act: Act) => void} propose
 * @param {string} id
 * @param {string | null} cursor
 * @returns {View}
 */
export function causeView(propose, id, cursor) {
  return {
    title: 'Orders of a cause',
    async load(signal) {
      const [{ data }, page] = await Promise.all([
        questions.queue(signal),
        questions.troubles(id, cursor, signal),
      ]);
      const cause = data.find((one) => one.cause === id);
      return () => draw({ id, cursor, cause, page, propose });
    },
  };
}

/** @param {Shown} shown */
function draw({ id, cursor, cause, page, propose }) {
  const back = h('p', { class: 'back' }, h('a', { href: href.queue() }, 'Queue'));
  if (cause === undefined) {
    const note = 'What waited for it has gone on, been decided, or failed otherwise since.';
    return [
      back,
      heading('Orders of a cause'),
      calm('Nothing has this cause any more', h('p', {}, note)),
    ];
  }
  const { step, direction, ending, count, oldest, atStake } = cause;
  const next = page.nextCursor && href.cause(id, page.nextCursor);
  return [
    back,
    heading(id === 'blocked' ? 'Runs that cannot go on' : stepName(step, direction)),
    h('p', { class: 'ending' }, ending),
    h(
      'div',
      { class: 'facts-line' },
      h('span', {}, h('b', {}, count.toLocaleString('en')), ' waiting'),
      h('span', {}, 'the oldest for ', h('b', {}, age(oldest))),
      h('span', {}, h('b', {}, amounts(atStake)), ' at stake'),
      retryButton(cause, propose),
    ),
    troubles(page.data, ending),
    pager(next, cursor === null ? undefined : href.cause(id)),
  ];
}

/**
 * @param {readonly Trouble[]} data
 * @param {string | null} ending what is said above of all of them
 */
function troubles(data, ending) {
  const orderOf = (/** @type {Trouble} */ { orderId, sagaId, detail }) =>
    h(
      'div',
      {},
      orderLink(orderId),
      sagaId !== orderId && h('span', { class: 'hint' }, ` refund ${sagaId}`),
      detail !== ending && h('p', { class: 'ending' }, detail),
    );
  return table(
    'Orders, the longest waiting first',
    [
      { label: 'Order', look: 'wide', cell: orderOf },
      { label: 'Status', cell: ({ status }) => chip(status) },
      AMOUNT,
      { label: 'Waits for', look: 'number', cell: ({ since }) => age(since) },
      { label: 'Shop', cell: ({ tenant }) => tenant },
      { label: 'Run', cell: ({ links }) => runLink(links.run) },
    ],
    data,
    ({ sagaId, step = '' }) => `${sagaId} ${step}`,
  );
}
