/** What stands in the books: one interface per table of migrations/, as far as a saga needs it. */
import type { Address, Recorded } from '../../../src/activities/ports.ts';
import type { EventId, EventType } from '../../../src/domain/event.ts';
import type { ShipmentId } from '../../../src/domain/shipment.ts';
import type { GatewayOperation, MailKind } from '../../../src/domain/keys.ts';
import type { EndReason, Gate, OrderId, OrderStatus } from '../../../src/domain/order.ts';
import type { RefundId, RefundStatus } from '../../../src/domain/refund.ts';
import type { Action } from '../../../src/saga/parking.ts';

export interface StockRow {
  readonly tenantId: string;
  readonly sku: string;
  readonly unitPriceMinor: bigint;
  readonly currency: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

export interface LineRow {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPriceMinor: bigint;
}

/** One that is good for ever, and for every order: the rest of its terms is PostgreSQL's own. */
export interface VoucherRow {
  readonly tenantId: string;
  readonly code: string;
  readonly amountOff: bigint;
  readonly uses: number;
  readonly taken: number;
}

/** Times are milliseconds since the epoch, here and everywhere below. */
export interface OrderRow {
  readonly id: OrderId;
  readonly tenantId: string;
  readonly status: OrderStatus;
  readonly gate: Gate;
  readonly reason: EndReason | null;
  readonly needsOperator: boolean;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly voucher: { readonly code: string; readonly discountMinor: bigint } | null;
  readonly paymentMethod: string;
  readonly returnUrl: string | null;
  readonly customer: { readonly name: string; readonly email: string };
  readonly address: Address;
  readonly metadata: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly capturePolicy: 'now' | 'at-shipment';
  /** In SKU order. */
  readonly lines: readonly LineRow[];
  readonly lastSequence: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly runStartedAt: number | null;
  readonly startTriedAt: number | null;
  readonly watchedAt: number | null;
  readonly blockedSince: number | null;
  readonly blockedRefund: string | null;
  readonly restarts: number;
}

export interface ReservationRow {
  readonly sku: string;
  readonly quantity: number;
  readonly state: 'held' | 'released' | 'sold' | 'restocked';
  readonly restocked: number;
}

export interface VoucherUseRow {
  readonly tenantId: string;
  readonly code: string;
  readonly state: 'held' | 'given back';
}

export interface PaymentRow {
  readonly intentId: string | null;
  readonly n: number;
  readonly state: 'created' | 'authorized' | 'declined' | 'captured' | 'voided';
  readonly authorized: bigint;
  readonly captured: bigint;
  readonly voided: bigint;
  readonly refunded: bigint;
  /** Both or none. */
  readonly waitsSince: number | null;
  readonly waitsUntil: number | null;
  readonly actionUrl: string | null;
  readonly captureBefore: number | null;
  readonly inParts: boolean | null;
  readonly isRenewed: boolean;
}

export interface ShipmentRow {
  readonly id: ShipmentId;
  readonly number: number;
  readonly amountMinor: bigint;
  readonly state: 'requested' | 'handed-over' | 'shipped' | 'refused';
  readonly trackingNumber: string | null;
  /** In SKU order. */
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly amountMinor: bigint;
  }[];
  readonly requestedAt: number;
}

export interface EntryRow {
  /** Grows over all orders. */
  readonly id: number;
  readonly orderId: OrderId;
  readonly refundId: RefundId | null;
  readonly operation: GatewayOperation;
  readonly n: number;
  readonly kind: 'requested' | 'answered';
  readonly gatewayId: string | null;
  readonly outcome: string | null;
  readonly authorized: bigint;
  readonly captured: bigint;
  readonly voided: bigint;
  readonly refunded: bigint;
  readonly occurredAt: number;
}

export interface RefundLineRow {
  readonly sku: string;
  readonly quantity: number;
  readonly amountMinor: bigint;
}

export interface RefundRow {
  /** `rfd_…`; of a refund that nobody asked for it is `{order}:refund:{n}`. */
  readonly id: string;
  readonly orderId: OrderId;
  readonly amountMinor: bigint;
  readonly state: RefundStatus;
  readonly gatewayId: string | null;
  readonly requestId: string | null;
  readonly restock: boolean;
  /** In SKU order. */
  readonly lines: readonly RefundLineRow[];
  readonly requestedAt: number;
  readonly settledAt: number | null;
  readonly runStartedAt: number | null;
  readonly startTriedAt: number | null;
  readonly watchedAt: number | null;
  readonly restarts: number;
}

export type Direction = 'do' | 'undo';

export interface BarrierRow {
  readonly sagaId: string;
  readonly step: string;
  readonly direction: Direction;
  readonly answer: Recorded;
  readonly createdAt: number;
  readonly actionId: number | null;
}

export interface ParkedRow {
  readonly sagaId: string;
  readonly step: string;
  readonly direction: Direction;
  readonly orderId: OrderId;
  readonly detail: string;
  readonly parkedAt: number;
  readonly triedAt: number;
}

export interface OrderState {
  readonly status: OrderStatus;
  readonly gate: Gate;
  readonly reason: EndReason | null;
  readonly needsOperator: boolean;
}

export interface ActionRow {
  readonly id: number;
  readonly orderId: OrderId;
  readonly sagaId: string;
  readonly step: string;
  readonly direction: Direction;
  readonly action: Action;
  readonly operator: string;
  readonly why: string;
  readonly before: OrderState;
  readonly after: OrderState & { readonly recorded: Recorded | null };
  readonly occurredAt: number;
}

/** Keeps the rows that its `data` is made of: they never change, so it is made when it is read. */
export interface EventRow {
  readonly id: EventId;
  readonly orderId: OrderId;
  readonly refundId: RefundId | null;
  readonly sequence: number;
  readonly type: EventType;
  readonly occurredAt: number;
  readonly order: OrderRow;
  readonly payment: PaymentRow | undefined;
  readonly trackingNumber: string | undefined;
  readonly shipments: readonly ShipmentRow[];
}

export interface MailRow {
  readonly id: string;
  readonly orderId: OrderId;
  readonly kind: MailKind;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly sentAt: number | null;
}

export interface ClaimRow {
  readonly fingerprint: Buffer;
  readonly orderId: OrderId;
  readonly refundId: RefundId | null;
  readonly shipmentId?: ShipmentId;
}
