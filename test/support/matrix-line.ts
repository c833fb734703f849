/** What a line of the tenants' matrix says: a route, and what of a tenant's own can be named in it. */
import type { Tenant } from '../api/harness.ts';

/** By the name of the parameter, or of the body's member, that it stands in. */
export type Ids = Readonly<Record<string, string>>;

export interface Line {
  /** As the document has it: `GET /v1/orders/{id}`. */
  readonly operation: string;
  readonly says?: string;
  /** What the tenant would send, and be granted; new for each request where that changes something. */
  readonly own: (tenant: Holder) => Promise<Ids>;
  readonly body?: (ids: Ids) => unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A tenant with something to lose. */
export interface Holder extends Tenant {
  /** A product that nobody else has. */
  readonly sku: string;
  /** A voucher that nobody else has. */
  readonly voucherCode: string;
  /** Completed, and nothing is under way. */
  readonly orderId: string;
  readonly refund: { readonly orderId: string; readonly refundId: string };
}
