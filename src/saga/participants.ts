/**
 * The parties of a saga, called at two speeds. Every call is tried first as a local activity: once,
 * with a short timeout, inside the running workflow task, so that a smooth saga costs one task. On
 * anything but success or a refusal it becomes a regular activity, visible to operators while it
 * is retried: as often as the step's duty says, and once the step is parked slowly and without end.
 * This is safe because every activity may run twice (docs/decisions/0001).
 */
import { ActivityCancellationType, scheduleActivity } from '@temporalio/workflow';
import { scheduleLocalActivity } from '@temporalio/workflow';
import type { ActivityOptions, LocalActivityOptions, RetryPolicy } from '@temporalio/workflow';
import { currentAttempt } from './attempt.ts';
import type { Attempt, Duty } from './attempt.ts';
import { classify } from './wrong.ts';

/** Part of a saga's input, so that tests can use short ones. */
export interface Budgets {
  /** The first, local try. */
  readonly localTimeoutMs: number;
  /** Each try after that. Queueing does not count: a worker outage is no refusal. */
  readonly attemptTimeoutMs: number;
  /** Tries of a step that may fail, after the local one. */
  readonly attempts: number;
  /** Tries of a step that must succeed, after the local one, before it is parked. */
  readonly hotAttempts: number;
  readonly firstRetryMs: number;
  /** The longest pause between two tries; from parking on, every pause. */
  readonly slowestRetryMs: number;
}

export const PRODUCTION_BUDGETS: Budgets = {
  // Longer than a slow card network's good answer, shorter than a client's patience.
  localTimeoutMs: 5_000,
  attemptTimeoutMs: 10_000,
  // With the pauses between them about a minute: then the customer hears "try again later".
  attempts: 5,
  // With the pauses between them three minutes or more: a restart of anything wakes no operator.
  hotAttempts: 10,
  firstRetryMs: 500,
  slowestRetryMs: 60_000,
};

/** How participants are called: by Temporal, or by whatever a test has in its place. */
export interface Calls {
  readonly currentAttempt: () => Attempt;
  readonly local: Call<LocalActivityOptions>;
  readonly regular: Call<ActivityOptions>;
}

type Call<Options> = (name: string, args: unknown[], options: Options) => Promise<unknown>;

const temporal: Calls = {
  currentAttempt,
  local: scheduleLocalActivity,
  regular: scheduleActivity,
};

/** `P`: the activities by their names, as the worker has them. */
export function participants<P extends object>(
  budgets?: Partial<Budgets>,
  calls = temporal,
): { readonly [Name in keyof P]: P[Name] } {
  const budget = { ...PRODUCTION_BUDGETS, ...budgets };
  return new Proxy({} as P, {
    get: (_, name) =>
      typeof name === 'string' && ((...args: unknown[]) => twoSpeeds(calls, name, args, budget)),
  });
}

async function twoSpeeds(
  calls: Calls,
  name: string,
  args: unknown[],
  budget: Budgets,
): Promise<unknown> {
  const { duty, waits } = calls.currentAttempt();
  const summary = inWords(name);
  const cancellationType = ActivityCancellationType.TRY_CANCEL;
  try {
    if (duty !== 'parked') {
      return await calls.local(name, args, {
        startToCloseTimeout: budget.localTimeoutMs,
        retry: { maximumAttempts: 1 },
        cancellationType,
        summary,
      });
    }
  } catch (error) {
    const { kind } = classify(error);
    if (kind !== 'failure' && kind !== 'bug') throw error;
  }
  waits();
  return await calls.regular(name, args, {
    startToCloseTimeout: budget.attemptTimeoutMs,
    retry: retryPolicy(duty, budget),
    // Nobody waits for a cancelled call to give up: its undo stands whatever it still does.
    cancellationType,
    summary,
  });
}

function retryPolicy(
  duty: Duty,
  { attempts, hotAttempts, firstRetryMs, slowestRetryMs }: Budgets,
): RetryPolicy {
  if (duty === 'parked') return { initialInterval: slowestRetryMs, backoffCoefficient: 1 };
  return {
    initialInterval: firstRetryMs,
    maximumInterval: slowestRetryMs,
    maximumAttempts: duty === 'mayFail' ? attempts : hotAttempts,
  };
}

/** `reserveStock` reads `reserve stock` in the Temporal UI. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
