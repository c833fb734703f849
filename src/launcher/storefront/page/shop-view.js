/** What is for sale, the basket beside it, and what to break. */
import { h } from '../../../api/operations-page/dom.js';
import { ask } from './api.js';
import { checkout } from './checkout.js';
import { basket } from './kept.js';
import { heading, paint, passing, price } from './parts.js';

/** @import { Product, ProductPage, View, World } from './types.d.ts' */

const EVERY_MS = 4_000;

/**
 * @param {World | undefined} world
 * @returns {View}
 */
export function shopView(world) {
  return { title: 'Shop', show: (main) => show(main, world) };
}

/**
 * @param {HTMLElement} main
 * @param {World | undefined} world
 */
function show(main, world) {
  const leaving = new AbortController();
  const { signal } = leaving;
  /** @type {readonly Product[] | undefined} */
  let products;
  /** @type {unknown} */
  let error;
  const panel = checkout(world, () => draw(), signal);

  function draw() {
    paint(main, [
      heading('Buy something. Break something. Lose nothing.'),
      introduction(),
      h(
        'div',
        { class: 'shop', 'data-key': 'shop' },
        h(
          'section',
          { class: 'shelf', 'aria-label': 'Products', 'data-key': 'shelf' },
          error !== undefined && passing(error),
          products === undefined ? waiting() : shelf(products, draw),
          toBasket(products),
        ),
        panel.drawn(products),
      ),
    ]);
  }

  async function refresh() {
    try {
      /** @type {ProductPage} */
      const { data } = await ask('/v1/products?limit=100', { signal });
      // What can be bought first.
      products = data.toSorted(
        (one, other) => Number(one.available === 0) - Number(other.available === 0),
      );
      error = undefined;
    } catch (wrong) {
      error = wrong;
    }
    if (!signal.aborted) draw();
  }
  draw();
  void refresh();
  const timer = setInterval(() => void refresh(), EVERY_MS);
  return () => {
    clearInterval(timer);
    leaving.abort();
  };
}

function introduction() {
  return h(
    'p',
    { class: 'lead', 'data-key': 'lead' },
    'makegood, the checkout engine behind this shop, completes every order or makes it good: goods back, money back. Fill the basket, choose what should go wrong, and watch.',
  );
}

// As many as the sample catalogue has: nothing moves when it comes.
const SAMPLES = 8;

function waiting() {
  const one = () => h('li', { class: 'product' }, h('div', { class: 'face' }));
  return h(
    'ul',
    { class: 'products waiting', 'aria-label': 'The shelf is being filled' },
    ...Array.from({ length: SAMPLES }, one),
  );
}

/**
 * @param {readonly Product[]} products
 * @param {() => void} draw
 */
function shelf(products, draw) {
  if (products.length === 0) {
    const how = 'npm run catalogue -- import catalogue.json';
    return h('div', { class: 'calm' }, h('h2', {}, 'The shelf is empty'), h('code', {}, how));
  }
  return h('ul', { class: 'products' }, ...products.map((product, n) => card(product, n, draw)));
}

// So many colours there are for the faces of products.
const TONES = 6;

// Fewer than this are worth a word.
const FEW = 10;

/**
 * @param {Product} product
 * @param {number} n
 * @param {() => void} draw
 */
function card({ sku, name, price: each, available }, n, draw) {
  const wanted = basket.read()[sku] ?? 0;
  const put = () => {
    basket.put(sku, Math.min((basket.read()[sku] ?? 0) + 1, available));
    draw();
  };
  const left = available === 0 ? 'Sold out' : `${available.toLocaleString('en')} left`;
  return h(
    'li',
    { class: 'product', 'data-key': sku },
    h('div', { class: `face tone-${n % TONES}`, 'aria-hidden': 'true' }, name.slice(0, 1)),
    h('h2', {}, name),
    h(
      'p',
      { class: 'price' },
      h('b', {}, price(each)),
      h('span', { class: available < FEW ? 'few' : 'hint' }, left),
    ),
    h(
      'button',
      { type: 'button', onclick: put, disabled: available <= wanted },
      wanted > 0 ? `${wanted} in basket` : 'Add to basket',
      h('span', { class: 'unseen' }, ` (${name})`),
    ),
  );
}

/** On a phone the basket is far below. @param {readonly Product[]} [products] */
function toBasket(products = []) {
  const chosen = Object.entries(basket.read());
  const count = chosen.reduce((sum, [, quantity]) => sum + quantity, 0);
  const go = () => document.getElementById('basket')?.scrollIntoView();
  return h(
    'p',
    { class: 'to-basket', 'data-key': 'to-basket', hidden: count === 0 || products.length === 0 },
    h('button', { type: 'button', class: 'main', onclick: go }, `Basket (${count})`),
  );
}
