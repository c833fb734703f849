/** What a checkout that captures at once does to the books from the capture on, and how it is made good. */
import type { Scene } from './scene.ts';
import type { Side } from './sides.ts';

type Do = (side: Side, scene: Scene, choice: number) => Promise<unknown>;

export const ON_CAPTURE = {
  beginCapture: atOnce(({ book }, { id }) => book.beginCapture(id)),
  recordCapture: atOnce(({ book }, { id, intent }) => book.recordCapture(id, intent)),
  recordCaptureRefused: atOnce(({ book }, { id }) => book.recordCaptureRefused(id)),
  beginShipment: atOnce(({ book }, { id }) => book.beginShipment(id)),
  recordShipment: atOnce(({ book }, { id }) => book.recordShipment(id, `MG-${id}`)),
  recordShipmentRefused: atOnce(({ book }, { id }) =>
    book.recordShipmentRefused(id, 'Nobody lives there.'),
  ),
  beginShipmentCancel: atOnce(({ book }, { id }) => book.beginShipmentCancel(id)),
  recordShipmentCancel: atOnce(({ book }, { id }) => book.recordShipmentCancel(id)),
  beginRefund: atOnce(({ book }, { id }) => book.beginRefund(id)),
  recordRefund: atOnce(({ book }, { id, intent: { amount } }) =>
    book.recordRefund(id, { id: `re_${id}`, status: 'succeeded', amount }),
  ),
  restock: atOnce(({ book }, { id }) => book.restock(id)),
} satisfies Record<string, Do>;

/** No run does so to an order that is captured at shipment: there are no rules for it. */
function atOnce(act: Do): Do {
  return async (side, scene, choice) =>
    (await side.isLater(scene.id)) ? 'captured at shipment' : act(side, scene, choice);
}

const AT_ONCE = [
  ...['capture payment', 'request shipment', 'cancel shipment'],
  ...['refund payment', 'restock'],
];

/** Whether only orders of the other policy have such a step. */
export function isOfOtherWay(step: string, isLater: boolean): boolean {
  return isLater ? AT_ONCE.includes(step) : /\d$|^release the rest$/.test(step);
}
