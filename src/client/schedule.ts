/**
 * The reconciler's schedule: created by whichever worker starts first, and changed where another pace is
 * configured. One for each task queue; a run that is due while another goes on is skipped.
 */
import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { RECONCILE } from '../workflows/contract.ts';
import type { ReconcileInput } from '../workflows/contract.ts';

export interface ReconcilerSchedule {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string | undefined;
  readonly taskQueue: string;
  readonly everySeconds: number;
  readonly budgets?: ReconcileInput['budgets'];
}

export function reconcilerScheduleId(taskQueue: string): string {
  return `reconciler-${taskQueue}`;
}

export async function ensureReconciler(options: ReconcilerSchedule): Promise<void> {
  const { address, namespace, apiKey, taskQueue, everySeconds, budgets } = options;
  const connection = await Connection.connect({
    address,
    ...(apiKey !== undefined && { apiKey, tls: true }),
  });
  const { schedule } = new Client({ connection, namespace });
  const scheduleId = reconcilerScheduleId(taskQueue);
  const input: ReconcileInput = { budgets };
  const wanted = {
    spec: { intervals: [{ every: everySeconds * 1_000 }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE,
      workflowId: scheduleId,
      taskQueue,
      args: [input],
    },
    // Runs that were missed are made up for by the next one.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: MISSED },
  };
  try {
    await schedule.create({ scheduleId, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await schedule.getHandle(scheduleId).update(({ state }) => ({ ...wanted, state }));
  } finally {
    await connection.close();
  }
}

// The shortest that Temporal takes.
const MISSED = '10s';
