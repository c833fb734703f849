/** Where goods, money and parcel are now, in the words of the books of those who have them. */
import { h } from '../../../api/operations-page/dom.js';
import { price, times } from './parts.js';

/** @import { Books, Order } from './types.d.ts' */

/**
 * @param {Order} order
 * @param {Books} books
 * @param {ReadonlyMap<string, string>} names by SKU
 */
export function proof(order, books, names) {
  return h(
    'section',
    { class: 'proof', 'aria-labelledby': 'proof-name', 'data-key': 'proof' },
    h('h2', { id: 'proof-name' }, 'Where everything is now'),
    h('div', { class: 'books' }, money(order, books), goods(order, books, names), parcel(books)),
  );
}

/**
 * @param {string} title
 * @param {string} source
 * @param {...(Node | false | null | undefined)} content
 */
function book(title, source, ...content) {
  return h(
    'div',
    { class: 'book', 'data-key': title },
    h('h3', {}, title),
    ...content,
    h('p', { class: 'hint' }, source),
  );
}

/**
 * @param {Order} order
 * @param {Books} books
 */
function money({ amount, payment }, { money }) {
  if (money === null) {
    const { authorized, captured, refunded } = payment;
    const held = String(BigInt(authorized) - BigInt(captured));
    const rows = sums({ held, taken: captured, givenBack: refunded }, amount.currency);
    return book('Money', 'As makegood’s own book has it.', rows);
  }
  const { timesHeld, timesTaken, timesGivenBack } = money;
  const often = [
    timesHeld > 0 && `held ${times(timesHeld)}`,
    timesTaken > 0 && `taken ${times(timesTaken)}`,
    timesGivenBack > 0 && `given back ${times(timesGivenBack)}`,
  ]
    .filter((word) => word !== false)
    .join(', ');
  return book(
    'Money',
    `The bank’s own book says so${often === '' ? '' : `: ${often}`}.`,
    sums(money, amount.currency),
  );
}

/**
 * @param {{ held: string, taken: string, givenBack: string }} moved
 * @param {string} currency
 */
function sums({ held, taken, givenBack }, currency) {
  const paid = (BigInt(taken) - BigInt(givenBack)).toString();
  const row = (/** @type {string} */ name, /** @type {string} */ value, look = '') =>
    h('div', { class: look }, h('dt', {}, name), h('dd', {}, price({ value, currency })));
  return h(
    'dl',
    {},
    row('Held', held),
    row('Taken', taken),
    row('Given back', givenBack),
    row('You have paid', paid, 'sum'),
  );
}

/** @type {Readonly<Record<Books['goods'][number]['state'], string>>} */
const STATES = {
  held: 'put aside for you',
  released: 'back on the shelf',
  sold: 'yours',
  restocked: 'back on the shelf',
};

/**
 * @param {Order} order
 * @param {Books} books
 * @param {ReadonlyMap<string, string>} names
 */
function goods({ lines }, { goods }, names) {
  const rows = lines.map(({ sku, quantity }) => {
    const state = goods.find((one) => one.sku === sku)?.state;
    const where = state === undefined ? 'on the shelf' : STATES[state];
    return h('div', {}, h('dt', {}, `${quantity} × ${names.get(sku) ?? sku}`), h('dd', {}, where));
  });
  return book('Goods', 'The stock book says so.', h('dl', {}, ...rows));
}

/** @type {Readonly<Record<NonNullable<Books['parcel']>, string>>} */
const PARCELS = {
  none: 'Nothing was handed over',
  refused: 'Refused: nothing is sent',
  shipped: 'On its way to you',
  'called-back': 'Called back: nothing is sent',
};

/** @param {Books} books */
function parcel({ parcel }) {
  if (parcel === null) return false;
  const where = h('p', {}, h('b', {}, PARCELS[parcel]));
  return book('Parcel', 'The carrier’s own book says so.', where);
}
