/**
 * Starts runs so that operators find them in the Temporal UI, by the search attributes of the
 * contract. Where the namespace does not know these, runs start without: nothing depends on a
 * list, and an order that waited for one would be worse. It is said once, until it is mended.
 */
import { ServiceError } from '@temporalio/client';
import type { WorkflowStartOptions } from '@temporalio/client';
import type { OrderFacts } from '../domain/order.ts';
import type { RefundFacts } from '../domain/refund.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

export type Listing = Pick<WorkflowStartOptions, 'typedSearchAttributes'>;

/** `onUnlisted` hears what Temporal said against it. */
export function createListing(onUnlisted: (detail: string) => void) {
  let isMissing = false;
  return async (listing: Listing, start: (listing: Listing) => Promise<unknown>): Promise<void> => {
    try {
      await start(listing);
      isMissing = false;
    } catch (error) {
      const objection = objectionTo(error);
      if (objection === undefined) throw error;
      if (!isMissing) onUnlisted(objection);
      isMissing = true;
      await start({});
    }
  };
}

export function listingOf(
  { tenantId, amountMinor }: OrderFacts | RefundFacts,
  status: 'accepted' | 'requested',
): Listing {
  // Beyond what a number holds, the list says "at least"; the amount itself is in PostgreSQL.
  const amount = Math.min(Number(amountMinor), Number.MAX_SAFE_INTEGER);
  return {
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.tenant, value: tenantId },
      { key: SEARCH_ATTRIBUTES.status, value: status },
      { key: SEARCH_ATTRIBUTES.needsOperator, value: false },
      { key: SEARCH_ATTRIBUTES.amountMinor, value: amount },
    ],
  };
}

// gRPC's code for a request that is wrong in itself.
const INVALID_ARGUMENT = 3;

/** Temporal has no code of its own for this: unknown names and other types are told by its words. */
function objectionTo(error: unknown): string | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  const { code, details } = error.cause as { code?: number; details?: string };
  return code === INVALID_ARGUMENT && details?.includes('search attribute') ? details : undefined;
}
