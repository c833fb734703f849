/** A retry policy, as Temporal's server reads it. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { RetryPolicy } from '@temporalio/workflow';

export function isLast(policy: RetryPolicy, attempt: number, failure: Error): boolean {
  if (attempt >= (policy.maximumAttempts ?? Infinity)) return true;
  return failure instanceof ApplicationFailure && failure.nonRetryable === true;
}

/** Before the attempt after this one. */
export function pauseMs(policy: RetryPolicy, attempt: number): number {
  const first = Number(policy.initialInterval ?? 1_000);
  const longest = Number(policy.maximumInterval ?? 100 * first);
  return Math.min(first * (policy.backoffCoefficient ?? 2) ** (attempt - 1), longest);
}
