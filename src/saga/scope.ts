/**
 * What a saga's author sees. The types carry the rules: a step before the pivot cannot be written
 * without its undo, a step after it cannot have one, and there is no step after the pivot without
 * the pivot.
 */

import type { ParkedStep } from './parking.ts';
import type { Progress } from './progress.ts';

/** Before the pivot: every step says how it is undone. A name is used once: operators call it. */
export interface Saga {
  /** Runs a step that may be refused or fail, which unwinds the saga. */
  step<T>(name: string, step: CompensableStep<T>): Promise<T>;
  /** The go/no-go point: only a refusal still unwinds; success makes everything before it final. */
  pivot<T>(name: string, run: () => Promise<T>): Promise<Committed<T>>;
}

export interface CompensableStep<T> {
  readonly run: () => Promise<T>;
  readonly compensate: () => Promise<unknown>;
  /** What has waited for days is not given up for an outage: it is tried on, and parked. */
  readonly patient?: true;
}

/** After the pivot: steps that must succeed, or wait for an operator. None of them has an undo. */
export interface Committed<T = unknown> {
  /** What the pivot answered. */
  readonly result: T;
  step<R>(name: string, run: () => Promise<R>): Promise<R>;
  /** One that the saga can end without: an operator may skip it. */
  step<R>(
    name: string,
    run: () => Promise<R>,
    options: { readonly optional: true },
  ): Promise<R | undefined>;
  /** A refusal that is declared is answered as a value; any other is a bug, and waits. */
  step<R, Code extends string>(
    name: string,
    run: () => Promise<R>,
    options: { readonly refusals: readonly Code[] },
  ): Promise<R | Refused<Code>>;
}

export interface Refused<Code extends string = string> {
  readonly refused: Code;
  readonly detail: string;
}

export interface SagaOptions<T> {
  /**
   * Asked before anything is undone. Whoever keeps the books answers whether the saga may unwind,
   * and the first reason it has for that. Must be idempotent. From then on a step has to answer
   * what it has recorded, or refuse: that is how a second run of the same saga finds out what the
   * first one did. Without it, it always may, and a saga that is run twice undoes what it knows of.
   */
  readonly beginUnwind?: (reason: string) => Promise<Unwind>;
  /** Run once everything is undone; what it answers is the saga's result. */
  readonly close: (reason: string) => Promise<T>;
  /**
   * Told of a step that is parked; tried until it succeeds, or the step does. Where there are books,
   * an operator's word belongs into them, and the update `resolveStep` only makes the step look.
   */
  readonly callOperator?: (parked: ParkedStep) => Promise<unknown>;
  /** Called after every change, in the workflow's own thread: for search attributes and the like. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Unwind {
  /** `unwinding`: undo. Anything else: too late, the step must succeed. */
  readonly gate: string;
  readonly reason: string | null;
}
