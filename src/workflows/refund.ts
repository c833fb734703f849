/**
 * A refund that was asked for, once the checkout has ended. It has one step, and no way back: money
 * that was given back is not taken again. Only the gateway's own no ends it any other way.
 */
import type { Activities } from '../activities/index.ts';
import type { RefundFacts } from '../domain/refund.ts';
import { participants, runSaga } from '../saga/index.ts';
import type { Saga } from '../saga/index.ts';
import type { RefundInput, RefundResult } from './contract.ts';
import { showRun } from './show-run.ts';

/** The Temporal workflow: the saga below on its real participants. */
export function refund({ refund, budgets }: RefundInput): Promise<RefundResult> {
  const act = participants<Activities>(budgets);
  return showRun((onProgress) =>
    runSaga((saga) => refundSaga(saga, act, refund), {
      beginUnwind: () => act.refundGate(refund),
      close: () => Promise.resolve({ status: 'failed' as const }),
      callOperator: (parked) => act.callOperator(refund, parked),
      onProgress,
    }),
  );
}

export async function refundSaga(
  saga: Saga,
  act: Pick<Activities, 'sendRefund'>,
  refund: RefundFacts,
): Promise<RefundResult> {
  await saga.pivot('send refund', () => act.sendRefund(refund));
  return { status: 'succeeded' };
}
