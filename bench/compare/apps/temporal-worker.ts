/**
 * A worker for the workflows that it is given, with the settings of makegood's own worker. What a
 * lever changes it is told by the environment; so is whether it has the door in the same process,
 * where a workflow can be started eagerly.
 */
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { makeTelemetryFilterString } from '@temporalio/worker';
import type { NativeConnectionOptions, WorkerOptions } from '@temporalio/worker';
import { serve } from './front.ts';
import { createSteps } from './steps.ts';

interface Lever {
  readonly connection?: NativeConnectionOptions;
  readonly worker?: Partial<WorkerOptions>;
  readonly eager?: boolean;
}

const lever = JSON.parse(process.env['BENCH_LEVER'] ?? '{}') as Lever;
const taskQueue = process.env['TEMPORAL_TASK_QUEUE'] ?? '';

Runtime.install({
  logger: new DefaultLogger('WARN'),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) },
  },
  shutdownSignals: lever.eager ? [] : ['SIGTERM'],
});
const connection = await NativeConnection.connect({
  address: process.env['TEMPORAL_ADDRESS'] ?? '',
  ...lever.connection,
});
const worker = await Worker.create({
  connection,
  taskQueue,
  activities: { ...createSteps(process.env) },
  workflowBundle: { codePath: process.env['WORKFLOW_BUNDLE'] ?? '' },
  stickyQueueScheduleToStartTimeout: '3s',
  shutdownGraceTime: '10s',
  ...lever.worker,
});
const running = worker.run();
if (lever.eager) serveEagerly();
else {
  process.once('disconnect', () => process.exit(1));
  process.send?.({ ready: true });
}
await running;
await connection.close();
process.exit(0);

function serveEagerly(): void {
  const { workflow } = new Client({ connection });
  const type = process.env['BENCH_WORKFLOW'] ?? '';
  serve(
    async (id) => {
      const started = { workflowId: id, taskQueue, args: [id], requestEagerStart: true };
      const handle = await workflow.start(type, started);
      const answer: unknown = await handle.result();
      if (answer !== id) throw new Error(`the workflow answered ${String(answer)}`);
    },
    async () => {
      worker.shutdown();
      await running;
    },
  );
}
