/** What a customer may still ask of an order: to call it off, or for money back. */
import { h } from '../../../api/operations-page/dom.js';
import { decimal, minorUnits } from '../../../api/operations-page/words.js';
import { ask, newKey, NoAnswer, Refused } from './api.js';
import { price, trouble } from './parts.js';
import { wayOf } from './story.js';

/** @import { Books, Money, Order } from './types.d.ts' */

/**
 * @param {string} path
 * @param {{ redraw: () => void, changed: () => void }} told
 */
export function createActs(path, { redraw, changed }) {
  // One for each thing that may be asked, and another once it was answered.
  let [cancelKey, refundKey] = [newKey(), newKey()];
  let isUnderWay = false;
  /** @type {unknown} */
  let error;
  let said = '';
  /** @type {string | undefined} */
  let typed;
  /** What was asked back, for as long as nobody knows what came of it. @type {Money | undefined} */
  let open;

  /**
   * @param {string} what
   * @param {() => Promise<unknown>} send
   */
  async function attempt(what, send) {
    if (isUnderWay) return;
    isUnderWay = true;
    error = undefined;
    said = '';
    redraw();
    try {
      await send();
      said = what;
      typed = undefined;
    } catch (wrong) {
      error = wrong;
    }
    if (!(error instanceof NoAnswer)) {
      [cancelKey, refundKey, open] = [newKey(), newKey(), undefined];
    }
    isUnderWay = false;
    changed();
    redraw();
  }

  const cancel = () =>
    attempt('Your wish is granted.', () =>
      ask(`${path}/cancel`, { method: 'POST', headers: { 'Idempotency-Key': cancelKey } }),
    );
  const refund = (/** @type {Money} */ amount) => {
    open = amount;
    return attempt(`You have asked for ${price(amount)} back.`, () =>
      ask(`${path}/refunds`, { body: { amount }, headers: { 'Idempotency-Key': refundKey } }),
    );
  };

  /** @param {Money} left */
  function givingBack(left) {
    const asked = typed ?? decimal(left);
    const wanted = open ?? wantedOf(asked, left);
    const change = (/** @type {string} */ text) => {
      typed = text;
      redraw();
    };
    const button = {
      type: 'button',
      'data-key': 'refund',
      disabled: isUnderWay || wanted === undefined,
      onclick: () => wanted && void refund(wanted),
    };
    const name = wanted === undefined ? 'Give back' : `Give back ${price(wanted)}`;
    return [field(asked, left, change), h('button', button, name)];
  }

  const cancelling = () =>
    h(
      'button',
      {
        type: 'button',
        'data-key': 'cancel',
        disabled: isUnderWay,
        onclick: () => void cancel(),
      },
      'Cancel the order',
    );

  return {
    /**
     * @param {Order} order
     * @param {Books | undefined} books
     */
    drawn(order, books) {
      const left = refundable(order);
      const [mayCancel, mayRefund] = [canCancel(order, books), canRefund(order, left)];
      return h(
        'section',
        { class: 'acts', 'aria-labelledby': 'acts-name', 'data-key': 'acts' },
        h('h2', { id: 'acts-name' }, 'Changed your mind?'),
        said !== '' && h('p', { class: 'said', role: 'status', 'data-key': 'said' }, said),
        error !== undefined && h('div', { 'data-key': 'trouble' }, trouble(error, andNow(error))),
        mayCancel && mayRefund && h('p', { class: 'hint', 'data-key': 'late' }, LATE),
        mayCancel && cancelling(),
        mayRefund && givingBack(left),
        isOver(order, left) && h('p', { class: 'hint', 'data-key': 'none' }, NOTHING),
      );
    },
  };
}

const NOTHING = 'There is nothing left to take back.';

const SAME_AGAIN = 'Whether it took effect is not known. The same may safely be asked again.';

const INSTEAD =
  'Taking money and calling off meet in one place, and the money was first. Nothing is half undone. Ask for the money back instead.';

/** @param {unknown} error */
function andNow(error) {
  if (error instanceof NoAnswer) return h('p', {}, SAME_AGAIN);
  const isTooLate =
    error instanceof Refused && error.problem.type === '/problems/too-late-to-cancel';
  return isTooLate && h('p', {}, INSTEAD);
}

const LATE = 'The money is taken: too late to call off. Try it, or ask for the money back.';

/**
 * Asked also when it is too late: the answer is worth seeing.
 * @param {Order} order
 * @param {Books} [books]
 */
function canCancel({ status }, books) {
  const isTurned = books !== undefined && wayOf(books) !== 'on';
  return !isTurned && !CALLED_OFF.includes(status);
}

const CALLED_OFF = ['rejected', 'cancelled', 'refunded'];

/**
 * @param {Order} order
 * @param {Money} left
 */
function isOver({ status }, { value }) {
  return CALLED_OFF.includes(status) || (status === 'completed' && value === '0');
}

/**
 * @param {Order} order
 * @param {Money} left
 */
function canRefund({ status }, left) {
  return status === 'completed' && left.value !== '0';
}

/** @param {Order} order @returns {Money} */
function refundable({ amount, payment }) {
  return { ...amount, value: (BigInt(payment.captured) - BigInt(payment.refunded)).toString() };
}

/**
 * @param {string} asked
 * @param {Money} left
 * @returns {Money | undefined}
 */
function wantedOf(asked, left) {
  const value = minorUnits(asked, left.currency);
  const isGood = value !== undefined && value !== '0' && BigInt(value) <= BigInt(left.value);
  return isGood ? { ...left, value } : undefined;
}

/**
 * @param {string} asked
 * @param {Money} left
 * @param {(text: string) => void} change
 */
function field(asked, left, change) {
  const isWrong = wantedOf(asked, left) === undefined;
  const input = h('input', {
    id: 'amount',
    inputmode: 'decimal',
    autocomplete: 'off',
    'aria-invalid': isWrong ? 'true' : undefined,
    'aria-describedby': 'amount-wrong',
    value: asked,
    oninput: () =>
      change(/** @type {HTMLInputElement} */ (document.getElementById('amount')).value),
  });
  return h(
    'div',
    { class: 'amount', 'data-key': `up to ${left.value}` },
    h('label', { for: 'amount' }, `How much back? Up to ${price(left)}`),
    input,
    h(
      'p',
      { id: 'amount-wrong', class: 'wrong', role: 'status' },
      isWrong && `Not that: an amount such as 5 or 5.00, and at most ${price(left)}.`,
    ),
  );
}
