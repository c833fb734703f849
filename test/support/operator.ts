/** What operators do to runs, with the `temporal` command as they would. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import { CHECKOUT, checkoutWorkflowId } from '../../src/workflows/contract.ts';
import { service } from './services.ts';
import { SHORT_BUDGETS } from './stage.ts';

const run = promisify(execFile);

/** Throws with what the command complained of. */
async function temporal(command: string, id: OrderId, ...options: string[]): Promise<void> {
  const { binary, address } = await service('temporal');
  const workflow = ['--workflow-id', checkoutWorkflowId(id), '--address', address];
  await run(binary, ['workflow', command, ...workflow, ...options]);
}

interface Version {
  readonly drainageInfo?: { readonly drainageStatus?: string };
}

async function versions(
  command: string,
  deployment: string,
  ...options: string[]
): Promise<string> {
  const { binary, address } = await service('temporal');
  const version = ['--deployment-name', deployment, '--address', address];
  const { stdout } = await run(binary, [
    ...['worker', 'deployment', command],
    ...version,
    ...options,
  ]);
  return stdout;
}

const because = ['--reason', 'a test'];

export const operator = {
  /** New orders run on that build from now on; refused until its workers poll for all their work. */
  makeCurrent: (deployment: string, buildId: string) =>
    versions('set-current-version', deployment, '--build-id', buildId, '--yes'),
  /** `draining` while orders run on a build that is not current any more, then `drained`. */
  async drainage(deployment: string, buildId: string): Promise<string | undefined> {
    const options = ['--build-id', buildId, '--output', 'json'];
    const said = await versions('describe-version', deployment, ...options);
    return (JSON.parse(said) as Version).drainageInfo?.drainageStatus;
  },
  /** Moves an order to a build that replays its history. */
  pin(id: OrderId, deployment: string, buildId: string) {
    const version = [
      ...['--versioning-override-deployment-name', deployment],
      ...['--versioning-override-build-id', buildId],
    ];
    return temporal('update-options', id, '--versioning-override-behavior', 'pinned', ...version);
  },
  /** Begins all orders again that run on a build. */
  async resetAll(deployment: string, buildId: string) {
    const { binary, address } = await service('temporal');
    const version = `TemporalWorkerDeploymentVersion = '${deployment}:${buildId}'`;
    const query = ['--query', `${version} AND ExecutionStatus = 'Running'`, '--yes'];
    const first = ['--type', 'FirstWorkflowTask', ...because];
    await run(binary, ['workflow', 'reset', ...query, ...first, '--address', address]);
  },
  reset: (id: OrderId) => temporal('reset', id, '--type', 'FirstWorkflowTask', ...because),
  terminate: (id: OrderId) => temporal('terminate', id, ...because),
  cancel: (id: OrderId) => temporal('cancel', id),
  delete: (id: OrderId) => temporal('delete', id),
  /** Also while it runs, and also when it has completed: both go beyond what our client does. */
  startAgain(order: OrderFacts, taskQueue: string) {
    const what = ['--type', CHECKOUT, '--task-queue', taskQueue];
    const input = JSON.stringify({ order, budgets: SHORT_BUDGETS });
    const policies = [
      ...['--id-conflict-policy', 'TerminateExisting'],
      ...['--id-reuse-policy', 'AllowDuplicate'],
    ];
    return temporal('start', order.id, ...what, '--input', input, ...policies);
  },
};
