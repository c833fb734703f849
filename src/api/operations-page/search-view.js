/** Orders by any name that they go by. One that is alone is shown at once. */
import { h } from './dom.js';
import { AMOUNT, calm, chip, heading, orderLink, pager, runLink, table } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { age } from './words.js';

/** @import { FoundPage, View } from './types.d.ts' */

const NAMES = [
  'ID of the order, ord_…',
  'ID of the request, req_…, as answers and logs have it',
  'gateway’s ID of the payment, pi_…, or of a refund',
  'ID of a refund or of an event',
  'tracking number',
  'customer’s e-mail address',
];

/**
 * @param {string} q
 * @param {string | null} cursor
 * @returns {View}
 */
export function searchView(q, cursor) {
  return {
    title: 'Search',
    async load(signal) {
      if (q === '') return () => [heading('Search'), calm('Look for what?', names())];
      const page = await questions.search(q, cursor, signal);
      const [only, ...others] = page.data;
      if (only !== undefined && others.length === 0 && cursor === null && !page.nextCursor) {
        // In the place of the search, so that going back does not come here again.
        location.replace(href.order(only.id));
      }
      return () => draw(q, cursor, page);
    },
  };
}

/**
 * @param {string} q
 * @param {string | null} cursor
 * @param {FoundPage} page
 */
function draw(q, cursor, { data, nextCursor }) {
  const title = heading('Search: ', h('span', { class: 'id' }, q));
  if (data.length === 0) {
    const none = cursor === null ? 'No order goes by that name' : 'There are no more';
    return [title, calm(none, h('p', {}, 'It has to be the whole of one of these:'), names())];
  }
  const found = table(
    'Orders found, newest first',
    [
      { label: 'Order', look: 'wide', cell: ({ id }) => orderLink(id) },
      { label: 'Status', cell: statusOf },
      AMOUNT,
      {
        label: 'Placed',
        look: 'number',
        cell: ({ createdAt }) => h('span', {}, age(createdAt), ' ago'),
      },
      { label: 'Shop', cell: ({ tenant }) => tenant },
      { label: 'Found by', cell: ({ foundBy }) => foundBy },
      { label: 'Run', cell: ({ links }) => runLink(links.run) },
    ],
    data,
    ({ id }) => id,
  );
  const next = nextCursor && href.search(q, nextCursor);
  return [title, found, pager(next, cursor === null ? undefined : href.search(q))];
}

/** @param {FoundPage['data'][number]} found */
function statusOf({ status, needsOperator }) {
  const needs = needsOperator && h('span', { class: 'chip warn' }, 'needs an operator');
  return h('span', {}, chip(status), ' ', needs);
}

function names() {
  return h('ul', {}, ...NAMES.map((name) => h('li', {}, name)));
}
