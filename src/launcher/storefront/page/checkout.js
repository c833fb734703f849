/** The basket, the card, what to break, and the button. */
import { h } from '../../../api/operations-page/dom.js';
import { ask, newKey, NoAnswer } from './api.js';
import { CARDS, troublesIn } from './choices.js';
import { basket, mine } from './kept.js';
import { price, trouble } from './parts.js';

/** @import { Choice } from './choices.js' */
/** @import { AcceptedOrder, Money, Product, Trouble, World } from './types.d.ts' */

/** @typedef {{ product: Product, quantity: number }} Line */

/** As long as the page is open, so that the next order is as broken as the last. */
const chosen = { paymentMethod: 'pm_card_visa', trouble: '' };

/** What is to go wrong next, and nothing else. @param {Trouble} trouble */
export function choose(trouble) {
  Object.assign(chosen, { paymentMethod: 'pm_card_visa', trouble });
}

/**
 * @param {World | undefined} world
 * @param {() => void} redraw
 * @param {AbortSignal} signal
 */
export function checkout(world, redraw, signal) {
  let isUnderWay = false;
  /** @type {unknown} */
  let error;
  /** What was sent, for as long as nobody knows what came of it. @type {Sent | undefined} */
  let open;

  /** @param {readonly Line[]} lines */
  async function buy(lines) {
    if (isUnderWay) return;
    isUnderWay = true;
    error = undefined;
    redraw();
    const sent = open ?? orderOf(lines);
    open = undefined;
    try {
      /** @type {AcceptedOrder} */
      const { id, createdAt, amount } = await ask('/v1/orders', sent.request);
      mine.add({ id, at: createdAt, amount, what: sent.what, key: sent.key });
      basket.empty();
      if (!signal.aborted) location.hash = `#/orders/${id}`;
    } catch (wrong) {
      error = wrong;
      if (wrong instanceof NoAnswer) open = sent;
      isUnderWay = false;
      if (!signal.aborted) redraw();
    }
  }

  return {
    /** @param {readonly Product[] | undefined} products */
    drawn(products) {
      const lines = linesOf(products ?? []);
      const isOpen = open !== undefined;
      return h(
        'section',
        { id: 'basket', class: 'basket', 'aria-labelledby': 'basket-name', 'data-key': 'basket' },
        h('h2', { id: 'basket-name' }, 'Your basket'),
        lines.length === 0
          ? h(
              'p',
              { class: 'hint nothing', 'data-key': 'nothing' },
              'Nothing yet: add something from the shelf.',
            )
          : h(
              'ul',
              { class: 'lines', 'data-key': 'lines' },
              ...lines.map((line) => row(line, redraw)),
            ),
        choices('Which card?', 'paymentMethod', CARDS, redraw),
        choices('What should go wrong?', 'trouble', troublesIn(world), redraw),
        error !== undefined && trouble(error, isOpen && h('p', {}, SAME_AGAIN)),
        h(
          'p',
          { class: 'pay', 'data-key': 'pay' },
          h(
            'button',
            {
              type: 'button',
              class: 'main buy',
              disabled: isUnderWay || (lines.length === 0 && !isOpen),
              onclick: () => void buy(lines),
            },
            buttonText(lines, isUnderWay, isOpen),
          ),
        ),
        h(
          'p',
          { class: 'hint', 'data-key': 'whom' },
          'Bought by Ada Lovelace of London, who does not exist.',
        ),
      );
    },
  };
}

const SAME_AGAIN =
  'Whether the order arrived is not known. Send it again: it can only be placed once.';

/**
 * @param {readonly Line[]} lines
 * @param {boolean} isUnderWay
 * @param {boolean} isOpen
 */
function buttonText(lines, isUnderWay, isOpen) {
  if (isUnderWay) return 'Ordering…';
  if (isOpen) return 'Send the same again';
  const total = totalOf(lines);
  return total === undefined ? 'Buy' : `Buy for ${price(total)}`;
}

/** @param {readonly Product[]} products @returns {Line[]} */
function linesOf(products) {
  const wanted = basket.read();
  return products.flatMap((product) => {
    const quantity = wanted[product.sku] ?? 0;
    return quantity > 0 ? [{ product, quantity }] : [];
  });
}

/** @param {readonly Line[]} lines @returns {Money | undefined} */
function totalOf(lines) {
  const [first] = lines;
  if (first === undefined) return undefined;
  const sum = lines.reduce(
    (total, { product, quantity }) => total + BigInt(product.price.value) * BigInt(quantity),
    0n,
  );
  return { value: sum.toString(), currency: first.product.price.currency };
}

/** @param {readonly Line[]} lines */
function inWords(lines) {
  return lines.map(({ product, quantity }) => `${quantity} × ${product.name}`).join(', ');
}

/**
 * @param {Line} line
 * @param {() => void} redraw
 */
function row({ product, quantity }, redraw) {
  const { sku, name, price: each, available } = product;
  const put = (/** @type {number} */ n) => () => {
    basket.put(sku, n);
    redraw();
  };
  const whole = { ...each, value: (BigInt(each.value) * BigInt(quantity)).toString() };
  return h(
    'li',
    { 'data-key': sku },
    h('span', { class: 'name' }, name),
    h('span', { class: 'sum' }, price(whole)),
    h(
      'span',
      { class: 'count' },
      h(
        'button',
        { type: 'button', onclick: put(quantity - 1), 'aria-label': `One ${name} less` },
        '−',
      ),
      h('span', { 'aria-label': `${quantity} of ${name}`, role: 'img' }, quantity),
      h(
        'button',
        {
          type: 'button',
          onclick: put(quantity + 1),
          disabled: quantity >= available,
          'aria-label': `One ${name} more`,
        },
        '+',
      ),
    ),
  );
}

/**
 * What is chosen is explained in a place of its own, so that nothing moves.
 * @param {string} legend
 * @param {keyof typeof chosen} name
 * @param {readonly Choice[]} among
 * @param {() => void} redraw
 */
function choices(legend, name, among, redraw) {
  const one = (/** @type {Choice} */ { value, name: label }) => {
    const choose = () => {
      chosen[name] = value;
      redraw();
    };
    const props = { type: 'radio', name, value, onchange: choose, checked: chosen[name] === value };
    return h('label', { class: 'choice', 'data-key': value || 'none' }, h('input', props), label);
  };
  const says = among.find(({ value }) => value === chosen[name])?.says;
  return h(
    'fieldset',
    { class: name, 'data-key': name, 'aria-describedby': `${name}-says` },
    h('legend', {}, legend),
    ...among.map(one),
    h('p', { id: `${name}-says`, class: 'says', 'data-key': 'says' }, says),
  );
}

/** @typedef {{ request: Parameters<typeof ask>[1], what: string, key: string }} Sent */

/** @param {readonly Line[]} lines @returns {Sent} */
function orderOf(lines) {
  const total = totalOf(lines);
  const { paymentMethod, trouble } = chosen;
  const key = newKey();
  const headers = { 'Idempotency-Key': key, ...(trouble && { 'Shop-Trouble': trouble }) };
  const body = {
    lines: lines.map(({ product, quantity }) => ({ sku: product.sku, quantity })),
    customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
    paymentMethod,
    // By the key: nobody knows yet what the order is called.
    returnUrl: `${location.origin}/shop#/back/${key}`,
    // What was read is what is paid.
    ...(total && { expectedAmount: total }),
  };
  return { request: { body, headers }, what: inWords(lines), key };
}
