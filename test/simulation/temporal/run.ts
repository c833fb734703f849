/** A run as the server keeps it, and what the server needs of whoever works for it. */
import type { ActivityCall, Happening, Outcome, Task } from './history.ts';
import type { Instance } from './instance.ts';

export type Workflow = (instance: Instance) => Promise<unknown>;

export interface Run {
  readonly id: string;
  readonly workflow: Workflow;
  state: 'running' | 'completed' | 'terminated';
  cancelRequested: boolean;
  readonly tasks: Task[];
  /** Not yet in a completed task. */
  readonly arrived: Happening[];
  readonly activities: Map<number, Pending>;
  readonly timers: Map<number, () => void>;
  /** The workflow task of the moment: what an earlier one says does not count. */
  turn: number;
  task: 'none' | 'queued' | 'started';
  /** Who has the run in memory. */
  sticky: Poller | undefined;
  /** Calls off the timeout of its workflow task. */
  inTime: () => void;
}

export interface Pending {
  readonly call: ActivityCall;
  attempt: number;
  /** The attempt of the moment, as for a workflow task. */
  turn: number;
}

export interface Poller {
  /** Whether it is there, and not stopped. */
  readonly takesWork: (now: number) => boolean;
  readonly work: (run: Run, turn: number) => Promise<void>;
  readonly attempt: (run: Run, call: ActivityCall, report: (outcome: Outcome) => void) => void;
}

// Temporal's default.
export const WORKFLOW_TASK_MS = 10_000;
// When the local activities of one task have lasted for so long, what is known is written down.
export const HEARTBEAT_MS = 0.8 * WORKFLOW_TASK_MS;
