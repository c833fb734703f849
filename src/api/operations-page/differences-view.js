/** Where our book and the gateway's differ: what the reconciler has found, and what became of it. */
import { explainAct, haltAct } from './difference-acts.js';
import { h } from './dom.js';
import { calm, chip, heading, orderLink, pager } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { age, moment, money } from './words.js';

/** @import { Act, BookSide, Difference, DifferencesPage, Summary, View } from './types.d.ts' */
/** @typedef {(act: Act) => void} Propose */

const STATES = ['open', 'settling', 'settled', 'explained'];

/**
 * @param {Propose} propose
 * @param {string} state
 * @param {string | null} cursor
 * @returns {View}
 */
export function differencesView(propose, state, cursor) {
  return {
    title: 'Differences',
    async load(signal, asked) {
      const [page, summary] = await Promise.all([
        questions.differences(state, cursor, signal),
        asked,
      ]);
      return () => draw({ page, summary, state, cursor, propose });
    },
  };
}

/**
 * @param {Propose} propose
 * @param {string} id
 * @returns {View}
 */
export function differenceView(propose, id) {
  return {
    title: 'Difference',
    async load(signal) {
      const difference = await questions.difference(id, signal);
      return () => [
        h('p', { class: 'back' }, h('a', { href: href.differences('open') }, 'Differences')),
        heading('Difference ', h('span', { class: 'id' }, id)),
        card(difference, propose),
      ];
    },
  };
}

/** @param {{ page: DifferencesPage, summary: Summary, state: string, cursor: string | null, propose: Propose }} shown */
function draw({ page: { data, nextCursor }, summary, state, cursor, propose }) {
  const next = nextCursor && href.differences(state, nextCursor);
  const none = state === 'open' ? 'No difference asks for anybody' : `None is ${state}`;
  return [
    heading('Differences'),
    h('p', { class: 'hint' }, 'Between our book and the gateway’s, as the reconciler finds them.'),
    h(
      'div',
      { class: 'facts-line' },
      h(
        'nav',
        { class: 'states', 'aria-label': 'States' },
        ...STATES.map((one) => tab(one, state)),
      ),
      // There is one to let them go on where it is said that they are halted.
      !summary.captures.halted && haltButton(propose),
    ),
    data.length === 0
      ? calm(none, h('p', {}, 'What was found before stands under the other states.'))
      : h('div', { class: 'cards' }, ...data.map((one) => card(one, propose))),
    pager(next, cursor === null ? undefined : href.differences(state)),
  ];
}

/**
 * @param {string} state
 * @param {string} current
 */
function tab(state, current) {
  const isCurrent = state === current && 'page';
  return h('a', { href: href.differences(state), 'aria-current': isCurrent }, state);
}

/** @param {Propose} propose */
function haltButton(propose) {
  return h('button', { type: 'button', onclick: () => propose(haltAct()) }, 'Halt all captures…');
}

/**
 * @param {Difference} difference
 * @param {Propose} propose
 */
function card(difference, propose) {
  const { id, kind, state, orderId, paymentId, detail, trouble, explained, foundAt } = difference;
  return h(
    'article',
    { class: `difference ${state}`, 'data-key': id, 'aria-label': kindOf(difference) },
    h(
      'div',
      { class: 'facts-line' },
      h('h2', {}, h('a', { href: href.difference(id) }, kindOf({ kind }))),
      chip(state),
      h('span', { class: 'hint' }, 'found ', age(foundAt), ' ago'),
    ),
    h('p', {}, detail),
    h(
      'p',
      { class: 'hint' },
      orderId === null ? 'no order' : orderLink(orderId),
      ' ',
      h('span', { class: 'id' }, paymentId ?? 'no payment'),
    ),
    h(
      'dl',
      { class: 'sides' },
      side('Our book', difference.ours),
      side('The gateway’s', difference.gateway),
    ),
    trouble !== null && h('p', { class: 'ending' }, `Not settled yet: ${trouble}`),
    explained !== null &&
      h('p', {}, h('b', {}, explained.by), ' at ', moment(explained.at), `: ${explained.why}`),
    state === 'open' && explainButton(difference, propose),
  );
}

/** `payment-without-order` as it is read. */
function kindOf(/** @type {Pick<Difference, 'kind'>} */ { kind }) {
  const words = kind.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * @param {string} whose
 * @param {BookSide | null} said
 */
function side(whose, said) {
  const of = (/** @type {string} */ value) => money({ value, currency: said?.currency ?? '' });
  const words = said && `${said.status}: holds ${of(said.held)}, keeps ${of(said.kept)}`;
  return h('div', {}, h('dt', {}, whose), h('dd', {}, words ?? 'knows nothing of it'));
}

/**
 * @param {Difference} difference
 * @param {Propose} propose
 */
function explainButton(difference, propose) {
  const onclick = () => propose(explainAct(difference));
  return h('div', { class: 'buttons' }, h('button', { type: 'button', onclick }, 'Explain…'));
}
