/** What an operator may do, each as a question with what will come of it. The API has the last word. */
import { ask } from './api.js';
import { ACTION_NAMES, effectOf } from './effects.js';
import { href } from './routes.js';
import { amounts, count, decimal, decimalsOf, minorUnits, money, stepName } from './words.js';

/** @import { Act, Action, Cause, Parked, QueueRetry, Resolution, Story } from './types.d.ts' */

/**
 * @param {Story} story
 * @param {Parked} parked
 * @param {Action} action
 * @returns {Act}
 */
export function resolveAct(story, parked, action) {
  const { step, direction, sagaId, links } = parked;
  const whose = sagaId === story.id ? `order ${story.id}` : `refund ${sagaId}`;
  return {
    title: `${ACTION_NAMES[action]}: ${stepName(step, direction)}`,
    says: [`Of ${whose}, ${money(story.amount)}.`, ...effectOf(step, direction, action)],
    fields: action === 'mark-done' && step === 'request shipment' ? [TRACKING_NUMBER] : [],
    confirm: () => ACTION_NAMES[action],
    isGrave: action !== 'retry',
    async send(values) {
      /** @type {Resolution} */
      const { operatorActionId, woken } = await ask(links.resolve, { body: { action, ...values } });
      const told = woken ? 'the run goes on' : 'the run was not told, and looks within a minute';
      return { said: `Written down as operator action ${operatorActionId}; ${told}.` };
    },
  };
}

/** @type {import('./types.d.ts').Field} */
const TRACKING_NUMBER = {
  name: 'trackingNumber',
  label: 'Tracking number',
  hint: 'Of the parcel that went out by hand.',
  check: (value) => (value.trim() === '' ? 'Which parcel is it?' : undefined),
};

/**
 * @param {Cause} cause
 * @returns {Act}
 */
export function retryAct({ cause, count: n, step, direction, ending, atStake }) {
  return {
    title: `Retry all that is parked by one cause`,
    says: [
      `${stepName(step, direction)}: ${ending ?? ''}`,
      `${count(n, 'step')} of orders worth ${amounts(atStake)}, as of now.`,
      'Each is tried again, 50 a second. What fails again stays in the queue.',
    ],
    fields: [],
    confirm: () => `Retry all ${n}`,
    isGrave: false,
    async send({ why }) {
      /** @type {QueueRetry} */
      const { id, asked } = await ask('/v1/operations/queue/retry', { body: { cause, why } });
      const said = `Written down: ${count(asked, 'step')} will be tried again.`;
      return { said, leadsTo: href.retry(id) };
    },
  };
}

/**
 * @param {Story} story
 * @returns {Act}
 */
export function cancelAct({ id, amount, links }) {
  return {
    title: 'Cancel this order',
    says: [
      `Order ${id}, ${money(amount)}.`,
      'Nothing will be captured. What is held on the card and on the shelf is given back, and the customer is told. This cannot be taken back.',
    ],
    fields: [],
    confirm: () => 'Cancel the order',
    isGrave: true,
    async send(values, idempotencyKey) {
      await ask(links.cancel, { body: values, idempotencyKey });
      return { said: 'Accepted and written down: the order is being unwound.' };
    },
  };
}

/**
 * @param {Story} story
 * @returns {Act}
 */
export function refundAct(story) {
  const { id, amount, links } = story;
  const { currency } = amount;
  const left = { value: refundable(story).toString(), currency };
  const asked = (/** @type {string} */ text) => minorUnits(text, currency);
  return {
    title: 'Refund this order',
    says: [
      `Order ${id}. ${money(left)} can still be refunded.`,
      'The gateway is asked to pay it back until it has decided. This cannot be taken back.',
    ],
    fields: [
      {
        name: 'amount',
        label: `Amount in ${currency}`,
        hint: 'All that is left, unless you write less.',
        value: decimal(left),
        check(text) {
          const value = asked(text);
          if (value === undefined) {
            return `Write it like ${decimal(left)}, with ${count(decimalsOf(currency), 'decimal')} at most.`;
          }
          return value === '0' ? 'Must be more than 0.' : undefined;
        },
      },
    ],
    confirm({ amount: text = '' }) {
      const value = asked(text);
      return value === undefined ? 'Refund' : `Refund ${money({ value, currency })}`;
    },
    isGrave: true,
    async send({ amount: text = '', why }, idempotencyKey) {
      // What was read and confirmed, also where more has become free since.
      const body = { amount: { value: asked(text), currency }, why };
      /** @type {{ id: string }} */
      const refund = await ask(links.refunds, { body, idempotencyKey });
      return { said: `Accepted and written down as refund ${refund.id}.` };
    },
  };
}

/** Until the gate leaves `forward`, nothing has been captured and nothing is being undone. */
export function canBeCancelled(/** @type {Story} */ { gate, status, erasedAt }) {
  const isOpen = ['accepted', 'reserved', 'authorized'].includes(status);
  return gate === 'forward' && isOpen && erasedAt === null;
}

export function canBeRefunded(/** @type {Story} */ story) {
  const hasEnded = ['completed', 'rejected', 'cancelled', 'refunded'].includes(story.status);
  return hasEnded && story.erasedAt === null && refundable(story) > 0n;
}

/** What was captured, less what is refunded or about to be. */
function refundable(/** @type {Story} */ { payment, refunds }) {
  const asked = refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, { amount }) => sum + BigInt(amount.value), 0n);
  const refunded = BigInt(payment.refunded);
  return BigInt(payment.captured) - (asked > refunded ? asked : refunded);
}
