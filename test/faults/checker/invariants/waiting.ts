/** Payments that their customers had to confirm: until when, by what they were told. */
import type { Ending, Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** W1 */
export function* nothingLateIsKept({ orders }: Facts): Iterable<Finding> {
  for (const { id: orderId, hasCompleted, money, final } of orders.values()) {
    const until = final.events.flatMap(({ data }) => data.payment.action?.expiresAt ?? []).at(-1);
    const held = money.find(({ effect }) => effect === 'authorized');
    if (!hasCompleted || until === undefined || held === undefined) continue;
    // The gateway tells the second in which it was.
    if (toSecond(held.at) <= until) continue;
    yield { orderId, detail: `completed, and confirmed at ${held.at}: time was until ${until}` };
  }
}

function toSecond(at: string): string {
  return new Date(Math.floor(Date.parse(at) / 1_000) * 1_000).toISOString();
}

/** W2 */
export function* expiredWereAsked({ orders }: Facts): Iterable<Finding> {
  for (const order of orders.values()) {
    const { id: orderId, final } = order;
    if (final.order.reason !== 'payment-action-expired' || wasAsked(order)) continue;
    yield { orderId, detail: 'it was too late for what nobody was asked' };
  }
}

function wasAsked({ money }: Ending): boolean {
  return money.some(({ effect = '' }) => ['action-required', 'processing'].includes(effect));
}
