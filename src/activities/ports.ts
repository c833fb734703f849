/**
 * What the activities need from the world. Every method is safe to call again: counterparties by
 * key or reference, the book by gate and barrier. A method resolves only with what is certain; it
 * throws `Unavailable` while the outcome is unknown. Anything else it throws is a bug.
 */
import type { Money } from '../domain/money.ts';
import type {
  EndReason,
  Gate,
  OrderId,
  OrderLine,
  OrderRef,
  UnhappyStatus,
} from '../domain/order.ts';
import type { GatewayOperation, MailKind } from '../domain/keys.ts';
import type { RefundId, RefundRef } from '../domain/refund.ts';
import type {
  Intent,
  GatewayRefund,
  GatewayCall,
  Address,
  AuthorizationWork,
  IntentWork,
  RefundWork,
  ShipmentWork,
  Begun,
  Recorded,
  Waiting,
} from './work.ts';
import type { CaptureWindow, PartGateway, ShipmentBook } from './shipment-ports.ts';

export type * from './work.ts';

export interface Deps {
  readonly book: OrderBook;
  readonly gateway: PaymentGateway;
  readonly carrier: Carrier;
  readonly mailer: Mailer;
  /** Milliseconds left before the engine stops waiting for the running attempt. */
  readonly timeLeftMs: () => number;
  /** How long a customer, or their bank, may take to confirm a payment: a quarter of an hour, unless told. */
  readonly actionMs?: number;
  /** How long money is held for orders that are captured at shipment. */
  readonly window?: CaptureWindow;
  /** Told what a look at the gateway has found of a call whose answer had been lost. */
  readonly lookedUp?: (operation: GatewayOperation, found: 'done' | 'not done') => void;
}

// --- payment gateway ---------------------------------------------------------------------------

/**
 * `confirm`, `capture` and `cancel` resolve with the intent as it is afterwards, also when the
 * gateway declined or the intent was already past that point: the caller reads `status`. When the
 * answer is ambiguous (timeout, reset, 409, 429, 5xx) the adapter retrieves the intent once; if the
 * effect shows, it resolves; else it throws `Unavailable`.
 */
export interface PaymentGateway extends PartGateway {
  createIntent(
    intent: {
      readonly orderId: OrderId;
      readonly requestId: string;
      /** Others may use the same account. */
      readonly installation: string;
      readonly amount: Money;
      readonly paymentMethod: string;
      /** It may be captured in parts. */
      readonly inParts?: true;
    },
    call: GatewayCall,
  ): Promise<Intent>;
  /** `returnUrl`: where the customer is to come back to, if they are asked to confirm it. */
  confirmIntent(
    intentId: string,
    call: GatewayCall & { readonly returnUrl?: string | undefined },
  ): Promise<Intent>;
  cancelIntent(intentId: string, call: GatewayCall): Promise<Intent>;
  retrieveIntent(intentId: string, call: { readonly timeoutMs: number }): Promise<Intent>;
  /** The key is also stored in the refund's metadata, so that `findRefund` can tell it again. */
  refundIntent(
    refund: { readonly intentId: string; readonly orderId: OrderId; readonly amount: Money },
    call: GatewayCall,
  ): Promise<GatewayRefund>;
  /** The refund made under this key, however long ago; undefined when there is none. */
  findRefund(intentId: string, call: GatewayCall): Promise<GatewayRefund | undefined>;
}

// --- carrier and mail --------------------------------------------------------------------------

export interface Carrier {
  /** `PUT /shipments/{reference}`. A refused address throws `Refusal('address-refused')`. */
  requestShipment(
    shipment: {
      readonly reference: string;
      readonly requestId: string;
      readonly address: Address;
      readonly lines: readonly OrderLine[];
    },
    call: { readonly timeoutMs: number },
  ): Promise<{ readonly trackingNumber: string }>;
  /** `DELETE /shipments/{reference}`: harmless when unknown; a later PUT then ships nothing. */
  cancelShipment(reference: string, call: { readonly timeoutMs: number }): Promise<void>;
}

export interface Mail {
  readonly messageId: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  send(mail: Mail, call: { readonly timeoutMs: number }): Promise<void>;
}

// --- the book: PostgreSQL ----------------------------------------------------------------------

export interface ReceiptWork {
  readonly customer: { readonly name: string; readonly email: string };
  readonly lines: readonly OrderLine[];
  readonly amount: Money;
  readonly trackingNumber: string;
}

/** What is told of a step that can go on only with an operator's help, or when its trouble passes. */
export interface ParkedStep {
  readonly step: string;
  /** True when it is the step's undo that waits. */
  readonly undo: boolean;
  /** What its last attempt ended with. */
  readonly detail: string;
}

/** Each method is one transaction: gate, barrier, effect, status, event. */
export interface OrderBook extends RefundBook, ShipmentBook {
  redeemVoucher(id: OrderId): Promise<Recorded>;
  giveVoucherBack(id: OrderId): Promise<Recorded>;
  /** The same once an order is made good. */
  returnVoucher(id: OrderId): Promise<Recorded>;

  /** `lane`: what is wanted, where that is one SKU. Orders that want the same may be served together. */
  reserveStock(id: OrderId, lane?: string): Promise<Recorded>;
  releaseStock(id: OrderId): Promise<Recorded>;

  beginAuthorization(id: OrderId): Promise<Begun<AuthorizationWork>>;
  /** Commits the intent's ID while the gate is `forward`; refused once an undo has begun. */
  commitIntent(id: OrderId, intentId: string): Promise<Begun<IntentWork>>;
  /** Refused as `payment-action-expired` when the customer was asked, and it was held too late. */
  recordAuthorization(id: OrderId, intent: Intent): Promise<Recorded>;
  /** The deadline is fixed by the first call; from then on it is refused as `payment-action-expired`. */
  recordWaiting(id: OrderId, intent: Intent, actionMs: number): Promise<Begun<Waiting>>;
  recordDecline(id: OrderId, outcome: string, detail: string): Promise<Recorded>;
  beginVoid(id: OrderId): Promise<Begun<IntentWork>>;
  /** Writes down what the gateway still holds, before it is let go. */
  recordHeld(id: OrderId, intent: Intent): Promise<void>;
  recordVoid(id: OrderId): Promise<Recorded>;
  /** A payment that a bank is still at, and that cannot be called off: the reconciler looks after it. */
  recordGivenUp(id: OrderId): Promise<Recorded>;

  beginCapture(id: OrderId): Promise<Begun<IntentWork>>;
  recordCapture(id: OrderId, intent: Intent): Promise<Recorded>;
  /** Only on proof: the intent is `canceled`. Moves the gate from `committing` to `unwinding`. */
  recordCaptureRefused(id: OrderId): Promise<Recorded>;

  beginShipment(id: OrderId): Promise<Begun<ShipmentWork>>;
  recordShipment(id: OrderId, trackingNumber: string): Promise<Recorded>;
  recordShipmentRefused(id: OrderId, detail: string): Promise<Recorded>;
  beginReceipt(id: OrderId): Promise<Begun<ReceiptWork>>;
  recordReceipt(id: OrderId): Promise<Recorded>;

  beginShipmentCancel(id: OrderId): Promise<Begun<unknown>>;
  recordShipmentCancel(id: OrderId): Promise<Recorded>;
  beginRefund(id: OrderId): Promise<Begun<RefundWork>>;
  recordRefund(id: OrderId, refund: GatewayRefund): Promise<Recorded>;
  restock(id: OrderId): Promise<Recorded>;

  /** Moves the gate to `unwinding` unless it is too late; answers the gate and the first reason. */
  beginUnwind(id: OrderId, reason: EndReason): Promise<{ gate: Gate; reason: EndReason | null }>;
  /** Asserts that nothing is held any more, then writes the final status, event and mail. */
  closeOrder(id: OrderId): Promise<{ status: UnhappyStatus; reason: EndReason | null }>;
  /** Puts a step into the operators' queue, unless it has been decided meanwhile. */
  parkStep(saga: OrderRef | RefundRef, parked: ParkedStep): Promise<void>;
}

/** Refunds that were asked for. Each method is one transaction. */
export interface RefundBook {
  /** Writes the "requested" entry that stands before the gateway is called. */
  openRefund(id: RefundId): Promise<Begun<RefundWork>>;
  /** Money, goods and events; with the last of the money the order is `refunded`, and mailed so. */
  recordRefundSucceeded(ref: RefundRef, refund: GatewayRefund): Promise<Recorded>;
  /** Its amount and its lines may be refunded again. Answers the refusal `refund-failed`. */
  recordRefundFailed(ref: RefundRef, refund: GatewayRefund): Promise<Recorded>;
  /** `unwinding` once the gateway has said no; until then a refund is not called off. */
  refundGate(id: RefundId): Promise<{ gate: Gate; reason: string | null }>;
}

/** Mails waiting to be sent, leased so that two workers do not send the same one at once. */
export interface Outbox {
  lease(limit: number, leaseMs: number): Promise<readonly OutboxMail[]>;
  sent(id: string): Promise<void>;
  /** It was not sent: it is due again before its lease ends, and the later the longer it waits already. */
  postpone(id: string): Promise<void>;
}

export interface OutboxMail {
  readonly id: string;
  readonly orderId: OrderId;
  readonly requestId: string;
  readonly kind: MailKind;
  readonly reason: EndReason | null;
  readonly customer: { readonly name: string; readonly email: string };
  readonly amount: Money;
}
