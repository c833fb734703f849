/**
 * A small world for sagas without a server: parties whose effects can be counted, and a runtime
 * whose time passes at once and whose cancellation arrives between any two calls.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { CancelledFailure } from '@temporalio/workflow';
import { bug, refusal, unavailable } from '../../src/saga/wrong.ts';
import type { Progress, Resolution, Runtime } from '../../src/saga/index.ts';

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
  /** An operator's word, checked first as Temporal does. */
  readonly resolve: (resolution: Resolution) => void;
  /** A hint that there may be something new. */
  readonly look: () => void;
  /** How long was slept, time after time. */
  readonly slept: number[];
  /** The word that an operator has ready for when the step is parked. */
  readonly whenParked: (resolution: Resolution) => void;
}

/** The race that a call belongs to: whoever loses one does nothing any more. */
const heats = new AsyncLocalStorage<{ over: boolean }>();

/** `cancelAt`: the number of the call during which the cancel arrives; never when undefined. */
export function createWorld(cancelAt?: number): World {
  const effects = new Set<string>();
  const calls: string[] = [];
  let cancelled = false;
  let shields = 0;
  let published: Progress = [];
  const slept: number[] = [];
  let told: () => void = () => undefined;
  let desk: Parameters<Runtime['onResolution']>[0] | undefined;

  const heed = () => {
    const isLost = heats.getStore()?.over ?? false;
    if (isLost || (cancelled && shields === 0)) throw new CancelledFailure('cancelled');
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

  const words = new Map<string, Resolution>();
  const world: World = {
    effects,
    calls,
    progress: () => published,
    cancel: () => (cancelled = true),
    look: () => told(),
    slept,
    whenParked: (resolution) => void words.set(resolution.step, resolution),
    resolve: (resolution) => {
      desk?.check(resolution);
      desk?.resolve(resolution);
    },
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
    attempt: (_, work) => work(),
    race: async (contenders) => {
      const heat = { over: false };
      try {
        return await Promise.race(contenders.map((contend) => heats.run(heat, contend)));
      } finally {
        heat.over = true;
      }
    },
    // Everybody gets a turn, also where a step fails for ever.
    sleep: async (ms) => {
      heed();
      slept.push(ms);
      await new Promise(setImmediate);
      heed();
    },
    now: () => 0,
    publish: (progress) => {
      published = progress;
      for (const { step, state } of progress) {
        const word = state === 'parked' ? words.get(step) : undefined;
        if (word === undefined) continue;
        words.delete(step);
        // The step is parked once its progress has been published.
        queueMicrotask(() => world.resolve(word));
      }
    },
    onResolution: (given) => (desk = given),
    onLook: (look) => (told = look),
  };
  return world;
}
