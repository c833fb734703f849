/**
 * Every rule: its ID, the books that it cannot do without, what it says, and the function that finds
 * who breaks it.
 */
import * as clients from './invariants/clients.ts';
import * as data from './invariants/data.ts';
import * as gateway from './invariants/gateway.ts';
import * as hearing from './invariants/hearing.ts';
import * as keys from './invariants/keys.ts';
import * as mail from './invariants/mail.ts';
import * as money from './invariants/money.ts';
import * as orders from './invariants/orders.ts';
import * as shares from './invariants/shares.ts';
import * as shipments from './invariants/shipments.ts';
import * as stock from './invariants/stock.ts';
import * as vouchers from './invariants/vouchers.ts';
import * as waiting from './invariants/waiting.ts';
import * as webhooks from './invariants/webhooks.ts';
import type { Invariant } from './verdict.ts';

export type Rule = readonly [id: string, books: string, sentence: string, find: Invariant];

/** The letters in the table. What is no file's own name stands for all that begin so. */
export const BOOKS: Readonly<Record<string, readonly string[]>> = {
  A: ['operators.jsonl'],
  C: ['clients.jsonl'],
  E: ['gateway-events.jsonl'],
  // What the run was, and which orders are to be judged at all.
  F: ['final/orders.jsonl', 'run.json', 'database/operator_action.jsonl'],
  G: ['gateway.jsonl'],
  L: ['final/list.jsonl'],
  M: ['mails.jsonl'],
  N: ['snapshots.jsonl'],
  P: ['database/'],
  S: ['carrier.jsonl'],
  T: ['runs.jsonl'],
  W: ['webhooks.jsonl'],
};

export const RULES: readonly Rule[] = [
  [
    'M1',
    'GF',
    'An order is captured in full and once, or not at all.',
    gateway.capturedOnceOrNever,
  ],
  ['M2', 'GF', 'No authorization holds money when all is over.', gateway.noHoldIsLeft],
  [
    'M3',
    'G',
    'At no moment is more refunded than was captured.',
    gateway.neverRefundedMoreThanCaptured,
  ],
  [
    'M4',
    'GF',
    'Net money is the total less the refunds asked for, or nothing.',
    money.netIsNothingOrTotal,
  ],
  ['M5', 'GFCM', 'All who name an amount name the same, in whole minor units.', money.amountsAgree],
  [
    'M6',
    'GFCL',
    'The gateway has nothing of an order that nobody placed.',
    gateway.nothingForUnknownOrders,
  ],
  ['M7', 'G', 'An order has one live authorization at a time.', gateway.oneLiveHold],
  [
    'M8',
    'GFC',
    'A completed order is refunded when asked for, and only then.',
    money.refundedOnlyWhenAsked,
  ],
  [
    'M9',
    'GFC',
    'No capture after an accepted cancel, no void after a capture.',
    money.cancelAndCaptureExclude,
  ],
  ['M10', 'GF', 'A gateway key is one operation of one saga.', keys.keysComeFromTheBusiness],
  ['M11', 'GFCLPN', 'Our payment entries come to what the gateway has.', money.ourEntriesAgree],
  [
    'K1',
    'FPN',
    'Available, reserved and sold always come to what there was.',
    stock.unitsAreConstant,
  ],
  [
    'K2',
    'FPN',
    'Nothing is negative, and no more is sold than there was.',
    stock.nothingIsNegative,
  ],
  ['K3', 'FCLP', 'Nothing is reserved when all orders have ended.', stock.nothingStaysReserved],
  ['K4', 'FCLP', 'Sold is what the completed orders have.', stock.soldIsWhatCompleted],
  ['V1', 'PN', 'No voucher is used more often than it may be.', vouchers.neverOverused],
  ['V2', 'FP', 'Taken is what the completed orders had.', vouchers.takenIsWhatCompleted],
  ['W1', 'FG', 'What the customer confirmed too late is not kept.', waiting.nothingLateIsKept],
  ['W2', 'FG', 'Only who was asked can be too late.', waiting.expiredWereAsked],
  [
    'E1',
    'EFP',
    'What the gateway told and we took is kept, once, also of nobody’s order.',
    hearing.whatWasTakenIsKept,
  ],
  ['E2', 'EFP', 'Nothing is taken that the gateway did not sign.', hearing.onlyWhatIsSignedIsTaken],
  ['E3', 'P', 'Something has come of all that was heard.', hearing.allThatWasHeardIsHandled],
  ['O1', 'FCL', 'What was accepted is there, and ended in 15 minutes.', clients.acceptedOrdersEnd],
  ['O2', 'FCLP', 'A key makes one order, and no order comes from nowhere.', clients.oneOrderPerKey],
  ['O3', 'C', 'A key has one answer, byte by byte.', clients.sameKeySameAnswer],
  ['O4', 'FC', 'Nobody sees an order go back.', clients.neverSeenToGoBack],
  ['O5', 'FP', 'Events have no gap, and tell a legal way.', orders.everyWayIsLegal],
  [
    'O6',
    'FPT',
    'Each order and refund has a run, and its latest is Completed.',
    orders.everyRunIsOver,
  ],
  [
    'O7',
    'FGSP',
    'What did not complete is countered, effect by effect.',
    orders.everyEffectIsCountered,
  ],
  [
    'O8',
    'FP',
    'The operators’ queue holds what cannot be resolved, alone.',
    orders.queueIsAsPlanned,
  ],
  ['O9', 'FGT', 'Nothing is tried without bounds.', orders.noRetryStorm],
  ['O10', 'FGSC', 'A cancelled order is neither charged nor shipped.', orders.cancelledOrShipped],
  ['N1', 'FMCL', 'One letter for each outcome, to whom it happened.', mail.oneLetterPerOutcome],
  [
    'N2',
    'PW',
    'Each event reached each endpoint, or is still owed to it.',
    webhooks.eachEventIsTold,
  ],
  [
    'N3',
    'FPW',
    'What an endpoint got is signed, true, and its tenant’s.',
    webhooks.onlyTheTruthIsTold,
  ],
  [
    'H1',
    'FSCL',
    'A completed order has one parcel, any other none.',
    shipments.oneParcelIfCompleted,
  ],
  ['S1', 'G', 'No more is captured of a hold than it holds.', shares.neverMoreThanHeld],
  [
    'S2',
    'FSG',
    'What is captured at shipment is so once, for what was handed over.',
    shares.capturedAsShipped,
  ],
  ['H2', 'FSG', 'Nothing leaves before it is paid.', shipments.nothingLeavesUnpaid],
  [
    'D1',
    '',
    'Personal data and secrets are where they may be, and nowhere else.',
    data.canariesStayInTheirPlaces,
  ],
  ['D2', 'AP', 'What operators did is on record, once, with who and why.', data.everyActIsOnRecord],
];

export const NOT_APPLICABLE: readonly (readonly [id: string, why: string])[] = [
  ['X1', 'is about this checker: `npm run mutants`'],
  ['X2', 'is about the plan: running a seed again'],
];
