/** Money by the gateway's book alone, or beside nothing but the orders' totals. */
import { grouped, LET_GO, moved, type Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** M1. Of one that is captured at shipment see S2. */
export function* capturedOnceOrNever({ money, orders }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    if (orders.get(orderId)?.shares !== undefined) continue;
    const captures = lines.filter(({ effect }) => effect === 'captured');
    if (captures.length > 1) yield { orderId, detail: `captured ${captures.length} times` };
    const captured = moved(captures, 'captured');
    const total = orders.get(orderId)?.total ?? captured;
    if (captured !== 0 && captured !== total) {
      yield { orderId, detail: `captured ${captured} of ${total}` };
    }
  }
}

/** M2 */
export function* noHoldIsLeft({ money, orders }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    const order = orders.get(orderId);
    if (order?.isJudged === false || order?.byHand.has('authorize payment') === true) continue;
    for (const [intent, ofIntent] of grouped(lines, (line) => line.intent ?? '')) {
      const left = moved(ofIntent, 'authorized') - moved(ofIntent, 'captured', ...LET_GO);
      if (left !== 0) yield { orderId, detail: `${intent} holds ${left} when all is over` };
    }
  }
}

/** M3 */
export function* neverRefundedMoreThanCaptured({ money }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    let left = 0;
    for (const { effect, amount = 0, seq } of lines) {
      if (effect === 'captured') left += amount;
      if (effect === 'refunded') left -= amount;
      if (left >= 0) continue;
      yield { orderId, detail: `at line ${seq} ${-left} more was refunded than captured` };
      break;
    }
  }
}

/** M6 */
export function* nothingForUnknownOrders({ money, known }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    if (known.has(orderId)) continue;
    yield { orderId, detail: `${lines.length} effects at the gateway, of an order nobody placed` };
  }
}

/** M7 */
export function* oneLiveHold({ money }: Facts): Iterable<Finding> {
  for (const [orderId, lines] of money) {
    const live = new Set<string>();
    for (const { effect = '', intent, seq } of lines) {
      const id = intent ?? '';
      if (['captured', ...LET_GO].includes(effect)) live.delete(id);
      if (effect !== 'authorized') continue;
      if (live.size > 0) yield { orderId, detail: `a second live authorization, at line ${seq}` };
      live.add(id);
    }
  }
}
