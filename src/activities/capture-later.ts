/**
 * Capture at shipment: the order waits with its money held until a shipment is asked for, each parcel
 * is handed over before its share is captured, and a hold that is about to end is made once more.
 */
import type { OrderRef } from '../domain/order.ts';
import { Pending, Refusal } from '../domain/wrong.ts';
import { keyed, requireMoney } from './gateway-calls.ts';
import type { Begun, Deps, Intent, Recorded } from './ports.ts';
import { renew } from './renewal.ts';
import { USUAL_WINDOW } from './shipment-ports.ts';
import type { CaptureWindow, HoldWork, PartCaptureWork, PartWork } from './shipment-ports.ts';
import { callBudget, settle } from './step.ts';

export function captureLater(deps: Deps) {
  const { book, carrier, gateway } = deps;

  return {
    /** Pending until a shipment of that number is asked for, or the hold is about to end. */
    async awaitShipment(order: OrderRef, number: number): Promise<void> {
      for (;;) {
        const begun = await book.nextShipment(order.id, number, windowOf(deps).marginMs);
        if (begun.state !== 'open') return void settle(begun);
        const { isKnown, waitMs } = begun.work;
        if (isKnown && waitMs > 0) {
          throw new Pending('The order waits for its shipment.', Math.min(waitMs, LONGEST_WAIT_MS));
        }
        if (isKept(begun.work)) break;
        await keepHold(deps, order, begun.work);
      }
      throw new Error('the authorization is about to end, or gone: ship what is left, or end it');
    },

    async requestPart(order: OrderRef, number: number): Promise<void> {
      const { id, requestId } = order;
      const begun = await heldPart(deps, order, number);
      if (begun.state !== 'open') return void settle(begun);
      const { address, lines, isOver, isOnlyWhole } = begun.work;
      if (isOver) return void settle(await tooLate(deps, order, number));
      // Nothing is handed over yet, so a cancel costs nobody anything.
      if (isOnlyWhole)
        throw new Error('this payment is captured once, as a whole: cancel the order');
      const reference = referenceOf(order, number);
      try {
        const { trackingNumber } = await carrier.requestShipment(
          { reference, requestId, address, lines },
          callBudget(deps),
        );
        settle(await book.recordPart(id, number, trackingNumber));
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'address-refused') throw error;
        // The carrier's own words may quote the address.
        const why = 'The carrier does not deliver there.';
        settle(await book.recordPartRefused(id, number, 'address-refused', why));
      }
    },

    async undoPart(order: OrderRef): Promise<void> {
      const begun = await book.beginPartUndo(order.id);
      if (begun.state !== 'open') return void settle(begun);
      await carrier.cancelShipment(referenceOf(order, 1), callBudget(deps));
      settle(await book.recordPartUndo(order.id));
    },

    /** Whether nothing is left to be shipped after it. */
    async capturePart(order: OrderRef, number: number): Promise<{ isWhole: boolean }> {
      const begun = await book.beginPartCapture(order.id, number);
      const recorded =
        begun.state === 'open' ? await capture(deps, order, number, begun.work) : begun;
      return { isWhole: settle(recorded).isWhole === true };
    },

    async recallPart(order: OrderRef, number: number): Promise<void> {
      const begun = await book.beginPartRecall(order.id, number);
      if (begun.state !== 'open') return void settle(begun);
      await carrier.cancelShipment(referenceOf(order, number), callBudget(deps));
      settle(await book.recordPartRecall(order.id, number));
    },

    /** Of an order that ends with what was shipped of it. */
    async releaseRest({ id }: OrderRef): Promise<void> {
      const begun = await book.beginRelease(id);
      if (begun.state !== 'open') return void settle(begun);
      const { intentId, n } = begun.work;
      const before = await gateway.retrieveIntent(intentId, callBudget(deps));
      const after =
        before.capturableMinor === 0n
          ? before
          : await gateway.cancelIntent(intentId, keyed(deps, id, 'cancel', n));
      if (after.capturableMinor > 0n)
        throw new Pending(`The intent ${intentId} still holds money.`);
      settle(await book.recordRelease(id));
    },
  };
}

// Whoever asks for a shipment says so to the run; should that never arrive, it looks four times a day.
const LONGEST_WAIT_MS = 6 * 3_600_000;

function windowOf({ window = USUAL_WINDOW }: Deps): CaptureWindow {
  return window;
}

function referenceOf({ id }: OrderRef, number: number): string {
  return `${id}-${number}`;
}

/** Asks when the hold ends, where nobody has yet; and makes it once more when that is near. */
async function keepHold(deps: Deps, order: OrderRef, hold: HoldWork): Promise<void> {
  const { book, gateway } = deps;
  const { intentId, isKnown } = hold;
  if (isKnown) {
    await renew(deps, order);
    return;
  }
  const { before = new Date(Date.now() + windowOf(deps).windowMs), inParts } =
    await gateway.holdTerms(intentId, callBudget(deps));
  await book.noteTerms(order.id, intentId, { before, inParts });
}

function isKept({ isKnown, isRenewable, waitMs }: HoldWork): boolean {
  return isKnown && (waitMs > 0 || !isRenewable);
}

/** A shipment on a hold that is as good as it gets. */
async function heldPart(deps: Deps, order: OrderRef, number: number): Promise<Begun<PartWork>> {
  for (;;) {
    const begun = await deps.book.beginPart(order.id, number, windowOf(deps).marginMs);
    if (begun.state !== 'open' || isKept(begun.work)) return begun;
    await keepHold(deps, order, begun.work);
  }
}

/**
 * The first one stays the order's, so that somebody ends it; a later one may be asked for again. An
 * attempt before this one may have handed it over, so the carrier is told in any case.
 */
async function tooLate(deps: Deps, order: OrderRef, number: number): Promise<Recorded> {
  const { book, carrier } = deps;
  const { id } = order;
  if (number === 1) throw new Error('the authorization has ended twice: cancel the order');
  await carrier.cancelShipment(referenceOf(order, number), callBudget(deps));
  const why = 'The authorization has ended.';
  return await book.recordPartRefused(id, number, 'payment-declined', why);
}

/**
 * What a capture in parts has come to is told by what is captured of the intent, before it is asked
 * for again and afterwards: the answer of one that was lost tells nothing.
 */
async function capture(
  deps: Deps,
  { id }: OrderRef,
  number: number,
  { intentId, amount, before, isLast, repeated }: PartCaptureWork,
): Promise<Recorded> {
  const { book, gateway } = deps;
  const wanted = BigInt(before) + amount.amountMinor;
  let intent = repeated ? await lookUp(deps, intentId, wanted) : undefined;
  if (intent === undefined || (intent.capturedMinor < wanted && intent.capturableMinor > 0n)) {
    const call = keyed(deps, id, 'capture', number);
    const part = { amountMinor: amount.amountMinor, upToMinor: wanted, isLast };
    intent = await gateway.captureIntent(intentId, call, part);
  }
  // Only a hold that is gone proves that it never will be captured; "not yet" proves nothing.
  const isGone = GONE.includes(intent.status) && intent.capturedMinor === BigInt(before);
  if (isGone) {
    return await book.recordPartCaptureRefused(id, number);
  }
  requireMoney(
    { ...amount, amountMinor: wanted },
    { ...intent.amount, amountMinor: intent.capturedMinor },
    'captured',
  );
  return await book.recordPartCapture(id, number, intent);
}

const GONE: readonly Intent['status'][] = ['canceled', 'succeeded'];

async function lookUp(deps: Deps, intentId: string, wanted: bigint): Promise<Intent> {
  const intent = await deps.gateway.retrieveIntent(intentId, callBudget(deps));
  deps.lookedUp?.('capture', intent.capturedMinor === wanted ? 'done' : 'not done');
  return intent;
}
