/**
 * Histories replayed against a bundle of workflows: the code must issue the commands that it issued
 * when they were made. One replay worker takes them all, for starting one costs more than a replay.
 */
import assert from 'node:assert/strict';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { ReplayHistoriesIterable } from '@temporalio/worker';
import { eventually } from '../api/harness.ts';
import { service } from './services.ts';

/** What kept each history from replaying, by its workflow ID; undefined for those that do. */
export async function replay(
  codePath: string,
  histories: ReplayHistoriesIterable,
): Promise<ReadonlyMap<string, Error | undefined>> {
  const outcomes = new Map<string, Error | undefined>();
  const results = Worker.runReplayHistories({ workflowBundle: { codePath } }, histories);
  for await (const { workflowId, error } of results) {
    outcomes.set(workflowId, outcomes.get(workflowId) ?? error);
  }
  return outcomes;
}

/**
 * Throws unless every run of a task queue replays against the current workflows, those of sagas that
 * were started more than once too. `started` are the sagas that have to be among them.
 */
export async function requireReplays(
  client: Client,
  taskQueue: string,
  started: ReadonlySet<string> = new Set(),
): Promise<void> {
  const runs = () => client.workflow.list({ query: `TaskQueue = '${taskQueue}'` });
  const isGone = (id: string) =>
    client.workflow
      .getHandle(id)
      .describe()
      .then(() => false, isNotFound);
  // Temporal lists a run some time after it has started it.
  await eventually(async () => {
    const missing = new Set(started);
    for await (const { workflowId } of runs()) missing.delete(workflowId);
    return (await Promise.all([...missing].map(isGone))).every(Boolean);
  });
  const { file } = await service('bundle');
  for (const [id, error] of await replay(file, runs().intoHistories())) {
    assert.equal(error, undefined, `the history of ${id} does not replay: ${error?.message}`);
  }
}

/** It was deleted. */
function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
