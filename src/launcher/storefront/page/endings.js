/** How an order stands, in big words and in small ones. Pure. */
import { price } from './parts.js';

/** @import { Ending, Order } from './types.d.ts' */

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  'payment-declined': 'The bank said no.',
  'payment-action-expired': 'You did not confirm with your bank in time.',
  'out-of-stock': 'Somebody else was faster: not enough is left.',
  'temporarily-unavailable': 'The bank could not be reached in time.',
  'address-refused': 'You had paid, and then the carrier would not deliver to your address.',
};

/** @param {Order} order @returns {Ending} */
export function endingOf(order) {
  return ENDINGS[order.status]?.(order) ?? goingOf(order);
}

/** @type {Readonly<Record<string, (order: Order) => Ending>>} */
const ENDINGS = {
  completed({ amount, payment: { refunded } }) {
    if (refunded === '0') {
      const ticks = ['goods yours', 'paid once', 'receipt sent'];
      return ending('good', 'Completed', 'Paid once, sent once.', ticks);
    }
    const back = price({ ...amount, value: refunded });
    const says = `You paid once, and got ${back} of it back.`;
    return ending('good', 'Completed', says, ['paid once', `${back} given back`]);
  },
  cancelled: () =>
    ending(
      'made-good',
      'Cancelled in time',
      'You changed your mind before the money was taken.',
      NOTHING,
    ),
  rejected: ({ reason = '' }) =>
    ending('made-good', 'Called off, nothing lost', REASONS[reason] ?? '', NOTHING),
  refunded({ reason = '' }) {
    const says = REASONS[reason];
    return says === undefined
      ? ending('made-good', 'Refunded', 'You asked, and all of your money is back.', ['money back'])
      : ending('made-good', 'Made good', says, ['goods back', 'money back', 'you were told']);
  },
};

/** @param {Order} order @returns {Ending} */
function goingOf({ status, payment, needsOperator }) {
  if (needsOperator) return ending('person', 'A person has been called', WAITS, []);
  if (payment.action !== undefined) {
    return ending(
      'going',
      'Your bank wants a word with you',
      'Your goods wait for you meanwhile.',
      [],
    );
  }
  const says = 'You may close this page: the order goes on without it.';
  return ending('going', GOING[status] ?? 'On its way…', says, []);
}

const WAITS =
  'It cannot go on by itself. Nothing is lost: it waits, and goes on once somebody has decided.';

const NOTHING = ['goods back on the shelf', 'no money taken'];

/** @type {Readonly<Record<string, string>>} */
const GOING = {
  accepted: 'Putting your goods aside…',
  reserved: 'Asking the bank…',
  authorized: 'Taking the money…',
  paid: 'Handing it to the carrier…',
  shipped: 'Writing your receipt…',
};

/**
 * @param {Ending['look']} look
 * @param {string} words
 * @param {string} says
 * @param {readonly string[]} ticks
 * @returns {Ending}
 */
function ending(look, words, says, ticks) {
  return { look, words, says, ticks };
}
