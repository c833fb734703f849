/**
 * A refund that was asked for, once the checkout has ended. It has one step, and no way back: money
 * that was given back is not taken again. Only the gateway's own no ends it any other way.
 */
import type { Activities } from '../activities/index.ts';
import type { RefundFacts } from '../domain/refund.ts';
import { participants, runSaga } from '../saga/index.ts';
import type { Runtime, Saga, SagaOptions } from '../saga/index.ts';
import type { RefundInput, RefundResult } from './contract.ts';
import { showRun } from './show-run.ts';

/** The Temporal workflow: the saga below on its real participants. */
export function refund({ refund, budgets }: RefundInput): Promise<RefundResult> {
  const act = participants<Activities>(budgets);
  return showRun((onProgress) => runRefund(act, refund, { onProgress }));
}

/** The same on any runtime. */
export function runRefund(
  act: Activities,
  refund: RefundFacts,
  { onProgress }: Pick<SagaOptions<RefundResult>, 'onProgress'> = {},
  runtime?: Runtime,
): Promise<RefundResult> {
  return runSaga<RefundResult>(
    (saga) => refundSaga(saga, act, refund),
    {
      beginUnwind: () => act.refundGate(refund),
      close: () => Promise.resolve({ status: 'failed' as const }),
      callOperator: (parked) => act.callOperator(refund, parked),
      ...(onProgress && { onProgress }),
    },
    runtime,
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
