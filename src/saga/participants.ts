/**
 * The parties of a saga, called at two speeds. Every call is tried first as a local activity: once,
 * with a short timeout, inside the running workflow task, so that a smooth saga costs one task. On
 * anything but success or a refusal it becomes a regular activity, visible to operators while it
 * is retried: a bounded number of times for those that may fail, without end for the others.
 * This is safe because every activity may run twice (docs/decisions/0001).
 */
import { ActivityCancellationType, scheduleActivity } from '@temporalio/workflow';
import { scheduleLocalActivity } from '@temporalio/workflow';
import { classify } from './wrong.ts';

/** Part of a saga's input, so that tests can use short ones. */
export interface Budgets {
  /** The first, local try. */
  readonly localTimeoutMs: number;
  /** Each try after that. Queueing does not count: a worker outage is no refusal. */
  readonly attemptTimeoutMs: number;
  /** Tries of a participant that may fail, after the local one. */
  readonly attempts: number;
  readonly firstRetryMs: number;
  readonly slowestRetryMs: number;
}

export const PRODUCTION_BUDGETS: Budgets = {
  // Longer than a slow card network's good answer, shorter than a client's patience.
  localTimeoutMs: 5_000,
  attemptTimeoutMs: 10_000,
  // With the pauses between them about a minute: then the customer hears "try again later".
  attempts: 5,
  firstRetryMs: 500,
  slowestRetryMs: 60_000,
};

type Participants = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

export function participants<P>({
  mayFail,
  budgets,
}: {
  /** The activities whose attempts are bounded; all others must succeed. */
  readonly mayFail: readonly (keyof P & string)[];
  readonly budgets?: Partial<Budgets> | undefined;
}): P {
  const budget = { ...PRODUCTION_BUDGETS, ...budgets };
  const bounded: readonly string[] = mayFail;
  const participant = (_: unknown, name: string | symbol) => {
    if (typeof name === 'symbol') return undefined;
    return (...args: unknown[]) => twoSpeeds(name, args, budget, bounded.includes(name));
  };
  return new Proxy<Participants>({}, { get: participant }) as P;
}

async function twoSpeeds(
  name: string,
  args: unknown[],
  budget: Budgets,
  bounded: boolean,
): Promise<unknown> {
  const summary = inWords(name);
  const cancellationType = ActivityCancellationType.TRY_CANCEL;
  try {
    return await scheduleLocalActivity(name, args, {
      startToCloseTimeout: budget.localTimeoutMs,
      retry: { maximumAttempts: 1 },
      cancellationType,
      summary,
    });
  } catch (error) {
    const { kind } = classify(error);
    if (kind === 'refusal' || kind === 'cancelled') throw error;
  }
  return await scheduleActivity(name, args, {
    startToCloseTimeout: budget.attemptTimeoutMs,
    retry: {
      initialInterval: budget.firstRetryMs,
      maximumInterval: budget.slowestRetryMs,
      ...(bounded && { maximumAttempts: budget.attempts }),
    },
    // Nobody waits for a cancelled call to give up: its undo stands whatever it still does.
    cancellationType,
    summary,
  });
}

/** `reserveStock` reads `reserve stock` in the Temporal UI. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
