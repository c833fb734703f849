/**
 * A small world for sagas without a server: parties whose effects can be counted, and a runtime
 * whose time passes at once and whose cancellation arrives between any two calls.
 */
import { CancelledFailure } from '@temporalio/workflow';
import { bug, refusal, unavailable } from '../../src/saga/wrong.ts';
import type { Progress, Runtime } from '../../src/saga/index.ts';

export type Behaviour =
  | { readonly kind: 'succeeds' }
  | { readonly kind: 'is refused' }
  | { readonly kind: 'fails' }
  | { readonly kind: 'loses its answer' }
  | { readonly kind: 'has a bug'; readonly times: number };

export interface World extends Runtime {
  /** Effects that stand. */
  readonly effects: Set<string>;
  /** Every call, in order: `do reserve`, `undo reserve`. */
  readonly calls: string[];
  readonly progress: () => Progress;
  readonly act: (name: string, behaviour: Behaviour) => () => Promise<string>;
  readonly undo: (name: string, failures: number) => () => Promise<void>;
  readonly cancel: () => void;
}

/** `cancelAt`: the number of the call during which the cancel arrives; never when undefined. */
export function createWorld(cancelAt?: number): World {
  const effects = new Set<string>();
  const calls: string[] = [];
  let cancelled = false;
  let shields = 0;
  let published: Progress = [];

  const heed = () => {
    if (cancelled && shields === 0) throw new CancelledFailure('cancelled');
  };
  const enter = async (call: string) => {
    heed();
    calls.push(call);
    if (calls.length === cancelAt) cancelled = true;
    await Promise.resolve();
  };
  const failures = new Map<string, number>();
  const count = (name: string) => {
    const times = (failures.get(name) ?? 0) + 1;
    failures.set(name, times);
    return times;
  };

  return {
    effects,
    calls,
    progress: () => published,
    cancel: () => (cancelled = true),
    act: (name, behaviour) => async () => {
      await enter(`do ${name}`);
      switch (behaviour.kind) {
        case 'is refused':
          throw refusal(`${name}-refused`, `${name} says no`);
        case 'fails':
          throw unavailable(`${name} does not answer`);
        case 'loses its answer':
          effects.add(name);
          throw unavailable(`${name}'s answer is lost`);
        case 'has a bug':
          if (count(name) <= behaviour.times) throw bug(new TypeError('undefined is not money'));
          break;
        case 'succeeds':
      }
      effects.add(name);
      // The effect stands, and the caller hears of the cancel instead of the answer.
      heed();
      return name;
    },
    undo: (name, times) => async () => {
      await enter(`undo ${name}`);
      if (count(`undo ${name}`) <= times) throw unavailable(`${name} cannot be undone yet`);
      effects.delete(name);
    },
    cancelRequested: () => cancelled,
    shield: async (work) => {
      shields += 1;
      try {
        return await work();
      } finally {
        shields -= 1;
      }
    },
    sleep: () => {
      heed();
      return Promise.resolve();
    },
    now: () => 0,
    publish: (progress) => (published = progress),
  };
}
