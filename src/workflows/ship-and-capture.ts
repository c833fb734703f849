/**
 * An order that is captured at shipment: it waits until the merchant ships, whole or in parts, hands
 * each parcel over and captures its share. The first capture is the pivot: a first parcel can still be
 * called back, and whatever fails before costs nobody a refund.
 */
import type { Activities } from '../activities/index.ts';
import type { OrderFacts } from '../domain/order.ts';
import type { Committed, Saga } from '../saga/index.ts';
import type { CheckoutResult } from './contract.ts';

type Act = Pick<
  Activities,
  | 'awaitShipment'
  | 'requestPart'
  | 'undoPart'
  | 'capturePart'
  | 'recallPart'
  | 'releaseRest'
  | 'sendReceipt'
>;

export async function shipAndCapture(
  saga: Saga,
  act: Act,
  order: OrderFacts,
): Promise<CheckoutResult> {
  await saga.step('await shipment 1', {
    patient: true,
    run: () => act.awaitShipment(order, 1),
    compensate: () => Promise.resolve(),
  });
  await saga.step('request shipment 1', {
    patient: true,
    run: () => act.requestPart(order, 1),
    compensate: () => act.undoPart(order),
  });
  const committed = await saga.pivot('capture payment 1', () => act.capturePart(order, 1));

  let { isWhole } = committed.result;
  for (let number = 2; !isWhole; number += 1) {
    const asked = await committed.step(
      `await shipment ${number}`,
      () => act.awaitShipment(order, number),
      { refusals: ['rest-not-shipped'] },
    );
    if (asked !== undefined) {
      await committed.step('release the rest', () => act.releaseRest(order));
      break;
    }
    isWhole = await shipAnother(committed, act, order, number);
  }
  await committed.step('send receipt', () => act.sendReceipt(order));
  return { status: 'completed' };
}

/** Whether it was the last one. One that is refused may be asked for again, as another. */
async function shipAnother(
  committed: Committed,
  act: Act,
  order: OrderFacts,
  number: number,
): Promise<boolean> {
  const handedOver = await committed.step(
    `request shipment ${number}`,
    () => act.requestPart(order, number),
    { refusals: ['address-refused', 'payment-declined'] },
  );
  if (handedOver !== undefined) return false;
  const captured = await committed.step(
    `capture payment ${number}`,
    () => act.capturePart(order, number),
    { refusals: ['payment-declined'] },
  );
  if (!('refused' in captured)) return captured.isWhole;
  await committed.step(`cancel shipment ${number}`, () => act.recallPart(order, number));
  return false;
}
