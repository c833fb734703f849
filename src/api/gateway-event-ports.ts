/**
 * What the API needs in order to hear the gateway: who can read what it has signed, and the book in which
 * its events are kept. What is not here, amounts above all, is taken from no event.
 */
import type { OrderId } from '../domain/order.ts';

/** A hint that there may be something to see, and where. */
export interface GatewayEvent {
  readonly id: string;
  readonly type: string;
  readonly createdAt: Date;
  /** The payment or the refund itself. */
  readonly objectId?: string | undefined;
  readonly intentId?: string | undefined;
  /** The order that it names, and in whose name it was made. */
  readonly orderId?: string | undefined;
  readonly installation?: string | undefined;
}

/** `why` is for our own log: whoever sent it learns nothing. */
export type ReadEvent = (
  bytes: Uint8Array,
  signature: string | undefined,
) => GatewayEvent | { readonly why: string };

/** Each method is one transaction, and throws `Unavailable` while PostgreSQL does not answer. */
export interface GatewayEventStore {
  /** False for one that is known. */
  note(event: GatewayEvent): Promise<boolean>;
  /**
   * So many of those that are due. Those younger than the grace are left for later, unless their order waits
   * for them; what they tell of may be on its way into our book.
   */
  take(limit: number, graceMs: number): Promise<TakenEvents>;
  /** What is not ended is taken again, later and later. */
  end(ids: readonly string[], outcome: string): Promise<void>;
}

export interface TakenEvents {
  readonly taken: readonly TakenEvent[];
  /** There was nothing to do about these. */
  readonly settled: readonly { readonly type: string; readonly outcome: string }[];
}

export type TakenEvent = { readonly id: string; readonly type: string } & (
  { readonly act: 'tell'; readonly orderId: OrderId } | { readonly act: 'compare' }
);
