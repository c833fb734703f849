/** What the participants know of the attempt that calls them, however deep inside a step. */
import { CancellationScope } from '@temporalio/workflow';

/**
 * `mayFail`: a few tries, for the saga can unwind. `mustSucceed`: more of them, before an operator
 * is called. `parked`: slow ones, without end.
 */
export type Duty = 'mayFail' | 'mustSucceed' | 'parked';

export interface Attempt {
  readonly duty: Duty;
  /** Called when the quick first try has not succeeded. */
  readonly waits: () => void;
}

/** Rides on Temporal's own scopes, which follow the calls of a step through everything it awaits. */
export class AttemptScope extends CancellationScope {
  readonly attempt: Attempt;

  constructor(attempt: Attempt) {
    super();
    this.attempt = attempt;
  }
}

/** Outside of a step nobody unwinds and nobody is called: it is tried slowly, without end. */
export function currentAttempt(): Attempt {
  let scope: CancellationScope | undefined = CancellationScope.current();
  while (scope !== undefined && !(scope instanceof AttemptScope)) scope = scope.parent;
  return scope?.attempt ?? { duty: 'parked', waits: () => undefined };
}
