/**
 * What the API needs of the books. Every question carries its tenant, so another tenant's order is
 * an unknown one. A method throws `Unavailable` while PostgreSQL does not answer: then the outcome
 * is unknown, and the same question asked again finds out.
 */
import type { Address } from '../activities/ports.ts';
import type { MoneyJson } from '../domain/money.ts';
import type { EventId, EventType } from '../domain/event.ts';
import type { EndReason, OrderFacts, OrderId, OrderLine, OrderStatus } from '../domain/order.ts';
import type { RefundFacts, RefundId, RefundStatus } from '../domain/refund.ts';
import type { ShipmentSnapshot } from '../domain/shipment.ts';

// --- credentials -------------------------------------------------------------------------------

export interface Principal {
  /** Empty for an operator, who is no tenant's client: nobody has that ID. */
  readonly tenantId: string;
  /** The operator's name, for the audit. */
  readonly operator?: string;
  readonly scopes: readonly string[];
}

export interface Credentials {
  /** Undefined for one that is malformed, unknown, wrong or revoked: nobody learns which. */
  authenticate(credential: string): Promise<Principal | undefined>;
}

// --- orders ------------------------------------------------------------------------------------

/** Who asks, and how a repeat of the same request is told. */
export interface Claim {
  readonly tenantId: string;
  /** Method and path with its IDs: a key is scoped to the route it was used on. */
  readonly route: string;
  readonly keyHash: Buffer;
  readonly fingerprint: Buffer;
}

export interface NewOrder {
  readonly id: OrderId;
  readonly requestId: string;
  readonly lines: readonly OrderLine[];
  readonly customer: { readonly name: string; readonly email: string };
  readonly shippingAddress: Address;
  readonly paymentMethod: string;
  readonly voucherCode?: string | undefined;
  /** Where the customer comes back to, if their bank wants to see them. */
  readonly returnUrl?: string | undefined;
  readonly expectedAmount?: MoneyJson | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** What never changes about an order once it is accepted. */
export interface AcceptedOrder {
  readonly facts: OrderFacts;
  readonly createdAt: string;
}

/** What any route with a key may answer, instead of doing anything. */
export type KeyAnswer<Id> =
  | { readonly state: 'mismatched' }
  /** An equal request is being decided elsewhere, and has been for too long to wait for. */
  | { readonly state: 'busy' }
  /** The key is older than the response archive: this is what it made. */
  | { readonly state: 'archived'; readonly id: Id }
  | { readonly state: 'erased' };

/** Only `placed` and the replays hold the key; every other answer leaves it free. */
export type PlaceAnswer =
  | KeyAnswer<OrderId>
  | { readonly state: 'placed'; readonly order: AcceptedOrder }
  | { readonly state: 'replayed'; readonly order: AcceptedOrder; readonly started: boolean }
  | { readonly state: 'unknown-sku'; readonly skus: readonly string[] }
  | { readonly state: 'mixed-currencies' }
  | { readonly state: 'unknown-voucher' | 'voucher-exhausted' }
  | { readonly state: 'voucher-not-applicable'; readonly why: VoucherObjection }
  | { readonly state: 'price-changed'; readonly amount: MoneyJson }
  | { readonly state: 'sold-out'; readonly skus: readonly string[] }
  | { readonly state: 'no-room' };

/** Why a voucher that there is takes nothing off this order. */
export type VoucherObjection = 'expired' | 'other-currency' | 'amount-too-small' | 'nothing-to-pay';

export type CancelAnswer =
  | KeyAnswer<OrderId>
  | { readonly state: 'cancelled' | 'replayed' }
  | { readonly state: 'unknown' | 'too-late' };

/** What a voucher takes off an order. */
export interface Voucher {
  readonly code: string;
  readonly discount: MoneyJson;
}

/** The order as GET shows it, without its links. No personal data. */
export interface OrderSnapshot {
  readonly id: OrderId;
  readonly status: OrderStatus;
  readonly reason?: EndReason;
  /** What is paid: that of the lines, less the discount. */
  readonly amount: MoneyJson;
  readonly voucher?: Voucher;
  readonly lines: readonly (OrderLine & { readonly unitPrice: MoneyJson })[];
  readonly payment: {
    readonly authorized: string;
    readonly captured: string;
    readonly refunded: string;
    /** What the customer has to do before the order goes on. */
    readonly action?: PaymentAction;
  };
  readonly shipment?: { readonly trackingNumber: string };
  /** Of an order that is captured at shipment. */
  readonly shipments?: readonly ShipmentSnapshot[];
  readonly needsOperator: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PaymentAction {
  readonly type: 'redirect';
  readonly url: string;
  readonly expiresAt: string;
}

export interface OrderFilter {
  readonly status?: OrderStatus | undefined;
  /** At that moment, or after it. */
  readonly createdAfter?: Date | undefined;
  /** Before that moment: ranges that meet in it share no order and leave none out. */
  readonly createdBefore?: Date | undefined;
  readonly needsOperator?: boolean | undefined;
}

/** Where an order stands in the list. Two of the same microsecond stand in the order of their IDs. */
export interface OrderPlace {
  readonly createdMicros: string;
  readonly id: OrderId;
}

export interface ListedOrder {
  readonly order: OrderSnapshot;
  readonly place: OrderPlace;
}

export interface OrderStore {
  /** Without room a new order is not written; everything else is answered as ever. */
  place(claim: Claim, order: NewOrder, hasRoom?: boolean): Promise<PlaceAnswer>;
  cancel(claim: Claim, id: OrderId): Promise<CancelAnswer>;
  find(tenantId: string, id: OrderId): Promise<OrderSnapshot | undefined>;
  /** Newest first, those after (that is, older than) `after`. */
  list(
    tenantId: string,
    filter: OrderFilter,
    page: { readonly limit: number; readonly after?: OrderPlace },
  ): Promise<readonly ListedOrder[]>;
  /** Orders that no run is known of, lent to the caller for the grace. */
  leaseUnstarted(graceSeconds: number, limit: number): Promise<readonly OrderFacts[]>;
  stampStarted(ids: readonly OrderId[]): Promise<void>;
}

// --- refunds -----------------------------------------------------------------------------------

/** Without amount and lines it is all that is left. */
export interface NewRefund {
  readonly id: RefundId;
  readonly requestId: string;
  readonly amount?: MoneyJson | undefined;
  readonly lines?: readonly OrderLine[] | undefined;
  readonly restock?: boolean | undefined;
}

/** What never changes about a refund once it is accepted. */
export interface AcceptedRefund {
  readonly facts: RefundFacts;
  readonly createdAt: string;
}

/** Only `requested` and the replays hold the key; every other answer leaves it free. */
export type RefundAnswer =
  | KeyAnswer<RefundId>
  | { readonly state: 'requested'; readonly refund: AcceptedRefund }
  | { readonly state: 'replayed'; readonly refund: AcceptedRefund; readonly started: boolean }
  | { readonly state: 'unknown' | 'in-progress' | 'wrong-currency' }
  | { readonly state: 'unknown-sku' | 'exceeds-lines'; readonly skus: readonly string[] }
  | { readonly state: 'exceeds-captured'; readonly refundable: MoneyJson };

/** The refund as GET shows it, without its links. */
export interface RefundSnapshot {
  readonly id: RefundId;
  readonly orderId: OrderId;
  readonly status: RefundStatus;
  readonly amount: MoneyJson;
  readonly lines?: readonly OrderLine[];
  readonly restock: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface RefundStore {
  request(claim: Claim, orderId: OrderId, refund: NewRefund): Promise<RefundAnswer>;
  find(tenantId: string, orderId: OrderId, id: RefundId): Promise<RefundSnapshot | undefined>;
  /** Refunds that no run is known of, lent to the caller for the grace. */
  leaseUnstarted(graceSeconds: number, limit: number): Promise<readonly RefundFacts[]>;
  stampStarted(ids: readonly RefundId[]): Promise<void>;
}

// --- admission ---------------------------------------------------------------------------------

export interface Waiting {
  /** When it was looked, by the database's clock: where the next look goes on. */
  readonly at: string;
  /** Since the look before; the first one looks back over a few. */
  readonly seconds: number;
  /** Accepted orders that no worker has begun. */
  readonly waiting: number;
  /** Orders accepted in that time. */
  readonly came: number;
}

export interface WaitingOrders {
  look(since?: string): Promise<Waiting>;
}

// --- the archive sweep ---------------------------------------------------------------------------

export interface ClaimArchive {
  /** Archives the oldest claims of what has ended, so many at most, and answers how many. */
  archive(olderThanDays: number, limit: number): Promise<number>;
}

// --- the watch over both ------------------------------------------------------------------------

export interface WatchStore {
  /**
   * Started and unfinished orders and refunds without news for so long, lent to the caller for as
   * long. `more`: as many as asked for were due, although some of them turned out to have news.
   */
  leaseSilent(
    silenceSeconds: number,
    limit: number,
  ): Promise<{ readonly silent: readonly SilentSaga[]; readonly more: boolean }>;
  /** Calls an operator, once; false when it has moved on, or one is called for the order already. */
  flag(id: SagaId, silenceSeconds: number): Promise<boolean>;
  /** Takes back what was flagged for this one, and nothing else. */
  unflag(id: SagaId): Promise<void>;
  countRestart(id: SagaId): Promise<void>;
}

type SagaId = OrderId | RefundId;

export type SilentSaga = {
  /** An operator was called because of its run. */
  readonly isBlocked: boolean;
  /** How often it was started again since its last news. */
  readonly restarts: number;
} & (
  | {
      readonly kind: 'order';
      readonly facts: OrderFacts;
      /** The gate is `unwinding` because somebody cancelled. */
      readonly isCancelled: boolean;
      /** A shipment is asked for, and no run has taken it up. */
      readonly isAsked?: true;
    }
  | { readonly kind: 'refund'; readonly facts: RefundFacts }
);

// --- events ------------------------------------------------------------------------------------

export interface OrderEvent {
  readonly id: EventId;
  readonly type: EventType;
  readonly orderId: OrderId;
  /** Of the refund that it tells of. */
  readonly refundId?: RefundId;
  /** Per order, from 1, without gap. */
  readonly sequence: number;
  readonly occurredAt: string;
  /** The order at that moment. */
  readonly data: OrderSnapshot;
}

export type EventsOpened =
  /** Events with a higher sequence follow, now or later. */
  | { readonly state: 'open'; readonly after: number }
  /** Nothing follows what the client saw last. */
  | { readonly state: 'over' }
  | { readonly state: 'unknown' }
  | { readonly state: 'unknown-event' };

export interface EventStore {
  /** In the order of their sequence; undefined for an unknown order. */
  list(
    tenantId: string,
    id: OrderId,
    page: { readonly limit: number; readonly after: number },
  ): Promise<readonly OrderEvent[] | undefined>;
  /** Where to go on, after the event with the ID that a client names, or else from the start. */
  open(tenantId: string, id: OrderId, lastEventId?: string): Promise<EventsOpened>;
}

export interface FollowedEvent extends OrderEvent {
  /** Nothing is under way any more from which another one could come. */
  readonly isLast: boolean;
}

/** Whoever reads slowly holds up only itself: what it does not ask for is not read. */
export interface Following {
  /** The next event in sequence; undefined once the process stops, or after `leave`. */
  next(): Promise<FollowedEvent | undefined>;
  leave(): void;
}

/** Tells those who wait that these orders may have new events. */
export interface Notifier {
  readonly touched: (id: OrderId) => void;
  close(): Promise<void>;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Aborted when nobody listens any more. */
  readonly signal?: AbortSignal;
}

export interface OrderFeed {
  /**
   * Resolves when `until` holds, the time is up or the signal aborts, with the order as it was last
   * seen; undefined when it could not be read. Never throws: waiting is a convenience.
   */
  wait(
    id: OrderId,
    until: (order: OrderSnapshot) => boolean,
    options: WaitOptions,
  ): Promise<OrderSnapshot | undefined>;
  /** Each event after that sequence, once and in order. Many that follow one order share its reads. */
  follow(id: OrderId, after: number): Following;
  close(): Promise<void>;
}

// --- catalogue, health -------------------------------------------------------------------------

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
  readonly available: number;
}

export interface Catalogue {
  /** In SKU order, those after `after`. */
  list(tenantId: string, page: { limit: number; after?: string }): Promise<readonly Product[]>;
  find(tenantId: string, sku: string): Promise<Product | undefined>;
}

export interface DatabaseHealth {
  readonly answers: boolean;
  /** Every migration that this build brings along is applied. */
  readonly migrated: boolean;
}
