/** A step that is parked more than once: whoever has to hear of it does, and it gets no busier. */
import assert from 'node:assert/strict';
import { runSaga } from '../../src/saga/index.ts';
import type { ParkedStep, Resolution } from '../../src/saga/index.ts';
import { refusal } from '../../src/saga/wrong.ts';
import { createWorld } from './world.ts';

const word = (step: string, action: Resolution['action'], code?: string): Resolution => ({
  step,
  action,
  by: 'ann',
  why: 'she has called them',
  ...(code !== undefined && { code }),
});

describe('a step that is parked again', () => {
  it('calls the operator who could not be reached the first time', async () => {
    const world = createWorld();
    const reached: ParkedStep[] = [];
    let calls = 0;
    let works = false;
    const ship = async () => {
      if (works) return await world.act('ship', { kind: 'succeeds' })();
      return await world.act('ship', { kind: 'has a bug', times: Infinity })();
    };
    await runSaga(
      async (saga) => {
        const committed = await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
        return await committed.step('ship', ship);
      },
      {
        close: () => Promise.reject(new Error('must not close')),
        callOperator(parked) {
          calls += 1;
          // The books are down, and somebody says in the Temporal UI that it is to be tried again.
          if (calls === 1) {
            world.resolve(word('ship', 'retry'));
            return new Promise(() => undefined);
          }
          reached.push(parked);
          works = true;
          return Promise.resolve();
        },
      },
      world,
    );
    assert.equal(reached.length, 1);
  });

  it('waits longer each time, also where the books say that it is too late to unwind', async () => {
    const world = createWorld();
    const pauses: number[] = [];
    let tries = 0;
    const take = () =>
      (tries += 1) < 6
        ? Promise.reject(refusal('declined', 'the bank says no'))
        : Promise.resolve('taken');
    const calls: string[] = [];
    await runSaga(
      async (saga) => {
        await saga.pivot('take', take);
      },
      {
        beginUnwind: () => Promise.resolve({ gate: 'committing', reason: null }),
        close: () => Promise.reject(new Error('must not close')),
        callOperator: ({ detail }) => Promise.resolve(calls.push(detail)),
      },
      { ...world, sleep: (ms) => (pauses.push(ms), world.sleep(ms)) },
    );
    assert.deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 32_000]);
    assert.deepEqual(calls, ['too late to unwind, and yet: the bank says no']);
  });

  it('hears one word at a time: a second one is told that it came too late', async () => {
    const world = createWorld();
    let second = 'accepted';
    const hold = world.act('hold', { kind: 'has a bug', times: Infinity });
    await runSaga(
      async (saga) => {
        await saga.step('hold', { run: hold, compensate: world.undo('hold', 0) });
      },
      {
        close: () => Promise.resolve(),
        callOperator() {
          world.resolve(word('hold', 'refuse', 'sold-elsewhere'));
          try {
            world.resolve(word('hold', 'retry'));
          } catch (error) {
            second = (error as Error).message;
          }
          return Promise.resolve();
        },
      },
      world,
    );
    assert.equal(second, "step 'hold' is not parked: no step is");
  });
});
