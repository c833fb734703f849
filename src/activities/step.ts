/** What all activities share: how a record becomes an answer, and how long a call may take. */
import { Refusal, Unavailable } from '../domain/wrong.ts';
import type { Deps, Recorded, StepResult } from './ports.ts';

/** A recorded refusal is refused again; a recorded result is answered again. */
export function settle(recorded: Recorded): StepResult {
  if (recorded.state === 'refused') throw new Refusal(recorded.code, recorded.detail);
  return recorded.result;
}

// Too short to be answered, long enough to be sent.
const SHORTEST_CALL_MS = 50;

/**
 * One call gets half of what is left of the attempt, so that after a call that hangs there is
 * still time to ask what became of it. Asked for right before each call: an attempt that is over,
 * because its process was frozen, sends nothing any more. Meanwhile others have done, or an operator
 * by hand, what it was about to do.
 */
export function callBudget(deps: Deps): CallBudget {
  return { timeoutMs: Math.max(Math.floor(timeLeft(deps) / 2), SHORTEST_CALL_MS) };
}

// To write down what came of it.
const TO_RECORD_MS = 300;

/**
 * For a call that nobody can ask about afterwards, such as a mail: nearly all that is left. A mail
 * server that is slow to answer has taken the mail, and who gives up on it sends it twice.
 */
export function wholeBudget(deps: Deps): CallBudget {
  return { timeoutMs: Math.max(Math.floor(timeLeft(deps) - TO_RECORD_MS), SHORTEST_CALL_MS) };
}

interface CallBudget {
  readonly timeoutMs: number;
}

function timeLeft({ timeLeftMs }: Deps): number {
  const left = timeLeftMs();
  if (left <= 0) throw new Unavailable('The attempt is over, and sends nothing any more.');
  return left;
}
