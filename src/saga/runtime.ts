/**
 * What the engine needs from outside, as one parameter: Temporal in a workflow, anything else in
 * a test. The engine itself never touches the SDK.
 */
import {
  CancellationScope,
  defineQuery,
  setCurrentDetails,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { describeProgress } from './progress.ts';
import type { Progress } from './progress.ts';

export interface Runtime {
  /** Whether somebody has asked for this saga to be cancelled. */
  readonly cancelRequested: () => boolean;
  /** Runs the work to its end whatever is cancelled meanwhile. */
  readonly shield: <T>(work: () => Promise<T>) => Promise<T>;
  /** Rejects when cancelled, unless shielded. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once before the first step, then after every change. */
  readonly publish: (progress: Progress) => void;
}

export const progressQuery = defineQuery<Progress>('progress');

export const temporal: Runtime = {
  cancelRequested: () => CancellationScope.current().consideredCancelled,
  shield: (work) => CancellationScope.nonCancellable(work),
  sleep: (ms) => sleep(ms, { summary: 'wait before the next attempt' }),
  now: () => Date.now(),
  publish(progress) {
    setHandler(progressQuery, () => progress);
    setCurrentDetails(describeProgress(progress));
  },
};
