/** What one party tells another of its own accord: the gateway us, and we the tenants. */

/** One try of the gateway to tell of an event. */
export interface Telling {
  readonly seq: number;
  readonly kind: 'request';
  readonly orderId: string | null;
  readonly event: string;
  readonly outcome: string;
  /** What it was answered; null where there was no answer. */
  readonly status: number | null;
}

/** An event that is not the gateway's, and what each try of whoever sent it was answered. */
export interface StrangeEvent {
  readonly fault: string;
  readonly event: string;
  readonly answers: readonly (number | null)[];
}

/** One request that a tenant's server has got. */
export interface Webhook {
  readonly endpoint: string;
  /** Of its header. */
  readonly id: string;
  /** By the library that receivers use, at the moment when it came. */
  readonly isSigned: boolean;
  readonly body: string;
}

export interface GatewayEventRow {
  readonly id: string;
  readonly handled_at: string | null;
}

export interface EndpointRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly event_types: readonly string[] | null;
  readonly created_at: string;
}

export interface DeliveryRow {
  readonly endpoint_id: string;
  readonly event_id: string;
  /** Null: a test, which is of no order. */
  readonly order_id: string | null;
  readonly state: string;
  readonly attempts: readonly unknown[];
}
