/** The shop's page: shows the view that the address names. */
import { byId } from '../../../api/operations-page/dom.js';
import { ask } from './api.js';
import { mine } from './kept.js';
import { mineView } from './mine-view.js';
import { orderView } from './order-view.js';
import { outLink } from './parts.js';
import { shopView } from './shop-view.js';

/** @import { View, World } from './types.d.ts' */

const main = byId('main');
/** @type {World | undefined} */
let world;
/** @type {() => void} */
let leave = () => undefined;

window.onhashchange = () => open(true);
const skip = /** @type {HTMLElement} */ (document.querySelector('.skip'));
skip.onclick = (/** @type {Event} */ event) => {
  // What stands behind the # is the view's.
  event.preventDefault();
  main.focus();
};
await learn();
comeBack();
open(false);

async function learn() {
  world = await /** @type {Promise<World>} */ (ask('/shop/world')).catch(() => undefined);
  const links = [
    outLink(world?.mailUrl, 'Mails'),
    outLink(world?.temporalUiUrl, 'Temporal UI'),
    outLink(world && `${world.operationsUrl}/operations`, 'Operations'),
  ];
  byId('world').replaceChildren(...links.filter((link) => link !== undefined));
}

/** From the bank, whose word in the address is nothing to go by. On another device: to what is there. */
function comeBack() {
  const [, name, key = ''] = location.hash.split('/');
  if (name !== 'back') return;
  const order = mine.byKey(key);
  history.replaceState(null, '', `${location.pathname}#/orders${order ? `/${order.id}` : ''}`);
}

/** @param {boolean} isMove whether somebody has come here from another view */
function open(isMove) {
  leave();
  const view = viewAt(location.hash);
  document.title = `${view.title} · makegood shop`;
  main.replaceChildren();
  leave = view.show(main);
  for (const link of document.querySelectorAll('nav a')) {
    const href = link.getAttribute('href') ?? '';
    const here = location.hash || '#/';
    // An order is one of mine, and no page that the bar leads to.
    const isWithin = href !== '#/' && here.startsWith(`${href}/`);
    if (here === href || isWithin) link.setAttribute('aria-current', isWithin ? 'true' : 'page');
    else link.removeAttribute('aria-current');
  }
  if (!isMove) return;
  window.scrollTo(0, 0);
  main.querySelector('h1')?.focus({ preventScroll: true });
}

/**
 * @param {string} hash
 * @returns {View}
 */
function viewAt(hash) {
  const [, name = '', id = ''] = hash.split('/');
  if (name === 'orders' && id !== '') return orderView(id, world);
  if (name === 'orders') return mineView();
  return shopView(world);
}
