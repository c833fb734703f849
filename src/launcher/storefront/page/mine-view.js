/** The orders that this browser has placed. */
import { h } from '../../../api/operations-page/dom.js';
import { ask } from './api.js';
import { mine } from './kept.js';
import { heading, paint, price } from './parts.js';
import { endingOf } from './endings.js';

/** @import { Mine, Order, View } from './types.d.ts' */

const EVERY_MS = 4_000;

/** @returns {View} */
export function mineView() {
  return { title: 'My orders', show };
}

/** @param {HTMLElement} main */
function show(main) {
  const leaving = new AbortController();
  /** @type {Map<string, Order>} */
  const known = new Map();
  const draw = () => paint(main, page(mine.read(), known));
  draw();

  async function refresh() {
    for (const { id } of mine.read()) {
      const before = known.get(id);
      if (before !== undefined && endingOf(before).look !== 'going') continue;
      /** @type {Promise<Order>} */
      const asked = ask(`/v1/orders/${id}`, { signal: leaving.signal });
      const order = await asked.catch(() => undefined);
      if (leaving.signal.aborted) return;
      if (order !== undefined) known.set(id, order);
      draw();
    }
  }
  void refresh();
  const timer = setInterval(() => void refresh(), EVERY_MS);
  return () => {
    clearInterval(timer);
    leaving.abort();
  };
}

/**
 * @param {readonly Mine[]} orders
 * @param {ReadonlyMap<string, Order>} known
 */
function page(orders, known) {
  if (orders.length === 0) {
    return [
      heading('My orders'),
      h('div', { class: 'calm' }, h('h2', {}, 'None yet'), h('a', { href: '#/' }, 'Buy something')),
    ];
  }
  return [
    heading('My orders'),
    h('p', { class: 'hint' }, 'Those that this browser has placed, the newest first.'),
    h('ol', { class: 'mine' }, ...orders.map((order) => row(order, known.get(order.id)))),
  ];
}

/**
 * @param {Mine} order
 * @param {Order | undefined} now
 */
function row({ id, at, amount, what }, now) {
  const ending = now && endingOf(now);
  const when = new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  return h(
    'li',
    { 'data-key': id },
    h('a', { href: `#/orders/${id}` }, what),
    h('span', { class: `chip ${ending?.look ?? ''}` }, ending?.words ?? '…'),
    h('span', { class: 'hint' }, `${price(amount)} · ${when}`),
  );
}
