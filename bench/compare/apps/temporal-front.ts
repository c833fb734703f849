/** The door to a Temporal workflow: starts one for each order and waits for its result. */
import { Client, Connection } from '@temporalio/client';
import { serve } from './front.ts';

const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const { workflow } = new Client({ connection });
const type = process.env['BENCH_WORKFLOW'] ?? '';
const taskQueue = process.env['TEMPORAL_TASK_QUEUE'] ?? '';

serve(
  async (id) => {
    const answer: unknown = await workflow.execute(type, { workflowId: id, taskQueue, args: [id] });
    if (answer !== id) throw new Error(`the workflow answered ${String(answer)}`);
  },
  () => connection.close(),
);
