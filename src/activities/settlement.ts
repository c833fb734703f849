/**
 * Settles one difference: lets a hold go, or gives money back, that no order of ours counts on. The books
 * say again, with everything locked, that it may be; the gateway's keys come from the difference.
 */
import { Pending } from '../domain/wrong.ts';
import { keyed, refundAtGateway } from './gateway-calls.ts';
import type { Deps, Recorded } from './ports.ts';
import type { SettlementBook, SettlementWork } from './reconcile-ports.ts';
import { callBudget, settle } from './step.ts';

export interface SettleRef {
  /** Of the difference; the workflow's ID as well. */
  readonly id: string;
  readonly tenantId: string;
  readonly requestId: string;
}

type SettleDeps = Deps & { readonly settlements: SettlementBook };

export function settlement(deps: SettleDeps) {
  const { settlements } = deps;
  return {
    async settleDifference({ id }: SettleRef): Promise<void> {
      const begun = await settlements.beginSettling(id);
      if (begun.state !== 'open') return void settle(begun);
      const act = begun.work.remedy === 'void' ? letGo : payBack;
      settle(await act(deps, id, begun.work));
    },
    noteSettlingTrouble: ({ id }: SettleRef, { detail }: { readonly detail: string }) =>
      settlements.noteTrouble(id, detail),
    settleGate: (_: SettleRef): Promise<{ gate: string; reason: string | null }> =>
      Promise.resolve({ gate: 'unwinding', reason: null }),
  };
}

async function letGo(deps: SettleDeps, id: string, work: SettlementWork): Promise<Recorded> {
  const { gateway, settlements } = deps;
  const before = await gateway.retrieveIntent(work.intentId, callBudget(deps));
  const after =
    before.status === 'canceled'
      ? before
      : await gateway.cancelIntent(work.intentId, keyed(deps, id, 'cancel', work.n));
  if (after.status === 'canceled') {
    return await settlements.recordSettled(id, after.id, after.status);
  }
  if (after.status === 'succeeded') {
    return await settlements.giveUp(id, 'it was captured meanwhile');
  }
  throw new Pending(`The payment ${after.id} is ${after.status}.`);
}

async function payBack(deps: SettleDeps, id: string, work: SettlementWork): Promise<Recorded> {
  const { settlements } = deps;
  const refund = await refundAtGateway(deps, { sagaId: id, orderId: work.orderId }, work);
  switch (refund.status) {
    case 'succeeded':
      return await settlements.recordSettled(id, refund.id, refund.status);
    case 'failed':
    case 'canceled':
      return await settlements.giveUp(id, `the refund ${refund.id} is ${refund.status}`);
    case 'pending':
    case 'requires_action':
      throw new Pending(`The refund ${refund.id} is ${refund.status}.`);
  }
}
