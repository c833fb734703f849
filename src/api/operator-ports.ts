/**
 * What the operations API needs of the books: everything of everybody, for operators act for all
 * tenants. A method throws `Unavailable` while PostgreSQL does not answer.
 */
import type { MoneyJson } from '../domain/money.ts';
import type { OrderId, OrderLine, OrderStatus } from '../domain/order.ts';
import type { RefundId, RefundStatus } from '../domain/refund.ts';
import type { DifferenceKind } from '../domain/difference.ts';
import type { Captures, DifferencesDesk, OperatorAction } from '../operator/ports.ts';
import type { OperatorsDesk, ParkedStep, QueueEntry, Signature } from '../operator/ports.ts';
import type { CancelAnswer, Claim, NewRefund, PaymentAction } from './ports.ts';
import type { RefundAnswer, Voucher } from './ports.ts';

export type SagaId = OrderId | RefundId;

export interface OperationsDesk extends Pick<OperatorsDesk, 'resolve'>, DifferencesDesk {
  summary(): Promise<Summary>;
  /** All causes, the longest waiting first, with so many orders of each. */
  causes(first: number): Promise<readonly Cause[]>;
  /** Of one cause, oldest first, those after `after`. */
  troubleOf(
    cause: string,
    page: { readonly limit: number; readonly after?: TroublePlace },
  ): Promise<readonly Trouble[]>;
  /** By any name that an order goes by, newest first, those older than `before`. */
  search(
    text: string,
    page: { readonly limit: number; readonly before?: OrderId },
  ): Promise<readonly FoundOrder[]>;
  /** The order, or a refund's order, whole. */
  story(id: SagaId): Promise<Story | undefined>;
  /** As the order's own tenant would; written down with who and why if it is granted. */
  cancel(claim: OperatorClaim, id: OrderId, by: Signature): Promise<CancelAnswer>;
  refund(
    claim: OperatorClaim,
    id: OrderId,
    refund: NewRefund,
    by: Signature,
  ): Promise<RefundAnswer>;
  /** Undefined where nothing is parked by that cause. */
  retryCause(cause: string, by: Signature): Promise<QueueRetry | undefined>;
  findRetry(id: string): Promise<QueueRetry | undefined>;
  /**
   * Writes the word of one act down for the next so many steps, and says which; undefined where
   * nothing is due. Nobody goes on with that act before the pause is over.
   */
  retryNext(limit: number, pauseMs: number): Promise<readonly RetriedStep[] | undefined>;
}

/** The tenant is the order's. */
type OperatorClaim = Omit<Claim, 'tenantId'>;

export interface Summary {
  /** By status. */
  readonly unfinished: Readonly<Record<string, number>>;
  readonly placedLastDay: Readonly<Record<string, number>>;
  readonly oldestUnfinished: {
    readonly id: OrderId;
    readonly status: OrderStatus;
    readonly createdAt: string;
  } | null;
  readonly parked: number;
  readonly blocked: number;
  /** Held or taken for orders in the queue, and not given back. */
  readonly atRisk: readonly MoneyJson[];
  readonly captures: Captures;
  readonly differences: { readonly open: number; readonly settling: number };
}

export interface Cause {
  readonly cause: string;
  /** Null for all that is blocked. */
  readonly step: string | null;
  readonly direction: 'do' | 'undo' | null;
  /** What the last attempts ended with, without what is another for each order. */
  readonly ending: string | null;
  readonly count: number;
  readonly oldest: string;
  /** What these orders come to. */
  readonly atStake: readonly MoneyJson[];
  readonly first: readonly Trouble[];
}

export type Trouble = QueueEntry & {
  /** The tenant's name. */
  readonly tenant: string;
  /** Of the moment since when; for the place in a list. */
  readonly micros: string;
};

export interface TroublePlace {
  readonly micros: string;
  readonly sagaId: string;
}

export interface FoundOrder {
  readonly id: OrderId;
  readonly tenant: string;
  readonly status: OrderStatus;
  readonly amount: MoneyJson;
  readonly needsOperator: boolean;
  readonly createdAt: string;
  /** Which of its names was given. */
  readonly foundBy: string;
}

export interface Story {
  readonly id: OrderId;
  readonly tenant: string;
  readonly status: OrderStatus;
  readonly gate: string;
  readonly reason: string | null;
  readonly amount: MoneyJson;
  readonly voucher?: Voucher;
  readonly lines: readonly (OrderLine & { readonly unitPrice: MoneyJson })[];
  readonly payment: {
    readonly intentId: string | null;
    readonly authorized: string;
    readonly captured: string;
    readonly refunded: string;
    readonly action?: PaymentAction;
  };
  readonly shipment?: { readonly trackingNumber: string };
  readonly refunds: readonly {
    readonly id: RefundId;
    readonly status: RefundStatus;
    readonly amount: MoneyJson;
    readonly gatewayId: string | null;
  }[];
  readonly requestId: string;
  readonly needsOperator: boolean;
  readonly blockedSince: string | null;
  readonly erasedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly parked: readonly ParkedStep[];
  readonly timeline: readonly TimelineEntry[];
}

type Direction = 'do' | 'undo';

export type TimelineEntry = { readonly at: string } & (
  | {
      readonly kind: 'request';
      readonly request: string;
      readonly requestId?: string;
      readonly sagaId?: SagaId;
    }
  | { readonly kind: 'run'; readonly sagaId: SagaId }
  | {
      readonly kind: 'gateway';
      readonly sagaId: SagaId;
      readonly operation: string;
      readonly n: number;
      readonly phase: 'requested' | 'answered';
      readonly gatewayId?: string;
      readonly outcome?: string;
      readonly amount?: MoneyJson;
    }
  | {
      readonly kind: 'step';
      readonly sagaId: SagaId;
      readonly step: string;
      readonly direction: Direction;
      /** The code of the refusal that it ended with. */
      readonly refused?: string;
      readonly operatorActionId?: number;
    }
  | {
      readonly kind: 'parked';
      readonly sagaId: SagaId;
      readonly step: string;
      readonly direction: Direction;
      readonly detail: string;
    }
  | {
      readonly kind: 'event';
      readonly sagaId: SagaId;
      readonly eventId: string;
      readonly type: string;
      readonly sequence: number;
    }
  | {
      readonly kind: 'mail';
      readonly mail: string;
      readonly phase: 'written' | 'sent';
      readonly messageId: string;
    }
  | {
      readonly kind: 'operator';
      readonly sagaId: SagaId;
      readonly operatorActionId: number;
      readonly operator: string;
      readonly action: OperatorAction['action'];
      readonly step?: string;
      readonly direction?: Direction;
      readonly why: string;
    }
  | {
      readonly kind: 'difference';
      readonly differenceId: string;
      readonly difference: DifferenceKind;
      readonly phase: 'found' | 'settled';
      readonly detail: string;
    }
);

/** One word about all that was parked by one cause. */
export interface QueueRetry extends Signature {
  readonly id: string;
  readonly cause: string;
  readonly askedAt: string;
  /** How many steps were parked then, and of how many the word has been given. */
  readonly asked: number;
  readonly retried: number;
  readonly endedAt: string | null;
}

export interface RetriedStep {
  readonly sagaId: SagaId;
  readonly step: string;
  readonly actionId: number;
  readonly operator: string;
}

/** What the metrics tell of the books; ages are in seconds, and null where there is nothing. */
export interface BusinessNumbers {
  /** What has happened, each once, since these numbers are kept. */
  readonly counted: readonly Counted[];
  readonly unfinished: readonly {
    readonly status: OrderStatus;
    readonly needsOperator: boolean;
    readonly count: number;
    readonly oldestSeconds: number;
  }[];
  readonly oldestUnstartedSeconds: number | null;
  readonly parked: readonly {
    readonly step: string;
    readonly direction: string;
    readonly count: number;
  }[];
  readonly blocked: readonly { readonly status: OrderStatus; readonly count: number }[];
  readonly atRisk: readonly MoneyJson[];
  readonly capturesHalted: boolean;
  /** That are not accounted for. */
  readonly differences: readonly {
    readonly kind: string;
    readonly state: string;
    readonly count: number;
  }[];
  readonly unsentMails: number;
  readonly oldestUnsentMailSeconds: number | null;
}

export interface Counted {
  readonly kind: 'event' | 'undone' | 'parked' | 'act' | 'mailed';
  /** The event's type, the step, the act or the mail. */
  readonly what: string;
  /** The reason of an event, the direction of a step, the step of an act. */
  readonly how: string;
  readonly count: number;
}
