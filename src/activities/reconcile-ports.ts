/** What the reconciler needs of the world. A method throws `Unavailable` while it is not answered. */
import type { DifferenceKind } from '../domain/difference.ts';
import type { OrderId } from '../domain/order.ts';
import type { OurPayment, SeenPayment } from '../domain/two-books.ts';
import type { Finding } from '../domain/reconcile.ts';
import type { Begun, Recorded, RefundWork } from './ports.ts';

interface Call {
  readonly timeoutMs: number;
}

/** The gateway's own book, read only. */
export interface GatewayLedger {
  /** The next page after that event, oldest first; undefined where the gateway has forgotten it. */
  eventsAfter(id: string, call: Call): Promise<EventPage | undefined>;
  /** From the newest back, or from before that event. */
  eventsBefore(id: string | undefined, call: Call): Promise<EventPage>;
  /** The payment as it is now; undefined where the gateway knows none. */
  look(intentId: string, call: Call): Promise<SeenPayment | undefined>;
}

export interface EventPage {
  readonly events: readonly LedgerEvent[];
  readonly hasMore: boolean;
}

/** What an event tells of a payment or a refund, as it was then. Of anything else only that it was. */
export interface LedgerEvent {
  readonly id: string;
  readonly at: Date;
  readonly intent?: EventIntent;
  readonly refund?: { readonly id: string; readonly intentId: string; readonly status: string };
}

export interface EventIntent {
  readonly id: string;
  readonly orderId: string | undefined;
  readonly installation: string | undefined;
  readonly held: string;
  readonly captured: string;
  /** Captured or canceled: nothing but refunds can follow. */
  readonly isOver: boolean;
}

export interface EventsPlace {
  /** The ID of an event; empty before the first one. */
  readonly place: string;
  readonly reachedAt: string | null;
}

/** Each method is one transaction. */
export interface ReconcileBook {
  eventsPlace(): Promise<EventsPlace>;
  /** False where another run has gone on from there. */
  noteEvents(
    from: string,
    to: { readonly place: string; readonly reachedAt: Date | undefined },
    events: readonly LedgerEvent[],
    toleranceMs: number,
  ): Promise<boolean>;
  /** Our own entries after that one, or after the place that is kept. */
  noteEntries(
    after: string | undefined,
    page: { readonly limit: number; readonly toleranceMs: number; readonly overlapMs: number },
  ): Promise<{ readonly next: string; readonly more: boolean; readonly news: readonly News[] }>;
  /** Looks through the next orders, round and round, for invariants that are broken. */
  sweepBooks(limit: number): Promise<readonly News[]>;
  leaseChecks(limit: number, leaseMs: number): Promise<readonly Check[]>;
  /** About these the books agree. */
  restChecks(rest: readonly RestedCheck[]): Promise<void>;
  /** `moved`: our book says something else by now, and nothing was recorded. */
  recordCheck(check: Check, findings: readonly ToldFinding[], again: Again): Promise<CheckRecorded>;
  settling(limit: number): Promise<readonly string[]>;
}

export interface Check {
  readonly intentId: string;
  /** The order that the gateway names. */
  readonly orderId: string | null;
  /** Nobody else looks at it before that; it comes sooner where there is news. */
  readonly lentUntil: string;
  readonly hasDifference: boolean;
  readonly ours: OurPayment;
}

interface Again {
  /** What both said when they agreed; null where they do not. */
  readonly standing: string | null;
  /** Undefined: when there is news. */
  readonly againMs: number | undefined;
}

export interface RestedCheck extends Again, Pick<Check, 'intentId' | 'lentUntil'> {}

/** A finding with what both books say, for the eyes of operators. */
export interface ToldFinding extends Pick<Finding, 'subject' | 'kind' | 'detail' | 'remedy'> {
  readonly ours: Readonly<Record<string, string>> | null;
  readonly gateway: Readonly<Record<string, string>> | null;
  readonly namedOrder: string | undefined;
}

export interface CheckRecorded {
  readonly state: 'recorded' | 'moved';
  readonly news?: readonly News[];
}

export interface News {
  readonly id: string;
  readonly kind: DifferenceKind;
  readonly detail: string;
}

/** Settling what the book settles. Each method is one transaction. */
export interface SettlementBook {
  /** Refused where the money is not ours to give back. */
  beginSettling(id: string): Promise<Begun<SettlementWork>>;
  recordSettled(id: string, gatewayId: string, outcome: string): Promise<Recorded>;
  /** It is left to operators. */
  giveUp(id: string, trouble: string): Promise<Recorded>;
  noteTrouble(id: string, trouble: string): Promise<void>;
}

export interface SettlementWork extends RefundWork {
  readonly remedy: 'void' | 'refund';
  readonly orderId: OrderId;
}

export interface ReconcileDeps {
  readonly ledger: GatewayLedger;
  readonly book: ReconcileBook;
  readonly limits: ReconcileLimits;
  /** Told of each new difference, once. */
  readonly onFound: (news: News) => void;
  /** Told of a payment that could not be looked at; it is tried again by a later run. */
  readonly onFailed: (intentId: string, error: unknown) => void;
}

/** How patient a run is, and how much it does; the rest is the next one's. */
interface ReconcileLimits {
  /** What has moved more recently is looked at later. */
  readonly toleranceMs: number;
  /** How old a hold is when operators are told. */
  readonly lapseMs: number;
  /** Of 100 events. */
  readonly eventPages: number;
  /** Of 5,000 entries. */
  readonly entryPages: number;
  /** Of 50 payments. */
  readonly checkBatches: number;
}
