/** What the API needs of the sagas: start, cancel, look at one. `src/client` meets it with Temporal. */
import type { OrderFacts, OrderId } from '../domain/order.ts';
import type { RefundFacts, RefundId } from '../domain/refund.ts';
import type { Resolution } from '../workflows/contract.ts';

export interface SagaClient {
  /**
   * Starts the checkout, or finds it started before (also when it has ended): both resolve.
   * Throws `Unavailable` when Temporal does not answer in time; the starter tries again.
   */
  startCheckout(order: OrderFacts): Promise<void>;
  /** The same for a refund that was asked for. */
  startRefund(refund: RefundFacts): Promise<void>;
  /**
   * Tells a running checkout that its order was cancelled. A hint that makes it look sooner: the
   * order's gate has decided already. Throws `Unavailable` when Temporal does not answer in time.
   */
  cancelCheckout(id: OrderId): Promise<void>;
  /**
   * Tells a running checkout that there is news of its payment, or a shipment asked for. A hint that makes it look sooner, and
   * harmless to one that does not wait. Throws `Unavailable` when Temporal does not answer in time.
   */
  hearPayment(id: OrderId): Promise<void>;
  /**
   * Has the reconciler run now, or again once the run under way has ended. Resolves where there is none: who has
   * switched it off compares the books otherwise. Throws `Unavailable` when Temporal does not answer in time.
   */
  reconcileNow(): Promise<void>;
  /**
   * What became of the latest run of an order or a refund. Work that no worker has taken for longer than the
   * patience blocks it. Throws `Unavailable` when Temporal does not answer in time.
   */
  describe(id: OrderId | RefundId, patienceSeconds: number): Promise<SagaRun>;
  /**
   * Tells a parked step that an operator has decided about it. A hint that makes it look sooner: what
   * was decided is in the books. Throws `Unavailable` when it was not told, also when it is not, or
   * not any more, parked.
   */
  wakeStep(id: OrderId | RefundId, resolution: Resolution): Promise<void>;
  /** Whether Temporal answers; for readiness. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

export type SagaRun =
  | {
      readonly state: 'running';
      readonly cancelRequested: boolean;
      /** Why it cannot go on by itself, in an operator's words. */
      readonly blocked?: string;
    }
  | { readonly state: 'completed' }
  | { readonly state: EndedRun };

/** Ended, but not as a saga ends; it can be started again. */
export type EndedRun = 'failed' | 'canceled' | 'terminated' | 'timed out' | 'missing';

/** All runs at once, for an operator after a restore. */
export interface Runs {
  /** The latest run of every order and refund that runs, or has ended since then. */
  since(moment: Date): Promise<readonly Run[]>;
  end(run: Run, reason: string): Promise<void>;
  /** From its first workflow task; one that has done nothing yet is left as it is. */
  beginAgain(run: Run, reason: string): Promise<void>;
}

export interface Run {
  readonly sagaId: OrderId | RefundId;
  readonly runId: string;
  readonly isRunning: boolean;
  /** Completed: a run that ended otherwise is begun again by the watcher. */
  readonly isCompleted: boolean;
}
