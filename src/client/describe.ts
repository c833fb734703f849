/** Reads what became of a run off Temporal's description of it. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { SagaRun } from './ports.ts';

const CLOSED = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
} as const;

/** One call; a second one for the words, only where a workflow task fails. */
export async function describeRun(
  client: Client,
  workflowId: string,
  patienceMs: number,
): Promise<SagaRun> {
  const run = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  if (run === undefined) return { state: 'missing' };
  const { name } = run.status;
  if (name in CLOSED) return { state: CLOSED[name as keyof typeof CLOSED] };
  const cancelRequested = run.raw.workflowExtendedInfo?.cancelRequested === true;
  const blocked = (await failingTask(client, run)) ?? untakenWork(run, patienceMs);
  return { state: 'running', cancelRequested, ...(blocked !== undefined && { blocked }) };
}

/** The first attempt of a workflow task is not the last only when it failed or its worker died. */
async function failingTask(
  client: Client,
  { raw, workflowId, runId }: WorkflowExecutionDescription,
): Promise<string | undefined> {
  const attempt = raw.pendingWorkflowTask?.attempt ?? 1;
  if (attempt <= 1) return undefined;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: LAST_EVENTS,
  });
  const failures = (history?.events ?? []).map(
    ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message,
  );
  const words =
    failures.find((message) => message !== undefined) ?? `no worker${ofBuild(raw)} answered`;
  return `the workflow task fails, now at attempt ${attempt}: ${words}`;
}

// Only the first failure is in the history, and nothing but signals and the like come after it.
const LAST_EVENTS = 20;

/** Work that lies in the task queue for longer than anybody's patience: no worker asks for it. */
function untakenWork(
  { raw, taskQueue }: WorkflowExecutionDescription,
  patienceMs: number,
): string | undefined {
  const { pendingWorkflowTask: task, pendingActivities } = raw;
  // Started tasks are somebody's; an activity has a scheduled time only while it waits.
  const waiting = [
    ...(task && !task.startedTime ? [task.originalScheduledTime] : []),
    ...(pendingActivities ?? []).map(({ scheduledTime }) => scheduledTime),
  ];
  const since = Math.min(...waiting.map(millis));
  if (since > Date.now() - patienceMs) return undefined;
  const worker = `no worker${ofBuild(raw)}`;
  return `${worker} has taken its work from queue ${taskQueue} since ${new Date(since).toISOString()}`;
}

/** The only build that gets the work of a run which is pinned to one. */
function ofBuild({ workflowExecutionInfo }: WorkflowExecutionDescription['raw']): string {
  const { versioningOverride, deploymentVersion } = workflowExecutionInfo?.versioningInfo ?? {};
  const buildId = (versioningOverride?.pinned?.version ?? deploymentVersion)?.buildId;
  return buildId ? ` of build ${buildId}` : '';
}

function millis(
  time: { seconds?: { toNumber(): number } | null; nanos?: number | null } | null | undefined,
): number {
  return time?.seconds ? time.seconds.toNumber() * 1_000 + (time.nanos ?? 0) / 1e6 : Infinity;
}
