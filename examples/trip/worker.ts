/** The worker: polls the trips' own task queue, decides by the workflow and acts by the activities. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from './activities.ts';
import type { Parties } from './parties.ts';

export interface TripWorkerOptions {
  readonly address: string;
  readonly taskQueue: string;
  readonly parties: Parties;
}

export async function createTripWorker({ address, taskQueue, parties }: TripWorkerOptions) {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    activities: createActivities(parties),
  });
  return { worker, close: () => connection.close() };
}
