/** One order: what is known of it, what may be done about it now, and all that has happened to it. */
import { canBeCancelled, canBeRefunded, cancelAct, refundAct, resolveAct } from './acts.js';
import { h } from './dom.js';
import { ACTION_NAMES } from './effects.js';
import { chip, heading, runLink } from './parts.js';
import * as questions from './questions.js';
import { href } from './routes.js';
import { timeline } from './timeline.js';
import { age, moment, money, stepName } from './words.js';

/** @import { Child } from './dom.js' */
/** @import { Act, Parked, Story, View } from './types.d.ts' */
/** @typedef {(act: Act) => void} Propose */

/**
 * @param {Propose} propose
 * @param {string} id
 * @returns {View}
 */
export function orderView(propose, id) {
  return {
    title: `Order ${id}`,
    async load(signal) {
      const story = await questions.story(id, signal);
      return () => draw(story, propose);
    },
  };
}

/**
 * @param {Story} story
 * @param {Propose} propose
 */
function draw(story, propose) {
  return [
    h('p', { class: 'back' }, h('a', { href: href.queue() }, 'Queue')),
    heading('Order ', h('span', { class: 'id' }, story.id)),
    h(
      'div',
      { class: 'facts-line' },
      chip(story.status),
      story.reason !== null && h('span', {}, story.reason),
      h('span', {}, h('b', {}, money(story.amount))),
      h('span', {}, 'placed ', h('b', {}, age(story.createdAt)), ' ago'),
      runLink(story.links.run, 'Run in the Temporal UI'),
    ),
    ...trouble(story, propose),
    facts(story),
    acts(story, propose),
    timeline(story),
  ];
}

/**
 * @param {Story} story
 * @param {Propose} propose
 */
function trouble(story, propose) {
  const { parked, blockedSince, links } = story;
  const blocked =
    blockedSince === null
      ? []
      : [
          h(
            'section',
            { class: 'trouble bad' },
            h('h2', {}, 'Its run cannot go on'),
            h(
              'p',
              {},
              'Blocked for ',
              h('b', {}, age(blockedSince)),
              '. A workflow task fails, or no worker takes it: the Temporal UI tells which.',
            ),
            runLink(links.run, 'Look at the run in the Temporal UI'),
          ),
        ];
  return [...parked.map((one) => parkedStep(story, one, propose)), ...blocked];
}

/**
 * @param {Story} story
 * @param {Parked} parked
 * @param {Propose} propose
 */
function parkedStep(story, parked, propose) {
  const { step, direction, sagaId, detail, parkedAt, choices } = parked;
  const name = stepName(step, direction);
  // The harmless one first.
  const ordered = [...choices].sort((a, b) => Number(b === 'retry') - Number(a === 'retry'));
  return h(
    'section',
    { class: 'trouble', 'data-key': `${sagaId} ${step} ${direction}` },
    h('h2', {}, 'Parked: ', name, sagaId !== story.id && ` of refund ${sagaId}`),
    h('p', {}, 'For ', h('b', {}, age(parkedAt)), ', since its last attempts ended with'),
    h('p', { class: 'ending' }, detail),
    h(
      'div',
      { class: 'buttons' },
      ...ordered.map((action) =>
        h(
          'button',
          {
            type: 'button',
            class: action === 'retry' ? 'main' : '',
            'aria-label': `${ACTION_NAMES[action]}: ${name}`,
            onclick: () => propose(resolveAct(story, parked, action)),
          },
          `${ACTION_NAMES[action]}…`,
        ),
      ),
    ),
  );
}

/** @param {Story} story */
function facts(story) {
  const { payment, shipment, lines, refunds, amount, voucher } = story;
  const { currency } = amount;
  const of = (/** @type {string} */ value) => money({ value, currency });
  return h(
    'section',
    { class: 'facts', 'aria-label': 'What is known of it' },
    h(
      'dl',
      {},
      fact('Shop', story.tenant),
      fact('Placed', moment(story.createdAt)),
      fact('Changed', moment(story.updatedAt)),
      fact('Gate', story.gate),
      fact('Request', h('span', { class: 'id' }, story.requestId)),
      fact('Payment', h('span', { class: 'id' }, payment.intentId ?? 'none yet')),
      fact('Held', of(String(BigInt(payment.authorized) - BigInt(payment.captured)))),
      fact('Taken', of(payment.captured)),
      fact('Given back', of(payment.refunded)),
      fact('Parcel', h('span', { class: 'id' }, shipment?.trackingNumber ?? 'none')),
      ...lines.map(({ sku, quantity, unitPrice }) =>
        fact('Line', `${quantity} × ${sku} at ${money(unitPrice)}`),
      ),
      voucher && fact('Voucher', `${voucher.code}, ${money(voucher.discount)} off`),
      ...refunds.map((refund) => fact('Refund', refundFact(refund))),
      story.erasedAt !== null && fact('Erased', moment(story.erasedAt)),
    ),
  );
}

/** @param {Story['refunds'][number]} refund */
function refundFact({ id, status, amount, gatewayId }) {
  return h(
    'span',
    {},
    `${money(amount)} `,
    chip(status),
    h('span', { class: 'id' }, ` ${id}${gatewayId === null ? '' : `, ${gatewayId}`}`),
  );
}

/**
 * @param {string} name
 * @param {Child} value
 */
function fact(name, value) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value));
}

/**
 * @param {Story} story
 * @param {Propose} propose
 */
function acts(story, propose) {
  const buttons = [
    canBeCancelled(story) && button('Cancel the order…', () => propose(cancelAct(story))),
    canBeRefunded(story) && button('Refund…', () => propose(refundAct(story))),
  ].filter((one) => one !== false);
  return h(
    'section',
    { class: 'acts', 'aria-label': 'Acts on the whole order' },
    buttons.length > 0
      ? h('div', { class: 'buttons' }, ...buttons)
      : h('p', { class: 'hint' }, whyNothing(story)),
  );
}

/** @param {Story} story */
function whyNothing({ erasedAt, status, gate }) {
  if (erasedAt !== null) return 'Its customer was erased: nothing can be asked of it any more.';
  if (['rejected', 'cancelled'].includes(status)) return 'It has ended, and no money was taken.';
  if (['completed', 'refunded'].includes(status))
    return 'It has ended, and all of its money went back.';
  if (gate === 'unwinding') return 'It is being unwound. There is nothing to cancel or refund.';
  return 'It is too late to cancel, and it can be refunded once its checkout has ended.';
}

/**
 * @param {string} text
 * @param {() => void} onclick
 */
function button(text, onclick) {
  return h('button', { type: 'button', onclick }, text);
}
