/**
 * A saga is a function over a scope: steps that all happen, or are undone in reverse. Three things
 * make it safe. The undo is recorded before the step runs, so that a lost answer is undone too.
 * Nothing is undone before whoever keeps the books has agreed to unwind. And past the pivot there
 * is no way back: what follows must succeed, and is tried until it does, or an operator says that
 * it has.
 *
 * A compensation therefore finds its target by ID, is idempotent, and is harmless if nothing
 * happened. Reasons travel as codes: a refusal's own, `temporarily-unavailable`, or `cancelled`.
 */
import { Engine } from './engine.ts';
import { temporal } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import type { Saga, SagaOptions } from './scope.ts';

/** Runs a saga to its end: completed, or unwound and closed. Only workflow bugs are thrown. */
export async function runSaga<T>(
  body: (saga: Saga) => Promise<T>,
  { close, ...options }: SagaOptions<T>,
  runtime: Runtime = temporal,
): Promise<T> {
  const engine = new Engine(runtime, options);
  let result: T | undefined;
  try {
    result = await body(engine);
  } catch (error) {
    if (!engine.isUnwinding(error)) throw error;
  }
  // Read off the engine, not off the catch: a body that swallows the error unwinds all the same.
  const reason = engine.unwindingFor;
  return reason === undefined ? (result as T) : await engine.unwind(() => close(reason));
}
