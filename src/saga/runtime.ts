/**
 * What the engine needs from outside, as one parameter: Temporal in a workflow, anything else in
 * a test. The engine itself never touches the SDK.
 */
import {
  CancellationScope,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { AttemptScope } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { LOOK_AGAIN, RESOLVE_STEP } from './parking.ts';
import type { Resolution } from './parking.ts';
import { describeProgress } from './progress.ts';
import type { Progress } from './progress.ts';

export interface Runtime {
  /** Whether somebody has asked for this saga to be cancelled. */
  readonly cancelRequested: () => boolean;
  /** Runs the work to its end whatever is cancelled meanwhile. */
  readonly shield: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs one attempt at a step; the participants that it calls heed its duty. */
  readonly attempt: <T>(attempt: Attempt, work: () => Promise<T>) => Promise<T>;
  /** Answers what the first to settle answers, and cancels the others. */
  readonly race: <T>(contenders: readonly (() => Promise<T>)[]) => Promise<T>;
  /** Rejects when cancelled, unless shielded. `why` is for whoever looks at the timer. */
  readonly sleep: (ms: number, why?: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once before the first step, then after every change. */
  readonly publish: (progress: Progress) => void;
  /** Called once, before the first step: `check` throws what is wrong with an operator's word. */
  readonly onResolution: (desk: OperatorsDesk) => void;
  /** Called once, before the first step: `look` makes whatever waits try again at once. */
  readonly onLook: (look: () => void) => void;
}

interface OperatorsDesk {
  readonly check: (resolution: Resolution) => void;
  readonly resolve: (resolution: Resolution) => void;
}

export const progressQuery = defineQuery<Progress>('progress');
export const resolveStep = defineUpdate<undefined, [Resolution]>(RESOLVE_STEP);

/** A hint: there may be something new for a step that waits. To miss it only costs time. */
const lookSignal = defineSignal(LOOK_AGAIN);

// Temporal refuses a summary of more than 400 bytes; it suggests 200.
const SUMMARY_LENGTH = 120;

export const temporal: Runtime = {
  cancelRequested: () => CancellationScope.current().consideredCancelled,
  shield: (work) => CancellationScope.nonCancellable(work),
  attempt: (attempt, work) => new AttemptScope(attempt).run(work),
  async race(contenders) {
    const scope = new CancellationScope();
    try {
      return await scope.run(() => Promise.race(contenders.map((contend) => contend())));
    } finally {
      scope.cancel();
    }
  },
  sleep: (ms, why = 'wait before the next attempt') =>
    sleep(ms, { summary: why.slice(0, SUMMARY_LENGTH) }),
  now: () => Date.now(),
  publish(progress) {
    setHandler(progressQuery, () => progress, { description: 'How far the saga has come.' });
    setCurrentDetails(describeProgress(progress));
  },
  onResolution({ check, resolve }) {
    const obey = (resolution: Resolution) => {
      resolve(resolution);
      return undefined;
    };
    setHandler(resolveStep, obey, {
      validator: check,
      description: "An operator's word on a parked step: {step, action, by, why, result?, code?}.",
    });
  },
  onLook(look) {
    const description = 'Makes a step that waits try again at once.';
    setHandler(lookSignal, look, { description });
  },
};
