/**
 * Calls to Temporal that no answer waits for: the order is durable already, and its gate has
 * decided already. What fails, or would pile up while Temporal is slow, is left to the starter and
 * to the run's own look at the gate.
 */
import type { Logger } from 'pino';
import type { SagaClient } from '../client/ports.ts';
import type { OrderFacts, OrderId } from '../domain/order.ts';
import type { RefundFacts } from '../domain/refund.ts';

export interface SagaCalls {
  start(order: OrderFacts): void;
  startRefund(refund: RefundFacts): void;
  cancel(id: OrderId): void;
  hear(id: OrderId): void;
  /** Resolves when none is under way any more; for the drain. */
  settled(): Promise<void>;
}

// What two API processes can have answered within half the client's deadline by a small Temporal (120
// starts a second, docs/benchmarks.md). More would run out of time in its queue, and be asked again.
const MOST_AT_ONCE = 64;

export function createSagaCalls(sagas: SagaClient, log: Logger): SagaCalls {
  const underWay = new Set<Promise<void>>();
  const call = (orderId: OrderId, otherwise: string, ask: () => Promise<void>): void => {
    if (underWay.size >= MOST_AT_ONCE) {
      log.warn({ orderId, detail: 'too many calls to Temporal are under way' }, otherwise);
      return;
    }
    const asked = ask()
      .catch((error: unknown) => log.warn({ orderId, err: error }, otherwise))
      .finally(() => underWay.delete(asked));
    underWay.add(asked);
  };
  return {
    start: (order) => call(order.id, 'left to the starter', () => sagas.startCheckout(order)),
    startRefund: (refund) =>
      call(refund.orderId, 'left to the starter', () => sagas.startRefund(refund)),
    cancel: (id) => call(id, 'the run learns of it from the gate', () => sagas.cancelCheckout(id)),
    hear: (id) => call(id, 'the run looks by itself', () => sagas.hearPayment(id)),
    async settled() {
      await Promise.all(underWay);
    },
  };
}
