/** What the page would have its visitor do: see the bank, or, one trouble seen, try the next. */
import { h } from '../../../api/operations-page/dom.js';
import { choose } from './checkout.js';
import { troublesIn } from './choices.js';
import { isOpen } from './endings.js';
import { basket } from './kept.js';

/** @import { Books, Order, Trouble, World } from './types.d.ts' */

/**
 * One thing at most.
 * @param {Order} order
 * @param {Books | undefined} books
 * @param {World | undefined} world
 */
export function toDo(order, books, world) {
  const { action } = order.payment;
  if (action !== undefined) {
    const props = { class: 'button main', href: action.url, rel: 'noreferrer' };
    return h('a', props, 'Confirm with your bank');
  }
  return isOpen(order) || books === undefined ? undefined : nextToTry(order, books, world);
}

/** @type {Readonly<Partial<Record<Trouble, string>>>} */
const NAMES = {
  'lost-answer': 'Next: lose the bank’s answers',
  'address-refused': 'Next: let the carrier refuse',
  hangs: 'Next: let the bank hang, and cancel',
};

/**
 * Leads back to the shop, with the same in the basket and something else chosen to go wrong.
 * @param {Order} order
 * @param {Books} books
 * @param {World | undefined} world
 */
function nextToTry(order, books, world) {
  const trouble = troubleAfter(order, books);
  if (!troublesIn(world).some(({ value }) => value === trouble)) return undefined;
  const again = () => {
    basket.empty();
    for (const { sku, quantity } of order.lines) basket.put(sku, quantity);
    choose(trouble);
    window.addEventListener('hashchange', showBasket, { once: true });
    location.hash = '#/';
  };
  return h('button', { type: 'button', class: 'main', onclick: again }, NAMES[trouble]);
}

/** Where the basket is not beside the shelf, it is far below. */
function showBasket() {
  if (matchMedia('(max-width: 56rem)').matches) {
    document.getElementById('basket')?.scrollIntoView();
  }
}

/**
 * From the smallest wonder to the greatest: nothing, a lost answer, making good, changing one's mind.
 * @param {Order} order
 * @param {Books} books
 * @returns {Trouble}
 */
function troubleAfter({ status, reason }, { calls }) {
  if (reason === 'address-refused') return 'hangs';
  return status === 'completed' && calls.length > 0 ? 'address-refused' : 'lost-answer';
}
