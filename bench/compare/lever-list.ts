/**
 * The levers: one setting each that differs from the engine as it is, and what was chosen after
 * measuring. What the product has is measured by taking it away.
 */
import type { Lever } from './contenders/temporal.ts';

export interface Choice extends Lever {
  /** What the setting is, for the table. */
  readonly told: string;
  readonly chosen: string;
}

export const LEVERS: readonly Choice[] = [
  {
    ...{ name: 'promise-hooks', promiseHooks: true },
    told: 'a stack for each promise, as the SDK comes',
    chosen: 'left out (decision 27)',
  },
  {
    ...{ name: 'no-time-limit', first: 'bench/compare/apps/no-time-limit.mjs' },
    told: 'no time limit on a workflow’s code, so no thread of Node’s to watch each call into it',
    chosen:
      'kept as the SDK has it: a workflow that never yields must not stop all others of its worker',
  },
  {
    ...{ name: 'young-32', node: '--max-semi-space-size=32' },
    told: 'worker: a young generation of 3 × 32 MB instead of 16',
    chosen: 'the default: within the range, and it takes memory in each of the worker’s threads',
  },
  {
    ...{ name: 'young-64', node: '--max-semi-space-size=64' },
    told: 'worker: … of 3 × 64 MB',
    chosen: 'the default',
  },
  {
    ...{ name: 'postgres12', server: { plugin: 'postgres12' } },
    told: 'server: the older of its two PostgreSQL drivers',
    chosen: '`postgres12_pgx` is used',
  },
  {
    ...{ name: 'shards-512', server: { historyShards: 512 } },
    told: 'server: 512 history shards instead of 4',
    chosen: '4 where one machine is all there will ever be; 512 costs nothing that shows',
  },
  {
    ...{ name: 'partitions-4', server: { taskQueuePartitions: 4 } },
    told: 'server: 4 partitions of a task queue, its default, instead of 1',
    chosen: '1 with one worker or two',
  },
  {
    ...{ name: 'cache-500', worker: { maxCachedWorkflows: 500 } },
    told: 'worker: at most 500 runs in its cache',
    chosen: 'the SDK’s default',
  },
  {
    ...{ name: 'workflow-slots-20', worker: { maxConcurrentWorkflowTaskExecutions: 20 } },
    told: 'worker: 20 workflow tasks at a time instead of 40',
    chosen: 'the SDK’s default',
  },
  {
    ...{ name: 'workflow-slots-100', worker: { maxConcurrentWorkflowTaskExecutions: 100 } },
    told: 'worker: 100 workflow tasks at a time',
    chosen: 'the SDK’s default',
  },
  {
    name: 'pollers-autoscaling',
    worker: {
      workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 4, maximum: 16 },
    },
    told: 'worker: 2 to 16 pollers, as many as it takes',
    chosen: 'the SDK’s default',
  },
  {
    name: 'pollers-4',
    worker: { workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 } },
    told: 'worker: 4 pollers of workflow tasks',
    chosen: 'the SDK’s default',
  },
  {
    ...{ name: 'uncompressed', connection: { grpcCompression: { codec: 'none' } } },
    told: 'no gRPC compression',
    chosen: 'the SDK’s default: no difference on one machine, less to send between two',
  },
  {
    ...{ name: 'production-bundle', bundle: 'production' },
    told: 'a bundle made in production mode',
    chosen: 'not made: no gain beyond the range, and the names in stacks are lost',
  },
  {
    ...{ name: 'eager', eager: true },
    told: 'the door in the worker’s process: one shared connection, runs started eagerly',
    chosen: 'not made (decision 28)',
  },
  {
    ...{ name: 'search-attributes', workflow: 'shownCheckout' },
    told: 'one update of search attributes more',
    chosen: 'one an order, at its end: people look for orders by their status',
  },
];
