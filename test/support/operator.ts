/** What operators do to runs, with the `temporal` command as they would. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { OrderFacts, OrderId } from '../../src/domain/order.ts';
import type { RefundFacts, RefundId } from '../../src/domain/refund.ts';
import { CHECKOUT, REFUND } from '../../src/workflows/contract.ts';
import type { CheckoutInput, RefundInput } from '../../src/workflows/contract.ts';
import { service } from './services.ts';
import { SHORT_BUDGETS } from './stage.ts';

const run = promisify(execFile);

/** Throws with what the command complained of. */
async function temporal(command: string, id: SagaId, ...options: string[]): Promise<void> {
  const { binary, address } = await service('temporal');
  const workflow = ['--workflow-id', id, '--address', address];
  await run(binary, ['workflow', command, ...workflow, ...options]);
}

/** Which is also its workflow's ID. */
type SagaId = OrderId | RefundId;

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
  reset: (id: SagaId) => temporal('reset', id, '--type', 'FirstWorkflowTask', ...because),
  terminate: (id: SagaId) => temporal('terminate', id, ...because),
  cancel: (id: SagaId) => temporal('cancel', id),
  delete: (id: SagaId) => temporal('delete', id),
  /** Also while it runs, and also when it has completed: both go beyond what our client does. */
  startAgain: (order: OrderFacts, taskQueue: string) =>
    startAgain(CHECKOUT, order.id, { order, budgets: SHORT_BUDGETS }, taskQueue),
  startRefundAgain: (refund: RefundFacts, taskQueue: string) =>
    startAgain(REFUND, refund.id, { refund, budgets: SHORT_BUDGETS }, taskQueue),
};

function startAgain(
  type: string,
  id: SagaId,
  input: CheckoutInput | RefundInput,
  taskQueue: string,
): Promise<void> {
  const what = ['--type', type, '--task-queue', taskQueue, '--input', JSON.stringify(input)];
  const policies = [
    ...['--id-conflict-policy', 'TerminateExisting'],
    ...['--id-reuse-policy', 'AllowDuplicate'],
  ];
  return temporal('start', id, ...what, ...policies);
}
