/** One order, live: how it stands in big words, every step as it happens, and where all is now. */
import { h } from '../../../api/operations-page/dom.js';
import { createActs } from './acts.js';
import { ask, Refused } from './api.js';
import { endingOf, isOpen } from './endings.js';
import { toDo } from './next.js';
import { heading, outLink, paint, passing, price, trouble } from './parts.js';
import { proof } from './proof.js';
import { storyOf } from './story.js';
import { follow } from './stream.js';

/** @import { Books, Order, ProductPage, Told, View, World } from './types.d.ts' */

// Undos are no events of the order: the books are looked at while there may be any.
const LOOK_MS = 700;

/**
 * @param {string} id
 * @param {World | undefined} world
 * @returns {View}
 */
export function orderView(id, world) {
  return { title: 'Order', show: (main) => show(main, id, world) };
}

/**
 * @param {HTMLElement} main
 * @param {string} id
 * @param {World | undefined} world
 */
function show(main, id, world) {
  const leaving = new AbortController();
  const { signal } = leaving;
  const path = `/v1/orders/${encodeURIComponent(id)}`;
  /** @type {Order | undefined} */
  let order;
  /** @type {Order | undefined} */
  let latest;
  /** @type {Books | undefined} */
  let books;
  let [isLooking, isWanted] = [false, false];
  /** @type {ReadonlyMap<string, string>} */
  let names = new Map();
  /** @type {unknown} */
  let error;
  let isCut = false;
  const acts = createActs(path, { redraw: draw, changed: () => stream.go() });

  function draw() {
    if (signal.aborted) return;
    if (order === undefined) paint(main, unknown(error));
    else paint(main, page({ order, books, names, isCut, world, acts: acts.drawn(order, books) }));
  }

  const stream = follow(`${path}/events`, {
    onEvent({ data }) {
      // A stream begins with what is known already.
      if (latest === undefined || data.updatedAt >= latest.updatedAt) latest = data;
      void look();
    },
    onState(isOpen) {
      isCut = !isOpen;
      draw();
    },
  });

  /** Order and books change together: the page never tells half of a story. */
  async function look() {
    isWanted = true;
    if (isLooking) return;
    isLooking = true;
    while (isWanted && !signal.aborted) {
      isWanted = false;
      try {
        latest ??= await ask(path, { signal });
        books = await ask(`/shop/books/${encodeURIComponent(id)}`, { signal });
        error = undefined;
      } catch (wrong) {
        error = wrong;
      }
      order = latest;
      draw();
    }
    isLooking = false;
  }

  async function learnNames() {
    /** @type {Promise<ProductPage>} */
    const asked = ask('/v1/products?limit=100', { signal });
    const found = await asked.catch(() => undefined);
    names = new Map(found?.data.map(({ sku, name }) => [sku, name]));
    draw();
  }

  draw();
  void learnNames();
  void look().then(() => {
    stream.go();
    comeBack();
  });
  const timer = setInterval(() => {
    if (error !== undefined || isUnderWay(order, books)) void look();
  }, LOOK_MS);
  // Whoever comes back from the bank, in this tab or to it, wants to see it go on.
  function comeBack() {
    if (document.hidden || order?.payment.action === undefined) return;
    void ask(`${path}/payment/return`, { method: 'POST', signal }).catch(() => undefined);
  }
  document.addEventListener('visibilitychange', comeBack);
  return () => {
    document.removeEventListener('visibilitychange', comeBack);
    clearInterval(timer);
    stream.leave();
    leaving.abort();
  };
}

/**
 * @param {Order} [order]
 * @param {Books} [books]
 */
function isUnderWay(order, books) {
  if (order === undefined || books === undefined) return true;
  return isOpen(order) || books.refunds.some(({ status }) => status === 'requested');
}

/** @param {unknown} error */
function unknown(error) {
  if (error instanceof Refused) {
    return [heading('Order'), trouble(error, h('p', {}, h('a', { href: '#/' }, 'To the shop')))];
  }
  return [
    heading('Order'),
    error === undefined ? h('p', { class: 'hint' }, 'Looking it up…') : passing(error),
  ];
}

/**
 * @param {object} shown
 * @param {Order} shown.order
 * @param {Books | undefined} shown.books
 * @param {ReadonlyMap<string, string>} shown.names
 * @param {boolean} shown.isCut
 * @param {World | undefined} shown.world
 * @param {Node} shown.acts
 */
function page({ order, books, names, isCut, world, acts }) {
  const { look, words, says, ticks } = endingOf(order, books);
  const what = order.lines.map(({ sku, quantity }) => `${quantity} × ${names.get(sku) ?? sku}`);
  return [
    h('p', { class: 'back', 'data-key': 'back' }, h('a', { href: '#/' }, 'Shop')),
    h(
      'div',
      { class: `ending-now ${look}`, 'data-key': 'ending' },
      h(
        'div',
        { role: 'status', 'data-key': 'words' },
        heading(words),
        h('p', {}, says),
        ticks.length > 0 && h('ul', { class: 'ticks' }, ...ticks.map((tick) => h('li', {}, tick))),
      ),
      h('p', { class: 'do', 'data-key': 'do' }, toDo(order, books, world)),
    ),
    h('p', { class: 'what', 'data-key': 'what' }, `${what.join(', ')} · ${price(order.amount)}`),
    h('p', { class: 'cut', 'data-key': 'cut', role: 'status', hidden: !isCut }, CUT),
    h(
      'div',
      { class: 'order', 'data-key': 'order' },
      h(
        'div',
        { class: 'story', 'data-key': 'story' },
        h(
          'section',
          { 'aria-labelledby': 'saga-name', 'data-key': 'saga' },
          h('h2', { id: 'saga-name' }, 'Step by step'),
          h('ol', { class: 'steps' }, ...(books ? storyOf(order, books).map(line) : [])),
        ),
        acts,
      ),
      h(
        'div',
        { class: 'aside', 'data-key': 'aside' },
        books && proof(order, books, names),
        links(order, books, world),
      ),
    ),
  ];
}

const CUT = 'The connection is gone. The order goes on without it; this page comes back by itself.';

/** @param {Told} told */
function line({ key, look, title, text, step, at }) {
  return h(
    'li',
    { class: look, 'data-key': key },
    h('span', { class: 'dot', 'aria-hidden': 'true' }),
    h(
      'div',
      {},
      h('p', { class: 'title' }, h('b', {}, title), step !== undefined && h('code', {}, step)),
      text !== '' && h('p', {}, text),
    ),
    at !== undefined && h('time', { datetime: at }, new Date(at).toLocaleTimeString('en-GB')),
  );
}

/**
 * @param {Order} order
 * @param {Books | undefined} books
 * @param {World | undefined} world
 */
function links({ id }, books, world) {
  const all = [
    outLink(books?.links.run, 'This run in the Temporal UI'),
    outLink(
      world && `${world.operationsUrl}/operations#/orders/${id}`,
      'This order, as operators see it',
    ),
    outLink(world?.mailUrl, 'Your mail'),
  ].filter((link) => link !== undefined);
  return h(
    'section',
    { class: 'look', 'aria-labelledby': 'look-name', 'data-key': 'links' },
    h('h2', { id: 'look-name' }, 'Look behind it'),
    h('ul', {}, ...all.map((link) => h('li', {}, link))),
    h('p', { class: 'hint' }, 'Operators need a key of their own: ', h('code', {}, OPERATOR_KEY)),
    h('p', { class: 'hint' }, 'This order’s ID: ', h('span', { class: 'id' }, id)),
  );
}

const OPERATOR_KEY = 'npm run keys -- create --operator ann';
