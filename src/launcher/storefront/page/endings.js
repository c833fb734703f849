/** How an order stands, in big words and in small ones. Pure. */
import { price, times } from './parts.js';
import { nameOf } from './step-words.js';
import { wayOf } from './story.js';

/** @import { Books, Ending, Order } from './types.d.ts' */

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  'payment-declined': 'The bank said no.',
  'payment-action-expired': 'You did not confirm with your bank in time.',
  'out-of-stock': 'Somebody else was faster: not enough is left.',
  'temporarily-unavailable': 'The bank could not be reached in time.',
  'address-refused': 'You had paid, and then the carrier would not deliver to your address.',
};

/**
 * @param {Order} order
 * @param {Books} [books] where they have been looked at
 * @returns {Ending}
 */
export function endingOf(order, books) {
  return ENDINGS[order.status]?.(order, books) ?? goingOf(order, books);
}

/** Whether anything may still happen by itself. @param {Order} order */
export function isOpen(order) {
  return ['going', 'person'].includes(endingOf(order).look);
}

/** @type {Readonly<Record<string, (order: Order, books?: Books) => Ending>>} */
const ENDINGS = {
  completed({ amount, payment: { refunded } }, books) {
    if (refunded === '0') {
      const ticks = ['goods yours', 'paid once', 'receipt sent'];
      return ending('good', 'Completed', survivedBy(books), ticks);
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

/** What went wrong on the way, and is nowhere to be seen in the end. @param {Books} [books] */
function survivedBy(books) {
  const calls = books?.calls ?? [];
  const parties = [...new Set(calls.map(({ party }) => party))];
  const broke = parties.map((party) => {
    const often = calls.filter((call) => call.party === party).length;
    return `${nameOf(party)} broke ${times(often)} on the way`;
  });
  return [...broke, 'Paid once, sent once'].map((sentence) => `${sentence}.`).join(' ');
}

/**
 * @param {Order} order
 * @param {Books} [books]
 * @returns {Ending}
 */
function goingOf({ status, payment, needsOperator }, books) {
  if (needsOperator) return ending('person', 'A person has been called', WAITS, []);
  if (payment.action !== undefined) {
    return ending(
      'going',
      'Your bank wants a word with you',
      'Your goods wait for you meanwhile.',
      [],
    );
  }
  const way = books === undefined ? 'on' : wayOf(books);
  if (way === 'back')
    return ending('going', 'Calling it off…', 'What was done is being undone.', []);
  if (way === 'making good') return ending('going', 'Making it good…', GIVING_BACK, []);
  const says = 'You may close this page: the order goes on without it.';
  return ending('going', GOING[status] ?? 'On its way…', says, []);
}

const WAITS =
  'It cannot go on by itself. Nothing is lost: it waits, and goes on once somebody has decided.';

const GIVING_BACK = 'You have paid, and it cannot be sent: money and goods go back.';

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
