/** Orders that are captured at shipment: each parcel that goes out takes its share of what is held. */
import { grouped, type Ending, type Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** S1 */
export function* neverMoreThanHeld({ money }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    for (const [intent, ofIntent] of grouped(lines, (line) => line.intent ?? '')) {
      let left = 0;
      for (const { effect, amount = 0, seq } of ofIntent) {
        if (effect === 'authorized') left += amount;
        if (effect === 'captured') left -= amount;
        if (left >= 0) continue;
        yield { orderId, detail: `line ${seq}: ${-left} more is captured than ${intent} holds` };
        break;
      }
    }
  }
}

/** S2 */
export function* capturedAsShipped({ orders }: Facts): Iterable<Finding> {
  for (const order of orders.values()) {
    if (order.shares === undefined || !order.isJudged) continue;
    for (const detail of differences(order)) yield { orderId: order.id, detail };
  }
}

function* differences(order: Ending): Iterable<string> {
  const { id, money, shares = [], parcels } = order;
  const captures = money.filter(({ effect }) => effect === 'captured');
  for (const [number, { amount }] of shares) {
    const own = captures.filter(({ key }) => key === `${id}:capture:${number}`);
    const shown = own.map((line) => line.amount).join(' and ');
    if (shown !== amount.value) {
      yield `shipment ${number} comes to ${amount.value}, captured: ${shown}`;
    }
    const parcel = parcels.find(
      ({ effect, reference }) => effect === 'shipped' && reference === `${id}-${number}`,
    );
    const isEarly = (at: string) => parcel === undefined || Date.parse(at) < Date.parse(parcel.at);
    if (own.some(({ at }) => isEarly(at))) yield `shipment ${number} is captured before it is sent`;
  }
  const keys = shares.map(([number]) => `${id}:capture:${number}`);
  for (const { key, amount } of captures) {
    if (!keys.includes(key ?? '')) yield `${amount} is captured (${key}) for no shipment`;
  }
}
