/** What this browser keeps: its basket, and which orders are its own. */

/** @import { Mine } from './types.d.ts' */

const STORED = 'makegood-shop';

// As many as anybody looks through.
const MOST_ORDERS = 50;

/** @typedef {{ basket: Record<string, number>, orders: readonly Mine[] }} Kept */

/** @returns {Kept} */
function read() {
  return { basket: {}, orders: [], ...stored() };
}

/** @returns {Partial<Kept>} */
function stored() {
  try {
    /** @type {unknown} */
    const kept = JSON.parse(localStorage.getItem(STORED) ?? '{}');
    return /** @type {Partial<Kept>} */ (kept);
  } catch {
    return {};
  }
}

/** @param {Partial<Kept>} news */
function keep(news) {
  localStorage.setItem(STORED, JSON.stringify({ ...read(), ...news }));
}

export const basket = {
  read: () => read().basket,
  /**
   * @param {string} sku
   * @param {number} quantity
   */
  put(sku, quantity) {
    const entries = Object.entries({ ...read().basket, [sku]: quantity });
    keep({ basket: Object.fromEntries(entries.filter(([, wanted]) => wanted > 0)) });
  },
  empty: () => keep({ basket: {} }),
};

export const mine = {
  read: () => read().orders,
  /** The one that was placed with that key. @param {string} key */
  byKey: (key) => read().orders.find((order) => order.key === key),
  /** @param {Mine} order */
  add(order) {
    const others = read().orders.filter(({ id }) => id !== order.id);
    keep({ orders: [order, ...others].slice(0, MOST_ORDERS) });
  },
};
