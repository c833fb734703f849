/** Parts that several views are made of. */
import { KeyRefused, NoAnswer, Refused } from './api.js';
import { h } from './dom.js';
import { href } from './routes.js';
import { money } from './words.js';

/** @import { Child } from './dom.js' */
/** @import { Problem } from './types.d.ts' */

/** The view's own heading takes the focus when the view changes. */
export function heading(/** @type {Child[]} */ ...children) {
  return h('h1', { tabindex: -1 }, ...children);
}

/** @param {string} status */
export function chip(status) {
  return h('span', { class: `chip ${status}` }, status);
}

/** @param {string} id */
export function orderLink(id) {
  return h('a', { class: 'id', href: href.order(id) }, id);
}

/** @param {string | undefined} run */
export function runLink(run, text = 'Temporal UI') {
  if (run === undefined) return undefined;
  const props = { class: 'out', href: run, target: '_blank', rel: 'noreferrer' };
  return h('a', props, text, h('span', { class: 'unseen' }, ' (in a new tab)'));
}

/**
 * What went wrong, as the API says it.
 * @param {unknown} error
 * @param {string} [andSo]
 */
export function problemBox(error, andSo) {
  const { title, detail, errors, instance } = inWords(error);
  return h(
    'div',
    { class: 'problem' },
    h('strong', {}, title),
    h('p', {}, detail),
    errors !== undefined &&
      h(
        'ul',
        {},
        ...errors.map(({ field, detail }) => h('li', {}, h('code', {}, field), ` ${detail}`)),
      ),
    andSo !== undefined && h('p', {}, andSo),
    instance !== undefined && h('p', { class: 'hint' }, 'Request ', h('code', {}, instance)),
  );
}

/**
 * @param {unknown} error
 * @returns {Pick<Problem, 'title' | 'detail'> & Partial<Problem>}
 */
function inWords(error) {
  if (error instanceof Refused || error instanceof KeyRefused) return error.problem;
  if (error instanceof NoAnswer) {
    return error.problem ?? { title: 'The operations API does not answer', detail: error.message };
  }
  return { title: 'A bug of this page', detail: String(error) };
}

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} label
 * @property {(row: Row) => Child} cell
 * @property {string} [look]
 */

/**
 * @template Row
 * @param {string} caption
 * @param {readonly Column<Row>[]} columns
 * @param {readonly Row[]} rows
 * @param {(row: Row) => string} keyOf
 */
export function table(caption, columns, rows, keyOf) {
  const cells = (/** @type {Row} */ row) =>
    columns.map(({ label, cell, look = '' }) =>
      h('td', { class: look, 'data-label': label }, cell(row)),
    );
  return h(
    'table',
    {},
    h('caption', { class: 'unseen' }, caption),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...columns.map(({ label, look = '' }) => h('th', { scope: 'col', class: look }, label)),
      ),
    ),
    h('tbody', {}, ...rows.map((row) => h('tr', { 'data-key': keyOf(row) }, ...cells(row)))),
  );
}

/**
 * @param {string | null} next where the next page is
 * @param {string | undefined} first where the first page is, if this is another one
 */
export function pager(next, first) {
  const isAlone = next === null && first === undefined;
  return h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages', hidden: isAlone },
    first !== undefined && h('a', { href: first }, 'First page'),
    next !== null && h('a', { href: next }, 'Next page'),
  );
}

/**
 * @param {string} title
 * @param {...Child} children
 */
export function calm(title, ...children) {
  return h('div', { class: 'calm' }, h('h2', {}, title), ...children);
}

/** @type {Column<{ amount: import('./types.d.ts').Money }>} */
export const AMOUNT = { label: 'Amount', look: 'number', cell: ({ amount }) => money(amount) };
