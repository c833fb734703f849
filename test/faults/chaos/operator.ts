/**
 * What operators do to runs, on any run that is open at that moment: whichever it is depends on the
 * moment, but which of them, counted from the oldest, is the plan's.
 */
import { Client, Connection } from '@temporalio/client';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { OperatorAct } from './acts.ts';
import type { Stack } from './stack.ts';

export interface DoneDeed {
  readonly at: number;
  readonly deed: Deed;
  readonly workflowId: string;
  /** False: there was no answer, so it may have been done or not. */
  readonly answered: boolean;
}

// A Temporal that is down is no operator's time to act.
const DEADLINE_MS = 3_000;

export function createOperator({
  temporalAddress: address,
  taskQueue,
}: Pick<Stack, 'temporalAddress' | 'taskQueue'>) {
  const connection = Connection.lazy({ address, interceptors: [] });
  const client = new Client({ connection });
  const deeds: DoneDeed[] = [];

  const openRuns = async (): Promise<readonly WorkflowExecutionInfo[]> => {
    const found: WorkflowExecutionInfo[] = [];
    const query = `ExecutionStatus = 'Running'`;
    for await (const run of client.workflow.list({ query })) found.push(run);
    return found.sort((one, other) => one.startTime.getTime() - other.startTime.getTime());
  };

  const perform: Readonly<Record<Deed, (run: WorkflowExecutionInfo) => Promise<unknown>>> = {
    terminate: (run) => handleOf(run).terminate('chaos'),
    cancel: (run) => handleOf(run).cancel(),
    async reset(run) {
      const { workflowId, runId } = run;
      const { events } = await handleOf(run).fetchHistory();
      await client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        reason: 'chaos',
        requestId: `${runId}-${deeds.length}`,
        workflowTaskFinishEventId: endOfFirst(events ?? []),
      });
    },
    async 'start-again'(run) {
      const { events } = await handleOf(run).fetchHistory();
      await client.workflow.start(run.type, {
        workflowId: run.workflowId,
        taskQueue,
        args: [inputIn(events ?? [])],
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
    },
  };
  const handleOf = ({ workflowId, runId }: WorkflowExecutionInfo) =>
    client.workflow.getHandle(workflowId, runId);

  return {
    deeds,
    /** Whether there was a run to act on. */
    async act({ fault: deed, pick }: OperatorAct): Promise<boolean> {
      return await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
        const runs = await openRuns();
        const run = runs[Math.floor(pick * runs.length)];
        if (run === undefined) return false;
        const { workflowId } = run;
        const answered = await perform[deed](run).then(
          () => true,
          () => false,
        );
        deeds.push({ at: Date.now(), deed, workflowId, answered });
        return answered;
      });
    },
    close: () => connection.close(),
  };
}

type Deed = OperatorAct['fault'];

type Events = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>;

/** Where the first workflow task ended, or will. */
function endOfFirst(events: Events) {
  const completed = events.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  const scheduled = events.find((event) => event.workflowTaskScheduledEventAttributes)?.eventId;
  return completed ?? scheduled?.add(1) ?? null;
}

/** What the first run was started with. */
function inputIn([started]: Events): unknown {
  const [payload] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()) as unknown;
}
