/** What comes of each decision about a parked step, in words that somebody reads before deciding. */

/** @import { Action } from './types.d.ts' */

/** @type {Readonly<Record<Action, string>>} */
export const ACTION_NAMES = {
  retry: 'Retry',
  'mark-done': 'Mark as done',
  skip: 'Skip',
  refuse: 'Refuse',
};

const LOOK_FIRST =
  'What is marked as done is believed. Look there first: what an attempt has sent may have arrived although nobody heard of it.';

/** `{k}` is the number of a shipment. @type {Readonly<Record<string, string>>} */
const EFFECTS = {
  'do redeem voucher refuse':
    'The order is unwound and ends rejected, as its voucher being used up. No money is taken, and the customer is told.',
  'do reserve stock refuse':
    'The order is unwound and ends rejected, as out of stock. No money is taken, and the customer is told.',
  'do authorize payment refuse':
    'The order is unwound and ends rejected, as payment declined. The goods go back on the shelf, and the customer is told.',
  'do request shipment mark-done':
    'The order goes on as shipped, with the tracking number that you give. The carrier is not asked again.',
  'do request shipment refuse':
    'The order is made good, as address refused: the parcel is called back, the money is refunded, the goods go back on the shelf, and the customer is told.',
  'do send receipt mark-done': 'The customer has the receipt, and the order completes.',
  'do send receipt skip': 'The order completes, and the customer gets no receipt.',
  'do cancel shipment mark-done': 'The parcel was called back by hand. The money is refunded next.',
  'do cancel shipment skip':
    'The parcel goes out all the same, and the money is refunded: the customer keeps both.',
  'do refund payment mark-done':
    'The money was paid back by hand, and our book says so from now on. The gateway is not asked again.',
  'do refund payment skip':
    'The money is NOT paid back: the order ends without it, and the customer gets no letter of money on its way.',
  'do restock skip': 'The goods stay taken. Correct the stock by hand.',
  'do return voucher skip': 'The use of the voucher stays taken. Correct its count by hand.',
  'undo redeem voucher skip': 'The use of the voucher stays taken. Correct its count by hand.',
  'undo reserve stock skip': 'The goods stay taken. Correct the stock by hand.',
  'undo authorize payment mark-done':
    'The hold was voided by hand, and our book says so from now on. The gateway is not asked again.',
  'undo authorize payment skip':
    'The hold on the customer’s card stays until the gateway lets it lapse.',
  'do await shipment {k} refuse':
    'The order ends with what was shipped: the rest of the hold is let go, the rest of the goods go back on the shelf, and the receipt tells of what was sent and paid.',
  'do cancel shipment {k} skip':
    'The parcel goes out all the same, and nobody has paid for it. What is in it may be shipped again.',
  'undo request shipment {k} skip':
    'The parcel goes out all the same, and the order ends without any payment. Correct the stock by hand.',
};

/** @type {Readonly<Record<Action, string>>} */
const IN_GENERAL = {
  retry:
    'It is tried again at once. If that fails too, it stays in the queue and goes on being tried once a minute.',
  'mark-done': 'The order goes on as if the step had succeeded. It is not tried again.',
  skip: 'The order goes on without it. It is not tried again.',
  refuse: 'The step counts as refused, and what was done is made good.',
};

/**
 * @param {string} step
 * @param {'do' | 'undo'} direction
 * @param {Action} action
 * @returns {string[]}
 */
export function effectOf(step, direction, action) {
  const anyNumber = step.replace(/ \d+$/, ' {k}');
  const effect = EFFECTS[`${direction} ${anyNumber} ${action}`] ?? IN_GENERAL[action];
  return action === 'mark-done' ? [effect, LOOK_FIRST] : [effect];
}
