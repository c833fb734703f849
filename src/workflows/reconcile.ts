/**
 * One run of the reconciler, by a schedule that never starts a second beside it. Whatever does not answer
 * is asked again, slowly, for as long as it takes; the next run begins after that.
 */
import {
  ParentClosePolicy,
  startChild,
  TemporalFailure,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReconcileActivities } from '../activities/index.ts';
import { participants } from '../saga/index.ts';
import { SETTLE } from './contract.ts';
import type { ReconcileInput, ReconcileResult, SettleInput } from './contract.ts';

// A batch of questions that each take all their time, and then some.
const LONGEST_ATTEMPT_MS = 120_000;

export async function reconcile({ budgets }: ReconcileInput): Promise<ReconcileResult> {
  const act = participants<ReconcileActivities>({
    ...budgets,
    attemptTimeoutMs: LONGEST_ATTEMPT_MS,
  });
  const { workflowId, runId } = workflowInfo();
  return await runReconcile(act, { id: workflowId, tenantId: 'all', requestId: runId }, (id) =>
    startSettling({ id, budgets }),
  );
}

type Act = Pick<
  ReconcileActivities,
  'readGatewayEvents' | 'readOwnEntries' | 'checkPayments' | 'listSettling'
>;

/** The same on any runtime. */
export async function runReconcile(
  act: Act,
  ref: Parameters<Act['readGatewayEvents']>[0],
  settle: (id: string) => Promise<void>,
): Promise<ReconcileResult> {
  const { events } = await act.readGatewayEvents(ref);
  await act.readOwnEntries(ref);
  const { checked } = await act.checkPayments(ref);
  const ids = await act.listSettling(ref);
  for (const id of ids) await settle(id);
  return { events, checked, settling: ids.length };
}

/** It outlives this run. One that goes on, or has ended well, is left alone. */
async function startSettling(input: SettleInput): Promise<void> {
  try {
    await startChild(SETTLE, {
      workflowId: input.id,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    });
  } catch (error) {
    if (!(error instanceof TemporalFailure) || error.name !== STARTED) throw error;
  }
}

// The sandbox has the error's name, not its class.
const STARTED = 'WorkflowExecutionAlreadyStartedError';
