/** What capture at shipment needs of the book: each method is one transaction, as in ports.ts. */
import type { Money } from '../domain/money.ts';
import type { OrderId } from '../domain/order.ts';
import type { AuthorizationWork, Begun, GatewayCall, Intent, IntentWork } from './work.ts';
import type { Recorded, ShipmentWork } from './work.ts';

/** How long the money is held. Tests and demos count in seconds. */
export interface CaptureWindow {
  /** Where the gateway does not say when it lets a hold go. */
  readonly windowMs: number;
  /** Kept before its end: to hold the money once more, or for operators. */
  readonly marginMs: number;
}

const DAY_MS = 86_400_000;

// Card networks keep a hold for seven days (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method);
// half a day is a night, and a morning to ship in.
export const USUAL_WINDOW: CaptureWindow = { windowMs: 7 * DAY_MS, marginMs: DAY_MS / 2 };

export interface HoldWork {
  readonly intentId: string;
  /** Whether the book knows when the hold ends. */
  readonly isKnown: boolean;
  /** Nothing is captured, and it was not held twice already. */
  readonly isRenewable: boolean;
  /** Until the margin begins; 0 also where nothing is held any more. */
  readonly waitMs: number;
  readonly isOver: boolean;
}

export interface PartWork extends HoldWork, ShipmentWork {
  /** A first one, of a part, where the gateway captures no parts. */
  readonly isOnlyWhole: boolean;
}

export interface RenewalWork extends AuthorizationWork {
  /** The old hold has been let go. */
  readonly isRenewed: boolean;
}

export interface PartCaptureWork {
  readonly intentId: string;
  readonly amount: Money;
  /** What was captured of the intent before; minor units. */
  readonly before: string;
  /** Nothing is left to be captured after it. */
  readonly isLast: boolean;
  readonly repeated: boolean;
}

/** What the gateway does for captures in parts; see `PaymentGateway` for what all of it promises. */
export interface PartGateway {
  /** Resolves with the intent as it is; what has come of the capture is told by what is captured. */
  captureIntent(intentId: string, call: GatewayCall, part?: Part): Promise<Intent>;
  /** What the gateway says of money that it holds. */
  holdTerms(intentId: string, call: { readonly timeoutMs: number }): Promise<HoldTerms>;
}

export interface HoldTerms {
  /** When the gateway lets the hold go by itself; missing where it does not say. */
  readonly before?: Date;
  /** Not every card can be captured in parts. */
  readonly inParts: boolean;
}

export interface Part {
  readonly amountMinor: bigint;
  /** All that is captured with it: how one tells that it is done. */
  readonly upToMinor: bigint;
  /** What is left of the hold after a last one is let go. */
  readonly isLast: boolean;
}

export interface ShipmentBook {
  /** Done once a shipment of that number is asked for; open while the order waits for one. */
  nextShipment(id: OrderId, number: number, marginMs: number): Promise<Begun<HoldWork>>;
  noteTerms(id: OrderId, intentId: string, terms: Required<HoldTerms>): Promise<void>;

  beginRenewal(id: OrderId): Promise<Begun<RenewalWork>>;
  recordOldHold(id: OrderId): Promise<Begun<RenewalWork>>;
  commitRenewal(id: OrderId, intentId: string): Promise<Begun<RenewalWork>>;
  recordRenewal(id: OrderId, intent: Intent): Promise<Recorded>;
  recordRenewalDeclined(id: OrderId, outcome: string, detail: string): Promise<Recorded>;

  beginPart(id: OrderId, number: number, marginMs: number): Promise<Begun<PartWork>>;
  recordPart(id: OrderId, number: number, trackingNumber: string): Promise<Recorded>;
  recordPartRefused(id: OrderId, number: number, code: PartRefusal, why: string): Promise<Recorded>;
  beginPartUndo(id: OrderId): Promise<Begun<unknown>>;
  recordPartUndo(id: OrderId): Promise<Recorded>;

  beginPartCapture(id: OrderId, number: number): Promise<Begun<PartCaptureWork>>;
  recordPartCapture(id: OrderId, number: number, intent: Intent): Promise<Recorded>;
  /** Only on proof: nothing is held any more. The first one's moves the gate to `unwinding`. */
  recordPartCaptureRefused(id: OrderId, number: number): Promise<Recorded>;

  beginPartRecall(id: OrderId, number: number): Promise<Begun<unknown>>;
  recordPartRecall(id: OrderId, number: number): Promise<Recorded>;
  beginRelease(id: OrderId): Promise<Begun<IntentWork>>;
  recordRelease(id: OrderId): Promise<Recorded>;
}

export type PartRefusal = 'address-refused' | 'payment-declined';
