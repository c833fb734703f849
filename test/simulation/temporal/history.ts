/** What a run's history holds, and what a workflow may ask for in it. */
import type { RetryPolicy } from '@temporalio/workflow';
import type { Resolution } from '../../../src/saga/index.ts';

/** How an activity ended; the failure is the cause that the workflow is told. */
export type Outcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: Error };

/** What happens to a run from outside: handed to it with its next workflow task. */
export type Happening =
  | { readonly kind: 'activity'; readonly seq: number; readonly outcome: Outcome }
  | { readonly kind: 'timer'; readonly seq: number }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'look' }
  | { readonly kind: 'resolution'; readonly resolution: Resolution };

/** A local activity's result: in the history only with the workflow task that it belongs to. */
export interface Marker {
  readonly seq: number;
  readonly outcome: Outcome;
}

/** A workflow task that was completed. */
export interface Task {
  /** The workflow's time. */
  readonly now: number;
  readonly happenings: readonly Happening[];
  readonly markers: readonly Marker[];
  /** What the workflow asked for, in words: a replay has to ask for the same. */
  readonly asked: readonly string[];
  readonly commands: readonly Command[];
}

export interface ActivityCall {
  readonly seq: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

export type Command =
  | { readonly kind: 'schedule'; readonly call: ActivityCall }
  | { readonly kind: 'give up'; readonly seq: number }
  | { readonly kind: 'timer'; readonly seq: number; readonly ms: number }
  | { readonly kind: 'end' };
