/** Who meets at an order before its money is taken: its run, zombies, the client and operators. */
import type { Act } from '../drift/acts.ts';
import { HELD, PLACED, REDEEMED, RESERVED } from '../drift/stories.ts';
import { markDone, park, parkUndo, refuse, retry, skip, STEP } from './calls.ts';
import type { Place } from './calls.ts';

const CREATED: readonly Act[] = [...RESERVED, 'beginAuthorization'];
const COMMITTED: readonly Act[] = [...CREATED, 'commitIntent'];
const CAPTURING: readonly Act[] = [...HELD, 'beginCapture'];

export const BEFORE_CAPTURE: readonly Place[] = [
  {
    after: [],
    meet: [
      ['place', 'place'],
      [
        ['place', 2],
        ['place', 5],
      ],
    ],
  },
  {
    after: PLACED,
    meet: [
      // Both want the last use, and the last ones.
      ['redeem', ['redeem', 0, 1]],
      ['redeem', 'redeem'],
      ['redeem', 'cancel', 'giveBack'],
      ['redeem', park(STEP.redeem)],
      ['reserve', ['reserve', 0, 1]],
      ['reserve', 'reserve'],
      ['reserve', 'cancel'],
      ['reserve', 'beginUnwind'],
      ['reserve', 'beginUnwind', 'release'],
      ['reserve', park(STEP.reserve)],
      ['cancel', ['beginUnwind', 1]],
      ['cancel', ['cancel', 1]],
      ['cancel', 'cancel'],
      [
        ['beginUnwind', 1],
        ['beginUnwind', 2],
        ['beginUnwind', 3],
      ],
      ['beginUnwind', park(STEP.unwind)],
      ['stampStarted', 'reserve'],
    ],
  },
  {
    after: [...REDEEMED, 'cancel'],
    meet: [
      ['giveBack', ['redeem', 0, 1]],
      ['giveBack', 'closeOrder'],
      ['giveBack', 'redeem'],
      ['giveBack', parkUndo(STEP.redeem)],
    ],
  },
  {
    after: [...PLACED, 'cancel'],
    meet: [
      ['reserve', 'release'],
      ['release', 'closeOrder'],
      ['release', parkUndo(STEP.reserve)],
    ],
  },
  {
    after: [...PLACED, park(STEP.reserve)],
    meet: [
      ['reserve', refuse(STEP.reserve)],
      [refuse(STEP.reserve), 'cancel', 'release'],
    ],
  },
  {
    after: RESERVED,
    meet: [
      ['beginAuthorization', 'cancel'],
      ['beginAuthorization', 'beginAuthorization'],
      ['beginAuthorization', ['beginUnwind', 1], 'beginVoid'],
      ['beginUnwind', 'release'],
      // What the first lets go is what the second wants.
      [['reserve', 0, 1], 'cancel', 'release'],
    ],
  },
  { after: [...RESERVED, 'cancel'], meet: [['release', ['reserve', 0, 1]]] },
  {
    after: CREATED,
    meet: [
      ['commitIntent', 'cancel'],
      ['commitIntent', ['commitIntent', 7]],
      ['commitIntent', 'beginUnwind', 'beginVoid'],
      ['commitIntent', 'recordDecline'],
      ['recordDecline', 'cancel'],
      ['recordDecline', 'recordDecline'],
    ],
  },
  { after: [...CREATED, 'cancel'], meet: [['commitIntent', 'beginVoid']] },
  {
    after: COMMITTED,
    meet: [
      ['recordAuthorization', 'cancel'],
      ['recordAuthorization', 'recordDecline'],
      ['recordAuthorization', 'beginUnwind', 'beginVoid'],
      ['recordAuthorization', park(STEP.authorize)],
      ['recordAuthorization', 'beginCapture'],
      ['recordAuthorization', 'recordAuthorization'],
    ],
  },
  {
    after: [...COMMITTED, 'cancel'],
    meet: [
      ['recordAuthorization', 'recordVoid'],
      ['recordAuthorization', 'beginVoid', 'recordHeld'],
      ['recordHeld', 'recordVoid'],
    ],
  },
  {
    after: [...COMMITTED, park(STEP.authorize)],
    meet: [
      ['recordAuthorization', refuse(STEP.authorize)],
      ['recordAuthorization', retry(STEP.authorize)],
    ],
  },
  {
    after: HELD,
    meet: [
      ['beginCapture', 'cancel'],
      ['beginCapture', ['beginUnwind', 1]],
      ['beginCapture', 'beginCapture'],
      ['beginCapture', 'cancel', 'beginVoid'],
      ['beginCapture', 'recordCapture'],
      ['beginCapture', 'recordCaptureRefused', 'cancel'],
    ],
  },
  {
    after: CAPTURING,
    meet: [
      ['recordCapture', 'recordCaptureRefused'],
      ['recordCapture', 'cancel'],
      ['recordCaptureRefused', 'beginUnwind'],
      ['recordCaptureRefused', 'release'],
      ['recordCaptureRefused', 'cancel', 'beginVoid'],
      ['recordCapture', park(STEP.capture)],
      ['recordCapture', 'recordShipment'],
      ['recordCapture', 'recordCapture'],
    ],
  },
  {
    after: [...HELD, 'cancel'],
    meet: [
      ['beginVoid', 'beginVoid'],
      ['beginVoid', 'beginCapture'],
      ['recordVoid', 'recordVoid'],
      ['recordVoid', parkUndo(STEP.authorize)],
      ['recordVoid', 'release', 'closeOrder'],
    ],
  },
  {
    after: [...HELD, 'cancel', parkUndo(STEP.authorize)],
    meet: [
      ['recordVoid', markDone(STEP.authorize)],
      ['beginVoid', skip(STEP.authorize)],
      [markDone(STEP.authorize), skip(STEP.authorize)],
    ],
  },
  {
    after: [...HELD, 'cancel', 'recordVoid', parkUndo(STEP.reserve)],
    meet: [
      ['release', skip(STEP.reserve)],
      ['release', 'closeOrder'],
      [skip(STEP.reserve), 'closeOrder'],
    ],
  },
  // A call for a step that comes late, when its undo waits already.
  {
    after: [...PLACED, 'cancel', parkUndo(STEP.reserve)],
    meet: [
      [park(STEP.reserve), skip(STEP.reserve)],
      [park(STEP.reserve), 'release'],
    ],
  },
  {
    after: [...COMMITTED, 'cancel', parkUndo(STEP.authorize)],
    meet: [
      [park(STEP.authorize), skip(STEP.authorize)],
      [park(STEP.authorize), markDone(STEP.authorize), 'beginVoid'],
    ],
  },
];
