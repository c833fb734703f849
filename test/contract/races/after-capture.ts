/** Who meets at an order after its money was taken: the steps that must succeed, and refunds. */
import type { Act } from '../drift/acts.ts';
import { MADE_GOOD, PAID, SHIPPED } from '../drift/stories.ts';
import { markDone, park, refuse, skip, STEP } from './calls.ts';
import type { Call, Place } from './calls.ts';

/** Past the time for which an attempt may still be under way. */
const LATER: Call = ['passTime', 1];

const COMPLETED: readonly Act[] = [...SHIPPED, 'recordReceipt'];
const REFUNDING: readonly Act[] = [...COMPLETED, 'requestRefund', 'openRefund'];

/** Choices under keys of their own: for all the money, and for less than half of it. */
const ALL = [0, 7] as const;
const PART = [15, 1, 8] as const;

const askFor = (choice: number): Call => ['requestRefund', choice];
const paid = (choice: number): Call => ['refundSucceeded', choice];
const unpaid = (choice: number): Call => ['refundFailed', choice];

export const AFTER_CAPTURE: readonly Place[] = [
  {
    after: PAID,
    meet: [
      ['recordShipment', 'recordShipmentRefused'],
      ['recordShipment', park(STEP.shipment)],
      ['recordShipment', 'recordReceipt'],
      ['recordShipmentRefused', 'recordShipmentCancel'],
      ['recordShipmentRefused', 'restock', 'closeOrder'],
    ],
  },
  {
    after: [...PAID, park(STEP.shipment), LATER],
    meet: [
      ['recordShipment', markDone(STEP.shipment)],
      ['beginShipment', markDone(STEP.shipment)],
      ['recordShipmentRefused', markDone(STEP.shipment)],
      ['recordShipment', refuse(STEP.shipment)],
      [markDone(STEP.shipment), refuse(STEP.shipment)],
    ],
  },
  {
    after: MADE_GOOD,
    meet: [
      ['beginRefund', 'beginRefund'],
      ['beginRefund', 'recordRefund'],
      ['beginRefund', park(STEP.refund)],
      ['restock', park(STEP.restock)],
      ['restock', ['reserve', 0, 1]],
      ['recordShipmentCancel', park(STEP.cancelShipment)],
    ],
  },
  {
    after: [...MADE_GOOD, 'beginRefund'],
    meet: [
      ['recordRefund', 'recordRefund'],
      ['recordRefund', 'restock', 'closeOrder'],
      ['recordRefund', park(STEP.refund)],
    ],
  },
  {
    after: [...MADE_GOOD, 'beginRefund', park(STEP.refund), LATER],
    meet: [
      ['recordRefund', markDone(STEP.refund)],
      ['recordRefund', skip(STEP.refund)],
      ['beginRefund', markDone(STEP.refund)],
      ['beginRefund', skip(STEP.refund)],
    ],
  },
  {
    after: SHIPPED,
    meet: [
      ['recordReceipt', 'requestRefund'],
      ['recordReceipt', park(STEP.receipt)],
      ['recordReceipt', 'recordReceipt'],
    ],
  },
  {
    after: [...SHIPPED, park(STEP.receipt)],
    meet: [
      ['recordReceipt', markDone(STEP.receipt)],
      [markDone(STEP.receipt), skip(STEP.receipt)],
      [skip(STEP.receipt), 'requestRefund'],
    ],
  },
  {
    after: COMPLETED,
    meet: [
      [askFor(ALL[0]), askFor(ALL[1])],
      [askFor(PART[0]), askFor(PART[1]), askFor(PART[2])],
      [askFor(ALL[0]), askFor(PART[1])],
      ['requestRefund', 'requestRefund'],
      ['requestRefund', 'openRefund'],
      ['requestRefund', 'cancel'],
    ],
  },
  {
    after: REFUNDING,
    meet: [
      ['refundSucceeded', 'refundFailed'],
      ['refundFailed', askFor(ALL[1])],
      ['refundSucceeded', 'parkRefund'],
      ['refundFailed', 'parkRefund'],
      ['refundFailed', 'openRefund'],
      ['refundSucceeded', 'refundSucceeded'],
      ['refundSucceeded', 'flagRefund'],
    ],
  },
  {
    after: [
      ...COMPLETED,
      ...([PART[0], PART[1]] as const).flatMap((choice): Call[] => [
        ['requestRefund', choice],
        ['openRefund', choice],
      ]),
    ],
    meet: [
      [paid(PART[0]), paid(PART[1])],
      [unpaid(PART[0]), paid(PART[1]), askFor(PART[2])],
    ],
  },
];
