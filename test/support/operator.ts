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

const because = ['--reason', 'a test'];

export const operator = {
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
