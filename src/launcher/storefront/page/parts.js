/** Parts that several views are made of, and money as a customer reads it. */
import { h, patch } from '../../../api/operations-page/dom.js';
import { decimal } from '../../../api/operations-page/words.js';
import { NoAnswer, Refused } from './api.js';

/** @import { Child } from '../../../api/operations-page/dom.js' */
/** @import { Money } from './types.d.ts' */

/** The view's own heading takes the focus when the view changes. */
export function heading(/** @type {Child[]} */ ...children) {
  return h('h1', { tabindex: -1, 'data-key': 'heading' }, ...children);
}

/**
 * The page as it is now. What had the focus may be gone: then the heading has it.
 * @param {HTMLElement} main
 * @param {readonly Node[]} wanted
 */
export function paint(main, wanted) {
  const hadFocus = main.contains(document.activeElement);
  patch(main, wanted);
  if (hadFocus && !main.contains(document.activeElement)) {
    main.querySelector('h1')?.focus({ preventScroll: true });
  }
}

/** `€1,029.98`: exact, because the text and not a number is formatted. */
export function price(/** @type {Money} */ money) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: money.currency });
  return format.format(/** @type {Intl.StringNumericLiteral} */ (decimal(money)));
}

/** @param {number} n */
export function times(n) {
  return ['never', 'once', 'twice'][n] ?? `${n} times`;
}

/**
 * @param {string | undefined} href
 * @param {string} text
 */
export function outLink(href, text) {
  if (href === undefined) return undefined;
  const props = { class: 'out', href, target: '_blank', rel: 'noreferrer' };
  return h('a', props, text, h('span', { class: 'unseen' }, ' (in a new tab)'));
}

/**
 * What went wrong, in the words of whoever said so.
 * @param {unknown} error
 * @param {...Child} andSo
 */
export function trouble(error, ...andSo) {
  const { title, detail } = inWords(error);
  return h(
    'div',
    { class: 'problem', role: 'alert' },
    h('strong', {}, title),
    detail !== '' && h('p', {}, detail),
    ...andSo,
  );
}

/** The same, where it is asked again until there is an answer. */
export function passing(/** @type {unknown} */ error) {
  return trouble(error, error instanceof NoAnswer && h('p', {}, 'It is asked again by itself.'));
}

/** @param {unknown} error */
function inWords(error) {
  if (error instanceof Refused) return error.problem;
  if (error instanceof NoAnswer) return { title: error.message, detail: '' };
  return { title: 'A bug of this page', detail: String(error) };
}
