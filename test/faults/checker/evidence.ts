/**
 * What a run leaves behind, as the folder of README.md has it: what each party wrote down, what
 * clients sent and saw, and what could be read when all was over. Nothing here is worked out.
 */
import type { Sighting } from './canaries.ts';
import type {
  DeliveryRow,
  EndpointRow,
  GatewayEventRow,
  StrangeEvent,
  Telling,
  Webhook,
} from './told.ts';

export interface Evidence {
  readonly run: Run;
  readonly clients: readonly ClientLine[];
  readonly finals: readonly FinalOrder[];
  readonly list: readonly ListedOrder[];
  readonly gateway: readonly GatewayLine[];
  readonly tellings: readonly Telling[];
  readonly webhooks: readonly Webhook[];
  readonly carrier: readonly CarrierLine[];
  readonly mails: readonly MailLine[];
  readonly database: Database;
  readonly snapshots: readonly Snapshot[];
  readonly runs: readonly WorkflowRun[];
  readonly operators: readonly OperatorAct[];
  /** Where a canary was seen although it must not be. */
  readonly sightings: readonly Sighting[];
  /** What could not be read: with any of these there is no "passed". */
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly file: string;
  readonly why: string;
}

export interface Run {
  readonly healedAt: string;
  readonly stock: Readonly<Record<string, number>>;
  readonly plan: readonly { readonly target?: string }[];
  readonly unresolvable: readonly string[];
  /** What was done to runs by Temporal's own means. */
  readonly deeds?: readonly { readonly deed: string; readonly workflowId: string }[];
  /** Who else told us of the gateway's events. */
  readonly strange?: readonly StrangeEvent[];
  readonly budgets?: { readonly hotAttempts?: number; readonly callsPerOrder?: number };
}

/** One request, its answer, or that there was none; `call` joins them. */
export interface ClientLine {
  readonly at: number;
  readonly kind: 'send' | 'answer' | 'lost';
  readonly tenant: string;
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly call: number;
}

export interface Money {
  readonly value: string;
  readonly currency: string;
}

interface Order {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly amount: Money;
  readonly voucher?: { readonly code: string; readonly discount: Money };
  readonly lines: readonly (Line & { readonly unitPrice: Money })[];
  readonly payment: Readonly<Record<'authorized' | 'captured' | 'refunded', string>> & {
    readonly action?: { readonly expiresAt: string };
  };
  readonly shipment?: { readonly trackingNumber: string };
  /** Of an order that is captured at shipment, once one was asked for. */
  readonly shipments?: readonly Shipment[];
  readonly needsOperator: boolean;
}

export interface Shipment {
  readonly id: string;
  readonly status: string;
  readonly amount: Money;
  readonly lines: readonly Line[];
  readonly trackingNumber?: string;
}

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

export interface OrderEvent {
  readonly id: string;
  readonly type: string;
  readonly orderId: string;
  readonly refundId?: string;
  readonly sequence: number;
  readonly occurredAt: string;
  readonly data: Order;
}

interface Refund {
  readonly id: string;
  readonly status: string;
  readonly amount: Money;
  readonly lines?: readonly Line[];
  readonly restock: boolean;
}

export interface FinalOrder {
  readonly id: string;
  readonly status: number;
  readonly order: Order;
  readonly events: readonly OrderEvent[];
  readonly refunds: readonly Refund[];
}

type ListedOrder = Order & { readonly tenant?: string };

interface BookLine {
  readonly seq: number;
  readonly kind: 'effect' | 'request';
  readonly at: string;
  readonly operation: string;
  readonly orderId: string | null;
  readonly effect?: string;
  readonly outcome?: string;
  readonly fault?: string | null;
}

export interface GatewayLine extends BookLine {
  readonly key: string | null;
  readonly intent: string | null;
  readonly amount?: number;
  readonly currency?: string;
  readonly refund?: string;
  readonly path?: string;
  readonly params?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface CarrierLine extends BookLine {
  readonly reference: string;
  readonly trackingNumber?: string | null;
}

export interface MailLine extends BookLine {
  readonly messageId?: string;
  readonly mail?: { readonly messageId: string; readonly to: string; readonly text: string };
}

export interface Database {
  readonly order: readonly OrderRow[];
  readonly stock: readonly StockRow[];
  readonly reservation: readonly ReservationRow[];
  readonly voucher: readonly VoucherRow[];
  readonly voucher_use: readonly {
    readonly order_id: string;
    readonly tenant_id: string;
    readonly code: string;
    readonly state: string;
  }[];
  readonly payment_entry: readonly EntryRow[];
  readonly refund: readonly { readonly id: string; readonly request_id: string | null }[];
  readonly parked_step: readonly { readonly order_id: string }[];
  readonly operator_action: readonly ActionRow[];
  readonly order_event: readonly {
    readonly order_id: string;
    readonly sequence: number;
    readonly id: string;
    readonly type: string;
    readonly occurred_at: string;
  }[];
  readonly gateway_event: readonly GatewayEventRow[];
  readonly webhook_endpoint: readonly EndpointRow[];
  readonly webhook_delivery: readonly DeliveryRow[];
}

interface OrderRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly status: string;
  readonly needs_operator: boolean;
}

export interface StockRow {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

export interface VoucherRow {
  readonly tenant_id: string;
  readonly code: string;
  readonly taken: number;
  readonly uses: number;
}

export interface ReservationRow extends Line {
  readonly order_id: string;
  readonly state: string;
  readonly restocked: number;
}

export interface EntryRow extends Readonly<Record<MoneyColumn, number>> {
  readonly id: number;
  readonly order_id: string;
  readonly refund_id: string | null;
  readonly operation: string;
  readonly n: number;
  readonly kind: string;
}

export const MONEY_COLUMNS = ['authorized', 'captured', 'voided', 'refunded'] as const;
type MoneyColumn = (typeof MONEY_COLUMNS)[number];

export interface ActionRow {
  readonly order_id: string;
  readonly step: string | null;
  readonly action: string;
  readonly operator: string;
  readonly why: string;
  readonly before: unknown;
  readonly after: unknown;
}

interface Snapshot {
  readonly at: string;
  readonly stock: readonly StockRow[];
  /** Not of runs from before there were any. */
  readonly vouchers?: readonly VoucherRow[];
  readonly money: Readonly<Record<MoneyColumn, number>>;
}

export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly startTime: string;
  readonly history?: readonly {
    readonly activity?: string;
    readonly attempts?: number;
  }[];
}

interface OperatorAct {
  readonly orderId: string;
  readonly step?: string;
  readonly action: string;
  readonly operator: string;
  readonly why: string;
  readonly result: string;
}
