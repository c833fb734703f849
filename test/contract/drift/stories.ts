/** Stories of what is done to two orders: each order comes some way first, then anything happens. */
import fc from 'fast-check';
import { EVERY_ACT } from './acts.ts';
import type { Act, Command } from './acts.ts';

export const PLACED: readonly Act[] = ['place'];
export const REDEEMED: readonly Act[] = [...PLACED, 'redeem'];
export const RESERVED: readonly Act[] = [...REDEEMED, 'reserve'];
export const HELD: readonly Act[] = [
  ...RESERVED,
  'beginAuthorization',
  'commitIntent',
  'recordAuthorization',
];
export const PAID: readonly Act[] = [...HELD, 'beginCapture', 'recordCapture'];
export const SHIPPED: readonly Act[] = [...PAID, 'beginShipment', 'recordShipment'];
export const MADE_GOOD: readonly Act[] = [...PAID, 'recordShipmentRefused', 'recordShipmentCancel'];

/** It is captured at shipment: one goes out, and then the rest, or nothing more. */
const LATER: readonly Act[] = [...PLACED, 'captureLater', ...HELD.slice(1), 'noteTerms'];
const PARCEL: readonly Act[] = ['askToShip', 'nextShipment', 'beginPart', 'recordPart'];
const ONE: readonly Act[] = [...LATER, ...PARCEL, 'beginPartCapture', 'recordPartCapture'];
const RENEWING: readonly Act[] = [...LATER, 'beginRenewal', 'recordOldHold', 'commitRenewal'];

/** How far an order can have come by itself. */
const WAYS: readonly (readonly Act[])[] = [
  PLACED,
  REDEEMED,
  RESERVED,
  [...RESERVED, 'beginAuthorization'],
  [...RESERVED, 'beginAuthorization', 'commitIntent'],
  HELD,
  [...HELD, 'beginCapture'],
  [...HELD, 'beginCapture', 'recordCaptureRefused'],
  [...HELD, 'beginUnwind'],
  [...HELD, 'cancel', 'beginVoid'],
  [...HELD, 'cancel', 'beginVoid', 'recordVoid', 'release', 'giveBack'],
  PAID,
  MADE_GOOD,
  [...MADE_GOOD, 'beginRefund', 'recordRefund', 'restock', 'returnVoucher', 'closeOrder'],
  SHIPPED,
  [...SHIPPED, 'recordReceipt'],
  [...SHIPPED, 'recordReceipt', 'requestRefund', 'openRefund'],
  LATER,
  [...LATER, ...PARCEL],
  [...LATER, ...PARCEL, 'beginPartCapture'],
  [...LATER, ...PARCEL, 'beginPartCapture', 'recordPartCaptureRefused', 'beginPartUndo'],
  [...RENEWING, 'recordRenewal', 'noteTerms'],
  [...RENEWING, 'recordRenewalDeclined', 'beginUnwind'],
  ONE,
  [...ONE, 'beginRelease', 'recordRelease', 'recordReceipt', 'requestRefund'],
];

export interface Story {
  readonly available: number;
  readonly uses: number;
  readonly commands: readonly Command[];
}

// Parking and operators' words are rare in life, and where most rules meet: drawn more often.
const DRAWN = [
  ...EVERY_ACT,
  'park',
  'park',
  'resolveParked',
  'resolveParked',
  'resolveParked',
  'closeOrder',
  'requestRefund',
  'refundSucceeded',
] as const;

const command = fc.record({
  act: fc.constantFrom<Act>(...DRAWN),
  which: fc.constantFrom(0 as const, 1 as const),
  choice: fc.nat(89),
});

const everyWay = (which: 0 | 1) =>
  fc.constantFrom(...WAYS).map((acts) => acts.map((act): Command => ({ act, which, choice: 0 })));

export const stories = (maxLength: number): fc.Arbitrary<Story> =>
  fc.record({
    available: fc.constantFrom(2, 9),
    uses: fc.constantFrom(1, 2),
    commands: fc
      .tuple(everyWay(0), everyWay(1), fc.array(command, { maxLength, size: 'max' }))
      .map((parts) => parts.flat()),
  });
