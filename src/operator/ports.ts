/** What operators need of the books: the queue, one order whole, and their word written down. */
import type { DifferenceKind } from '../domain/difference.ts';
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
  /** In ID order, those after `after` that still know this e-mail address. */
  ordersOf(email: string, after: string, limit: number): Promise<readonly CustomersOrder[]>;
  /** Takes the customer out of an order that is finished, in one transaction with the audit row. */
  erase(id: OrderId, by: Signature): Promise<Erased>;
}

/** Where our book and the gateway's differ, and the halt of all captures. */
export interface DifferencesDesk {
  /** Newest first, those older than `before`. */
  differences(
    page: DifferencesPage,
  ): Promise<readonly (Difference & { readonly micros: string })[]>;
  findDifference(id: string): Promise<Difference | undefined>;
  /** Somebody accounts for it: it calls nobody any more. */
  explain(id: string, by: Signature): Promise<Explained>;
  captures(): Promise<Captures>;
  /** Who halts what is halted already changes nothing. The same for going on. */
  haltCaptures(by: Signature): Promise<Captures>;
  resumeCaptures(by: Signature): Promise<Captures>;
}

interface DifferencesPage {
  readonly state?: DifferenceState | undefined;
  readonly limit: number;
  readonly before?: { readonly micros: string; readonly id: string };
}

export const DIFFERENCE_STATES = ['open', 'settling', 'settled', 'explained'] as const;
type DifferenceState = (typeof DIFFERENCE_STATES)[number];

export interface Difference {
  readonly id: string;
  readonly kind: DifferenceKind;
  readonly state: DifferenceState;
  /** Null where no order of ours is concerned. */
  readonly orderId: OrderId | null;
  /** The gateway's ID of the payment; null where it is about our book alone. */
  readonly paymentId: string | null;
  /** Null: it is not in that book. */
  readonly ours: BookSide | null;
  readonly gateway: BookSide | null;
  readonly detail: string;
  /** What the book settles it by; null where that is for people. */
  readonly remedy: 'void' | 'refund' | 'book' | null;
  /** What the last attempt to settle it ended with, while there is no success. */
  readonly trouble: string | null;
  readonly foundAt: string;
  readonly settledAt: string | null;
  readonly explained: {
    readonly by: string;
    readonly why: string;
    readonly at: string;
  } | null;
}

/** What a book says that the gateway holds for a payment, and has taken and not given back. */
export interface BookSide {
  readonly status: string;
  readonly currency: string;
  readonly held: string;
  readonly kept: string;
}

export type Explained =
  | { readonly state: 'unknown' }
  | { readonly state: 'closed' }
  | { readonly state: 'explained'; readonly difference: Difference };

export type Captures =
  | { readonly halted: false }
  | {
      readonly halted: true;
      readonly since: string;
      readonly by: string;
      readonly why: string;
    };

/** Who does it, and why: asked for afterwards. */
export interface Signature {
  readonly operator: string;
  readonly why: string;
}

export interface CustomersOrder {
  readonly id: OrderId;
  /** The tenant's name. */
  readonly tenant: string;
}

export type Erased =
  | { readonly state: 'erased'; readonly actionId: number }
  | { readonly state: 'unknown' | 'erased-before' }
  /** The customer is still needed; `detail` says what for. */
  | { readonly state: 'unfinished'; readonly detail: string };

export interface Decision extends Signature {
  readonly sagaId: SagaId;
  readonly step: string;
  readonly action: Action;
  /** What `mark-done` of a shipment needs: the parcel's number. */
  readonly trackingNumber?: string | undefined;
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
  /** Null for what is about the whole order, as an erasure is. */
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly action: Action | 'erase' | 'cancel' | 'refund' | 'explain';
  readonly operator: string;
  /** `erased` once the order is: it may have named the customer. */
  readonly why: string;
  readonly at: string;
}

export interface Standings {
  /** What the book does not know is not in the answer. */
  standingOf(ids: readonly SagaId[]): Promise<ReadonlyMap<SagaId, Standing>>;
  /** Those of them that could still be given up cannot any more; answers which. */
  commit(ids: readonly string[]): Promise<readonly OrderId[]>;
}

/** What the gateway has captured, by the names of the orders that the payments were made for. */
export interface Captured {
  since(moment: Date): Promise<readonly string[]>;
}

export type Standing = 'unfinished' | 'ended';
