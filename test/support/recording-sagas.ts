/** Temporal as a party outside the API: it remembers what it was asked, and can be down. */
import type { SagaRun, SagaClient } from '../../src/client/ports.ts';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import type { RefundFacts, RefundId } from '../../src/domain/refund.ts';
import { Unavailable } from '../../src/domain/wrong.ts';

export interface RecordingSagas extends SagaClient {
  readonly started: OrderFacts[];
  readonly refunds: RefundFacts[];
  readonly cancelled: OrderId[];
  /** Of whose payments there was news. */
  readonly heard: OrderId[];
  /** How often the reconciler was to run. */
  reconciled: number;
  readonly described: (OrderId | RefundId)[];
  /** What every run is described as. */
  run: SagaRun;
  /** As if Temporal were down. */
  down: boolean;
}

export function recordingSagas(): RecordingSagas {
  const sagas: RecordingSagas = {
    started: [],
    refunds: [],
    cancelled: [],
    heard: [],
    reconciled: 0,
    described: [],
    run: { state: 'running', cancelRequested: false },
    down: false,
    startCheckout: (order) => answer(() => sagas.started.push(order)),
    startRefund: (refund) => answer(() => sagas.refunds.push(refund)),
    cancelCheckout: (id) => answer(() => sagas.cancelled.push(id)),
    hearPayment: (id) => answer(() => sagas.heard.push(id)),
    reconcileNow: () => answer(() => (sagas.reconciled += 1)),
    async describe(id) {
      await answer(() => sagas.described.push(id));
      return sagas.run;
    },
    wakeStep: () => answer(() => undefined),
    ready: () => Promise.resolve(!sagas.down),
    close: () => Promise.resolve(),
  };
  const answer = (effect: () => void): Promise<void> => {
    if (sagas.down) return Promise.reject(new Unavailable('Temporal is down'));
    effect();
    return Promise.resolve();
  };
  return sagas;
}
