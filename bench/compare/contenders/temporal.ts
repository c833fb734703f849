/** The contenders on Temporal with the peers' steps: the usual saga, and makegood's engine. */
import { Client, Connection } from '@temporalio/client';
import type { NativeConnectionOptions, WorkerOptions } from '@temporalio/worker';
import type { Arena, Contender, Histories, Work } from '../contender.ts';
import type { TemporalKind } from '../ground.ts';
import type { ServerProfile } from '../temporal-server.ts';
import { openShop, throughDoor } from './shop.ts';

const FLAVOURS = {
  usual: { title: 'usual Temporal saga', workflow: 'usualCheckout' },
  bare: { title: 'makegood', workflow: 'bareCheckout' },
} as const;

const TASK_QUEUE = 'bench';

/** One setting that differs. */
export interface Lever {
  readonly name: string;
  readonly worker?: Partial<WorkerOptions>;
  readonly connection?: NativeConnectionOptions;
  readonly bundle?: 'production';
  readonly workflow?: string;
  /** The door in the worker's process, on its connection, and runs started eagerly. */
  readonly eager?: boolean;
  /** As the SDK comes: a stack for each promise. */
  readonly promiseHooks?: boolean;
  readonly server?: ServerProfile;
  /** Flags of the worker's Node. */
  readonly node?: string;
  /** Loaded into the worker, and into its threads, after what it has first. */
  readonly first?: string;
}

export function onTemporal(
  flavour: keyof typeof FLAVOURS,
  work: Work,
  kind: TemporalKind,
  lever?: Lever,
): Contender {
  const { title, workflow: usual } = FLAVOURS[flavour];
  const workflow = lever?.workflow ?? usual;
  return {
    name: lever?.name ?? named(flavour === 'bare' ? 'makegood' : flavour, kind),
    title: lever?.name ?? titled(title, kind),
    work,
    async start(ground) {
      const shop = await openShop(ground, work);
      const address = await ground.temporal(kind, lever?.server);
      const env = {
        ...shop.env,
        TEMPORAL_ADDRESS: address,
        TEMPORAL_TASK_QUEUE: TASK_QUEUE,
        WORKFLOW_BUNDLE: ground.prepared.bundles[lever?.bundle ?? flavour],
        BENCH_WORKFLOW: workflow,
        ...(lever && { BENCH_LEVER: JSON.stringify(lever) }),
      };
      const worker = await ground.program(...workerProgram(env, lever));
      const front = lever?.eager
        ? worker
        : await ground.program('front', 'compare/apps/temporal-front.ts', env);
      const door = throughDoor(front.url ?? '');
      const latest: string[] = [];
      const place: Arena['place'] = async (id) => {
        await door(id);
        remember(latest, id);
      };
      return {
        place,
        completed: async () => [await countRuns(address, workflow), ...(await shop.completed())],
        histories: () => readHistories(address, latest),
      };
    },
  };
}

function workerProgram(env: NodeJS.ProcessEnv, lever: Partial<Lever> = {}) {
  const { node, promiseHooks, first } = lever;
  const ofWorker = { ...env, ...(node && { NODE_OPTIONS: node }) };
  const before = [...(promiseHooks ? [] : ['src/workflow-thread.mjs']), ...(first ? [first] : [])];
  return ['worker', 'compare/apps/temporal-worker.ts', ofWorker, before] as const;
}

export function named(name: string, kind: TemporalKind): string {
  return kind === 'server' ? name : `${name}-dev`;
}

export function titled(title: string, kind: TemporalKind): string {
  return kind === 'server' ? title : `${title}, dev server`;
}

// Of orders that all went the same way a few say enough.
const HISTORIES = 5;

export function remember(latest: string[], id: string): void {
  latest.push(id);
  if (latest.length > HISTORIES) latest.shift();
}

async function countRuns(address: string, workflow: string): Promise<number> {
  return await withTemporal(address, async (client) => {
    const query = `WorkflowType = '${workflow}' AND ExecutionStatus = 'Completed'`;
    return (await client.workflow.count(query)).count;
  });
}

export async function readHistories(address: string, ids: readonly string[]): Promise<Histories> {
  return await withTemporal(address, async (client) => {
    let [events, workflowTasks] = [0, 0];
    for (const id of ids) {
      const history = await client.workflow.getHandle(id).fetchHistory();
      const all = history.events ?? [];
      events += all.length;
      workflowTasks += all.filter((event) => event.workflowTaskCompletedEventAttributes).length;
    }
    return { events: events / ids.length, workflowTasks: workflowTasks / ids.length };
  });
}

async function withTemporal<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
