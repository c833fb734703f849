/** What the activities and their ports tell each other; re-exported by ports.ts. */
import type { Money } from '../domain/money.ts';
import type { OrderLine, RefusalCode } from '../domain/order.ts';

/** A payment intent as the gateway knows it. Amounts in minor units. */
export interface Intent {
  readonly id: string;
  readonly status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'canceled'
    | 'succeeded';
  readonly amount: Money;
  /** Held and not yet captured. */
  readonly capturableMinor: bigint;
  readonly capturedMinor: bigint;
  /** Set when the last confirmation was declined: the gateway's decline code. */
  readonly declineCode?: string;
  /** Where the customer goes, while it is `requires_action`. */
  readonly actionUrl?: string;
  /** Of one that is held or captured, and was retrieved: when the bank was asked to hold the money. */
  readonly heldAt?: Date;
}

export interface GatewayRefund {
  readonly id: string;
  readonly status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
  readonly amount: Money;
}

export interface GatewayCall {
  /** The idempotency key, explicit on every call that changes anything. */
  readonly key: string;
  readonly timeoutMs: number;
}

export interface Address {
  readonly name: string;
  readonly line1: string;
  readonly line2?: string | undefined;
  readonly city: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

/** What a step's barrier row remembers and a repeat answers again. */
export interface StepResult {
  readonly trackingNumber?: string;
  /** Nothing is left to be shipped. */
  readonly isWhole?: boolean;
}

export interface PaymentWork {
  readonly amount: Money;
  readonly paymentMethod: string;
  /** Known once committed; before that no money can move. */
  readonly intentId?: string;
  readonly n: number;
  /** True when this operation was asked of the gateway before: retrieve first. */
  readonly repeated: boolean;
  /** Where the customer comes back to. */
  readonly returnUrl?: string;
  /** It has waited for the customer or their bank, and may do so still. */
  readonly waits?: true;
}

/** How long a payment has waited and may go on to, by the clock of the book. */
export interface Waiting {
  readonly waitedMs: number;
  readonly leftMs: number;
  readonly until: Date;
}

export interface AuthorizationWork extends PaymentWork {
  /** In whose name the intent is made. */
  readonly installation: string;
}

export interface IntentWork extends PaymentWork {
  readonly intentId: string;
}

export interface RefundWork extends IntentWork {
  /** When the gateway was first asked; past its key memory a refund is looked up, not resent. */
  readonly requestedAt: Date;
}

export interface ShipmentWork {
  readonly address: Address;
  readonly lines: readonly OrderLine[];
}

/** What the record says of a step: it stands, it was refused, or there is work left to do. */
export type Begun<Work> =
  | { readonly state: 'done'; readonly result: StepResult }
  | { readonly state: 'refused'; readonly code: RefusalCode; readonly detail: string }
  | { readonly state: 'open'; readonly work: Work };

/** How a step's last transaction ended. */
export type Recorded = Exclude<Begun<never>, { state: 'open' }>;
