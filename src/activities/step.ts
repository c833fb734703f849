/** What all activities share: how a record becomes an answer, and how long a call may take. */
import { Refusal } from '../domain/wrong.ts';
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
 * still time to ask what became of it.
 */
export function callBudget({ timeLeftMs }: Deps): { readonly timeoutMs: number } {
  return { timeoutMs: Math.max(Math.floor(timeLeftMs() / 2), SHORTEST_CALL_MS) };
}
