/** What our book and the gateway's say of one payment, as far as they are compared. */
import type { OrderStatus } from './order.ts';

/** All that our book knows of it; ISO times, amounts in minor units as text. */
export interface OurPayment {
  /** It is the payment of that order; or else the order is the one that the gateway names. */
  readonly isOwn: boolean;
  /** Who we are at the gateway's account, which others may use as well. */
  readonly installation: string;
  readonly order: {
    readonly id: string;
    readonly status: OrderStatus;
    readonly amount: string;
    readonly currency: string;
    readonly updatedAt: string;
    /** It waits with its money held, and has a timer of its own for the end of that. */
    readonly isCapturedLater?: true;
  } | null;
  readonly payment: {
    readonly state: string;
    readonly held: string;
    readonly captured: string;
    readonly refunded: string;
  } | null;
  readonly asked: Readonly<Record<string, { readonly at: string; readonly isAnswered: boolean }>>;
  readonly lastEntryAt: string | null;
  readonly refunds: readonly {
    readonly key: string;
    readonly state: string;
    readonly gatewayId: string | null;
  }[];
  /** An operator has said what became of its money. */
  readonly isDecidedByHand: boolean;
}

export interface SeenPayment {
  readonly id: string;
  readonly status: string;
  readonly currency: string;
  readonly heldMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly isDisputed: boolean;
  /** The gateway has let it go by itself. */
  readonly hasLapsed: boolean;
  readonly orderId: string | undefined;
  /** In whose name it was made. */
  readonly installation: string | undefined;
  readonly createdAt: Date;
  /** Those that have succeeded; read only where something was refunded. */
  readonly refunds: readonly SeenRefund[];
}

export interface SeenRefund {
  readonly id: string;
  readonly amountMinor: bigint;
  /** The key that it was made under, where we made it. */
  readonly key: string | undefined;
}

export function kept({ capturedMinor, refundedMinor }: SeenPayment): bigint {
  return capturedMinor - refundedMinor;
}

/** What is held and kept by our book. */
export function standing({ isOwn, payment }: OurPayment): { held: bigint; kept: bigint } {
  if (!isOwn || payment === null) return { held: 0n, kept: 0n };
  return { held: BigInt(payment.held), kept: BigInt(payment.captured) - BigInt(payment.refunded) };
}
