/** All that has happened to an order as one list in order of time, each line in the API's words. */
import { h } from './dom.js';
import { runLink } from './parts.js';
import { ageInWords, day, money, timeOfDay } from './words.js';

/** @import { Story, TimelineEntry } from './types.d.ts' */

/** @param {Story} story */
export function timeline({ timeline: entries }) {
  return h(
    'section',
    { class: 'story', 'aria-labelledby': 'story' },
    h('h2', { id: 'story' }, 'Timeline'),
    h('p', { class: 'hint' }, zone()),
    h('ol', { class: 'timeline' }, ...entries.flatMap((entry, n) => drawn(entry, entries[n - 1]))),
  );
}

function zone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone === 'UTC'
    ? 'Times are UTC.'
    : `Times of ${timeZone}; UTC where you point at one.`;
}

// Shorter waits are how orders go; longer ones are what somebody looks for.
const NOTABLE_MS = 10_000;

/**
 * @param {TimelineEntry} entry
 * @param {TimelineEntry | undefined} before
 */
function drawn(entry, before) {
  const isNewDay = before === undefined || day(before.at) !== day(entry.at);
  const passed = before === undefined ? 0 : Date.parse(entry.at) - Date.parse(before.at);
  return [
    isNewDay && h('li', { class: 'day' }, day(entry.at)),
    passed >= NOTABLE_MS && h('li', { class: 'gap' }, `${ageInWords(passed)} later`),
    h(
      'li',
      { class: lookOf(entry) },
      timeOfDay(entry.at),
      h('span', { class: 'kind' }, entry.kind),
      h('span', { class: 'said' }, inWords(entry), ' ', runLink(entry.links?.run)),
    ),
  ].filter((one) => one !== false);
}

/** @param {TimelineEntry} entry */
function lookOf({ kind, refused, outcome }) {
  if (refused !== undefined) return `${kind} refused`;
  return kind === 'gateway' && outcome === undefined ? 'gateway asked' : kind;
}

/** In minor units the API is exact; people read amounts. */
function inWords(/** @type {TimelineEntry} */ { text, amount }) {
  if (amount === undefined) return text;
  return text.replace(`${amount.value} minor units ${amount.currency}`, money(amount));
}
