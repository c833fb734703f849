/** What webhooks need of the books and of the network. Methods throw `Unavailable` in an outage. */
import type { EventId, EventType } from '../domain/event.ts';
import type { OrderId } from '../domain/order.ts';
import type { Attempted, DeliveredType, DeliveryStatus } from '../domain/webhook.ts';
import type { DisabledReason, EndpointId, TestEvent, Verdict } from '../domain/webhook.ts';
import type { OrderEvent } from './ports.ts';

export interface Endpoint {
  readonly id: EndpointId;
  readonly url: string;
  readonly description?: string;
  /** Without them: all there are, and will be. */
  readonly eventTypes?: readonly EventType[];
  readonly status: 'enabled' | 'disabled';
  readonly disabledReason?: DisabledReason;
  readonly disabledAt?: string;
  /** Since when every attempt has failed. */
  readonly failingSince?: string;
  /** Until when the secret before this one signs, too. */
  readonly previousSecretUntil?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

interface NewEndpoint {
  readonly id: EndpointId;
  readonly url: string;
  readonly description?: string | undefined;
  readonly eventTypes?: readonly EventType[] | undefined;
}

/** What is null goes. */
interface EndpointChange {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly eventTypes?: readonly EventType[] | null | undefined;
  readonly enabled?: boolean | undefined;
}

interface DeliveryAttempt {
  readonly at: string;
  readonly durationMs: number;
  readonly status?: number;
  readonly error?: string;
  readonly answer?: string;
}

export interface Delivery {
  readonly eventId: EventId;
  readonly endpointId: EndpointId;
  readonly type: DeliveredType;
  readonly orderId?: OrderId;
  readonly status: DeliveryStatus;
  readonly createdAt: string;
  readonly deliveredAt?: string;
  readonly nextAttemptAt?: string;
  /** The last ones, in order. */
  readonly attempts: readonly DeliveryAttempt[];
}

interface DeliveryFilter {
  readonly status?: DeliveryStatus | undefined;
}

/** Undefined: this tenant has no such endpoint, or no such delivery. */
export interface WebhookStore {
  /** `undefined`: the tenant has as many as it may. */
  create(tenantId: string, endpoint: NewEndpoint, secret: string): Promise<Endpoint | undefined>;
  /** Oldest first: there are never many. */
  list(tenantId: string): Promise<readonly Endpoint[]>;
  find(tenantId: string, id: EndpointId): Promise<Endpoint | undefined>;
  update(tenantId: string, id: EndpointId, change: EndpointChange): Promise<Endpoint | undefined>;
  /** Whether there was one. */
  remove(tenantId: string, id: EndpointId): Promise<boolean>;
  /** What signs from now on; the one before it does so, too, for so long. */
  rotate(
    tenantId: string,
    id: EndpointId,
    secret: string,
    overlapSeconds: number,
  ): Promise<Endpoint | undefined>;
  test(tenantId: string, id: EndpointId): Promise<Delivery | undefined>;
  /** Newest first, those before `before`, which has to be one of them. */
  deliveries(
    tenantId: string,
    id: EndpointId,
    filter: DeliveryFilter,
    page: { readonly limit: number; readonly before?: string },
  ): Promise<readonly Delivery[] | 'unknown' | 'unknown-place'>;
  delivery(tenantId: string, id: EndpointId, eventId: string): Promise<Delivery | undefined>;
  resend(tenantId: string, id: EndpointId, eventId: string): Promise<Delivery | undefined>;
  /** How many of what has failed since then, the oldest first; never more than `most`. */
  resendFailed(
    tenantId: string,
    id: EndpointId,
    since: Date,
    most: number,
  ): Promise<number | undefined>;
}

/** A delivery that is lent to whoever sends it. */
export interface ClaimedDelivery {
  readonly endpointId: EndpointId;
  readonly eventId: EventId;
  readonly tenantId: string;
  readonly orderId: OrderId | null;
  readonly tries: number;
  readonly failures: number;
  readonly url: string;
  /** When its endpoint was last changed, as the books have it. */
  readonly asOf: string;
  /** The newest first; none where the key that sealed them is not there any more. */
  readonly secrets: readonly string[];
  readonly event: OrderEvent | TestEvent;
}

interface ClaimOptions {
  /** How many are under way to each endpoint already. */
  readonly busy: ReadonlyMap<EndpointId, number>;
  readonly most: number;
  readonly perEndpoint: number;
  readonly leaseMs: number;
}

export interface DeliveryQueue {
  claim(options: ClaimOptions): Promise<readonly ClaimedDelivery[]>;
  /** Answers why the endpoint is disabled, if it is by this attempt. */
  record(
    delivery: Pick<ClaimedDelivery, 'endpointId' | 'eventId' | 'asOf'>,
    attempt: DeliveryAttempt,
    verdict: Verdict,
    patienceDays: number,
  ): Promise<DisabledReason | undefined>;
  /** How many have gone, of those older than that. */
  sweep(olderThanDays: number, limit: number): Promise<number>;
}

export interface Message {
  readonly url: string;
  readonly id: EventId;
  readonly body: string;
  readonly secrets: readonly string[];
}

export interface WebhookTransport {
  /** Why nothing is sent there; undefined where it may be. */
  refusalOf(url: string): string | undefined;
  /** Never throws, save when the signal aborts. */
  send(
    message: Message,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Attempted>;
}
