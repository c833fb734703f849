/** What operators need of the books: the queue, one order whole, and their word written down. */
import type { MoneyJson } from '../domain/money.ts';
import type { OrderId, OrderStatus } from '../domain/order.ts';
import type { RefundId } from '../domain/refund.ts';
import type { Action } from '../saga/parking.ts';

export type SagaId = OrderId | RefundId;

export interface OperatorsDesk {
  /** Oldest first: what is parked, and what the watcher has found blocked. */
  queue(limit: number): Promise<readonly QueueEntry[]>;
  /** The order, or a refund's order, with its steps and what operators have done about it. */
  show(id: SagaId): Promise<ShownOrder | undefined>;
  /** Decides a parked step, in one transaction with the audit row. */
  resolve(decision: Decision): Promise<Decided>;
}

export interface Decision {
  readonly sagaId: SagaId;
  readonly step: string;
  readonly action: Action;
  /** What `mark-done` of a shipment needs: the parcel's number. */
  readonly trackingNumber?: string | undefined;
  readonly operator: string;
  readonly why: string;
}

export type Decided =
  | {
      readonly state: 'resolved';
      readonly actionId: number;
      readonly orderId: OrderId;
    }
  | { readonly state: 'unknown' | 'not-parked' }
  | { readonly state: 'not-a-choice'; readonly choices: readonly Action[] }
  | { readonly state: 'incomplete'; readonly missing: string }
  /** An attempt that has begun may still do what is to be marked as done. */
  | { readonly state: 'under-way'; readonly seconds: number };

export interface ParkedStep {
  readonly sagaId: SagaId;
  readonly orderId: OrderId;
  readonly step: string;
  readonly direction: Direction;
  /** What its last attempt ended with. */
  readonly detail: string;
  readonly parkedAt: string;
  readonly choices: readonly Action[];
}

type Direction = 'do' | 'undo';

interface InTrouble {
  readonly sagaId: SagaId;
  readonly orderId: OrderId;
  readonly status: OrderStatus;
  readonly amount: MoneyJson;
}

export type QueueEntry = InTrouble & (ParkedStep | { readonly blockedSince: string });

export interface ShownOrder {
  readonly id: OrderId;
  readonly status: OrderStatus;
  readonly gate: string;
  readonly reason: string | null;
  readonly amount: MoneyJson;
  readonly needsOperator: boolean;
  /** Set by the watcher; ISO 8601, UTC. */
  readonly blockedSince: string | null;
  readonly parked: readonly ParkedStep[];
  readonly steps: readonly RecordedStep[];
  readonly actions: readonly OperatorAction[];
}

export interface RecordedStep {
  readonly sagaId: SagaId;
  readonly step: string;
  readonly direction: Direction;
  readonly result: { readonly ok?: unknown; readonly refused?: { readonly code: string } };
  readonly at: string;
  readonly operatorActionId: number | null;
}

export interface OperatorAction {
  readonly id: number;
  readonly sagaId: SagaId;
  readonly step: string;
  readonly direction: Direction;
  readonly action: Action;
  readonly operator: string;
  readonly why: string;
  readonly at: string;
}
