/** What the steps of an order are in plain words, for whoever knows nothing of sagas. */

/**
 * @typedef {object} Words
 * @property {string} title
 * @property {string} [done]
 * @property {string} [refusedTitle]
 * @property {string} [refused]
 * @property {string} [doing]
 * @property {string} [asking] while the customer has something to do
 * @property {string} [undoTitle]
 * @property {string} [undone]
 * @property {string} [nothingTitle] of an undo that finds nothing to undo
 */

/** @type {Readonly<Record<string, Words>>} */
const WORDS = {
  'reserve stock': {
    title: 'Goods put aside',
    doing: 'The goods are taken off the shelf.',
    done: 'Nobody else can buy them now.',
    refusedTitle: 'Sold out meanwhile',
    refused: 'Somebody else was faster: not enough is left.',
    undoTitle: 'Goods put back',
    nothingTitle: 'Goods left on the shelf',
    undone: 'They are on the shelf again, for anybody.',
  },
  'authorize payment': {
    title: 'Money put on hold',
    doing: 'The bank is asked to hold the money.',
    done: 'AMOUNT is held on your card. It is not taken yet, and can still be let go.',
    refusedTitle: 'The bank says no',
    refused: 'Nothing is held on your card.',
    asking:
      'Your bank wants you to confirm it first. The order waits until TIME, the goods with it.',
    undoTitle: 'Hold let go',
    nothingTitle: 'Made sure that nothing is held',
    undone: 'The bank holds nothing for this order any more.',
  },
  'capture payment': {
    title: 'Money taken',
    doing: 'The bank is asked for the money that it holds.',
    done: 'AMOUNT is taken, once. Whatever fails from here on is made good.',
    refusedTitle: 'The bank has let the hold go',
    refused: 'Nothing is taken.',
  },
  'request shipment': {
    title: 'Handed to the carrier',
    doing: 'The carrier is asked for a parcel.',
    done: 'The goods are on their way.',
    refusedTitle: 'The carrier says no',
    refused: 'It does not deliver to this address. But you have paid!',
  },
  'send receipt': {
    title: 'Receipt sent',
    doing: 'The receipt is written.',
    done: 'It is in your mail.',
  },
  'cancel shipment': { title: 'Parcel called back', done: 'Nothing will be sent.' },
  'refund payment': { title: 'Money given back', done: 'AMOUNT is on its way to your card.' },
  restock: { title: 'Goods put back', done: 'They are on the shelf again, for anybody.' },
  close: { title: 'You are told', done: 'A letter says what happened to your order.' },
  'send refund': {
    title: 'Refund paid',
    done: 'AMOUNT is on its way to your card, as you asked.',
  },
};

/** Refusals that are not what their step is usually refused for. @type {Readonly<Record<string, string>>} */
export const REFUSED = { 'payment-action-expired': 'Nobody confirmed it in time' };

/** @type {Readonly<Record<string, string>>} */
const PARTIES = { gateway: 'The bank', carrier: 'The carrier' };

/** @param {string} party */
export function nameOf(party) {
  return PARTIES[party] ?? party;
}

/** @param {string} step @returns {Words} */
export function wordsOf(step) {
  return WORDS[step] ?? { title: step.charAt(0).toUpperCase() + step.slice(1) };
}
