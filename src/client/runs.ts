/** All runs at once, for an operator after a restore: listed, ended, begun again. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Run, Runs } from './ports.ts';
import { CHECKOUT, REFUND } from '../workflows/contract.ts';

export interface RunsOptions {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string | undefined;
}

export async function connectRuns(
  options: RunsOptions,
): Promise<Runs & { readonly close: () => Promise<void> }> {
  const { address, namespace, apiKey } = options;
  const connection = await Connection.connect({
    address,
    ...(apiKey !== undefined && { apiKey, tls: true }),
  });
  const client = new Client({ connection, namespace });

  return {
    async since(moment) {
      const latest = new Map<string, Run & { readonly startedAt: Date }>();
      const query =
        `WorkflowType IN ('${CHECKOUT}', '${REFUND}') AND` +
        ` (ExecutionStatus = 'Running' OR CloseTime >= '${moment.toISOString()}')`;
      for await (const info of client.workflow.list({ query })) {
        const { workflowId, runId, status, startTime: startedAt } = info;
        if ((latest.get(workflowId)?.startedAt ?? new Date(0)) > startedAt) continue;
        latest.set(workflowId, {
          sagaId: workflowId as Run['sagaId'],
          runId,
          startedAt,
          isRunning: status.name === 'RUNNING',
          isCompleted: status.name === 'COMPLETED',
        });
      }
      return [...latest.values()];
    },

    async end({ sagaId, runId }, reason) {
      await client.workflow.getHandle(sagaId, runId).terminate(reason);
    },

    async beginAgain({ sagaId: workflowId, runId }, reason) {
      const { history } = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId },
        maximumPageSize: FIRST_EVENTS,
      });
      const events = history?.events ?? [];
      const completed = events.find((event) => event.workflowTaskCompletedEventAttributes);
      const started = events.find((event) => event.workflowTaskStartedEventAttributes);
      const eventId = (completed ?? started)?.eventId;
      if (eventId === undefined || eventId === null) return;
      await client.workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: { workflowId, runId },
        reason,
        requestId: randomUUID(),
        workflowTaskFinishEventId: eventId,
      });
    },

    close: () => connection.close(),
  };
}

// The first workflow task follows the start at once; signals and failed tasks may be in between.
const FIRST_EVENTS = 50;
