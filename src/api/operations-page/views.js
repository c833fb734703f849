/** Which view an address names. */
import { causeView } from './cause-view.js';
import { differencesView, differenceView } from './differences-view.js';
import { h } from './dom.js';
import { orderView } from './order-view.js';
import { calm, heading } from './parts.js';
import { queueView } from './queue-view.js';
import { retryView } from './retry-view.js';
import { href, placeOf } from './routes.js';
import { searchView } from './search-view.js';

/** @import { Act, View } from './types.d.ts' */

/**
 * @param {string} hash
 * @param {(act: Act) => void} propose asks the operator whether it shall be done
 * @returns {View}
 */
export function viewAt(hash, propose) {
  const { name, id, query } = placeOf(hash);
  const cursor = query.get('cursor');
  switch (name) {
    case 'queue':
      return queueView(propose);
    case 'causes':
      return causeView(propose, id, cursor);
    case 'retries':
      return retryView(id);
    case 'search':
      return searchView(query.get('q') ?? '', cursor);
    case 'orders':
      return orderView(propose, id);
    case 'differences':
      if (id !== '') return differenceView(propose, id);
      return differencesView(propose, query.get('state') ?? 'open', cursor);
    default:
      return nowhere();
  }
}

/** @returns {View} */
function nowhere() {
  const note = () => h('p', {}, h('a', { href: href.queue() }, 'To the queue'));
  const draw = () => [heading('Nowhere'), calm('This page has no such view', note())];
  return { title: 'Nowhere', load: () => Promise.resolve(draw) };
}
