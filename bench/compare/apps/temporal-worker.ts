/** A worker for the workflows that it is given, with the settings of makegood's own worker. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { makeTelemetryFilterString } from '@temporalio/worker';
import { createSteps } from './steps.ts';

Runtime.install({
  logger: new DefaultLogger('WARN'),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) },
  },
  shutdownSignals: ['SIGTERM'],
});
const connection = await NativeConnection.connect({
  address: process.env['TEMPORAL_ADDRESS'] ?? '',
});
const worker = await Worker.create({
  connection,
  taskQueue: process.env['TEMPORAL_TASK_QUEUE'] ?? '',
  activities: { ...createSteps(process.env) },
  workflowBundle: { codePath: process.env['WORKFLOW_BUNDLE'] ?? '' },
  stickyQueueScheduleToStartTimeout: '3s',
  shutdownGraceTime: '10s',
});
process.once('disconnect', () => process.exit(1));
process.send?.({ ready: true });
await worker.run();
await connection.close();
process.exit(0);
