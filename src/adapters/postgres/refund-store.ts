/** The API's side of refunds: one function, one round trip, one transaction (migrations/0005 and 0011). */
import type pg from 'pg';
import type { AcceptedRefund, RefundAnswer, RefundSnapshot, RefundStore } from '../../api/ports.ts';
import type { RefundFacts, RefundId } from '../../domain/refund.ts';
import { call, untilKnown } from './pool.ts';
import { callAs } from './tenant.ts';

/** `tenants` for what requests ask, `everyone` for the starter. One pool that may do both will do. */
export function createRefundStore(tenants: pg.Pool, everyone = tenants): RefundStore {
  return {
    async request({ tenantId, route, keyHash, fingerprint }, orderId, refund) {
      const values = [orderId, route, keyHash, fingerprint, JSON.stringify(refund)];
      const answer = await untilKnown(() =>
        callAs<RefundAnswerRow>(tenants, 'request_refund', tenantId, ...values),
      );
      return parseRefundAnswer(answer, refund.id);
    },
    async find(tenantId, orderId, id) {
      const found = await callAs<RefundSnapshot | null>(
        tenants,
        'find_refund',
        tenantId,
        orderId,
        id,
      );
      return found ?? undefined;
    },
    async leaseUnstarted(graceSeconds, limit) {
      const grace = `${graceSeconds} s`;
      const leased = await call<FactsRow[]>(everyone, 'lease_unstarted_refunds', grace, limit);
      return leased.map((row) => parseAccepted(row).facts);
    },
    async stampStarted(ids) {
      await call(everyone, 'stamp_refunds_started', [...ids]);
    },
  };
}

type FactsRow = RefundFacts & { readonly createdAt: string };

export type RefundAnswerRow =
  | Exclude<RefundAnswer, { refund: AcceptedRefund }>
  | { readonly state: 'requested'; readonly refund: FactsRow }
  | { readonly state: 'replayed'; readonly refund: FactsRow; readonly started: boolean };

/** What comes back under our own ID is no replay: the answer to our commit had been lost. */
export function parseRefundAnswer(answer: RefundAnswerRow, ownId: RefundId): RefundAnswer {
  if (answer.state !== 'requested' && answer.state !== 'replayed') return answer;
  const accepted = parseAccepted(answer.refund);
  if (accepted.facts.id === ownId) return { state: 'requested', refund: accepted };
  return { ...answer, refund: accepted };
}

function parseAccepted({ createdAt, ...facts }: FactsRow): AcceptedRefund {
  return { facts, createdAt };
}
