/** The cards one may pay with, and what one may break: each with what is to be seen then. */

/** @import { Trouble, World } from './types.d.ts' */

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} name
 * @property {string} says
 */

/** The gateway's test cards. @type {readonly Choice[]} */
export const CARDS = [
  { value: 'pm_card_visa', name: 'A good card', says: 'The bank says yes.' },
  {
    value: 'pm_card_chargeDeclined',
    name: 'A card that is declined',
    says: 'The bank says no, and why not is your secret.',
  },
  {
    value: 'pm_card_authenticationRequired',
    name: 'A card that asks back (3-D Secure)',
    says: 'The bank wants a word with you first. The order waits for you, with its goods.',
  },
];

/** @type {readonly (Choice & { value: Trouble | '', party?: 'gateway' | 'carrier' })[]} */
const TROUBLES = [
  { value: '', name: 'Nothing', says: 'Everything works. The order takes a blink.' },
  {
    value: 'lost-answer',
    party: 'gateway',
    name: 'The bank’s answers get lost',
    says: 'The money moves, but nobody hears of it. Will you pay twice?',
  },
  {
    value: 'hangs',
    party: 'gateway',
    name: 'The bank hangs',
    says: 'No answer for some seconds: time enough to cancel.',
  },
  {
    value: 'down',
    party: 'gateway',
    name: 'The bank is down for a while',
    says: '“Not now”, three times over.',
  },
  {
    value: 'declined',
    party: 'gateway',
    name: 'The bank says no',
    says: 'Whatever the card. Your goods were put aside already, and go back.',
  },
  {
    value: 'address-refused',
    party: 'carrier',
    name: 'The carrier refuses your address',
    says: 'After you have paid! This one has to be made good.',
  },
  {
    value: 'carrier-down',
    party: 'carrier',
    name: 'The carrier is down for a while',
    says: 'After you have paid. It is asked until it is there again.',
  },
];

/** Those whose party can be broken here. @param {World | undefined} world */
export function troublesIn(world) {
  return TROUBLES.filter(({ party }) => party === undefined || world?.standIns.includes(party));
}
