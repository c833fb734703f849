/** The engine's rules, one small story each. */
import assert from 'node:assert/strict';
import { runSaga } from '../../src/saga/index.ts';
import type { Unwind } from '../../src/saga/index.ts';
import { createWorld } from './world.ts';

describe('a cancel that arrives between two steps', () => {
  it('stops the saga before the pivot', async () => {
    const world = createWorld();
    const outcome = await runSaga(
      async (saga) => {
        const run = world.act('hold', { kind: 'succeeds' });
        await saga.step('hold', { run, compensate: world.undo('hold', 0) });
        world.cancel();
        await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
        return 'completed';
      },
      { close: (reason) => Promise.resolve(reason) },
      world,
    );
    assert.equal(outcome, 'cancelled');
    assert.deepEqual(world.calls, ['do hold', 'undo hold']);
  });
});

describe('a saga whose books say that it is too late to unwind', () => {
  it('undoes nothing, and goes on with the step until it succeeds', async () => {
    const world = createWorld();
    let answers = 2;
    const outcome = await runSaga(
      async (saga) => {
        await saga.step('hold', {
          run: async () => {
            answers -= 1;
            return await world.act('hold', { kind: answers > 0 ? 'fails' : 'succeeds' })();
          },
          compensate: world.undo('hold', 0),
        });
        await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
        return 'completed';
      },
      {
        beginUnwind: () => Promise.resolve<Unwind>({ gate: 'committed', reason: null }),
        close: () => Promise.reject(new Error('must not close')),
      },
      world,
    );
    assert.equal(outcome, 'completed');
    assert.deepEqual(world.calls, ['do hold', 'do hold', 'do take']);
  });

  it('answers with the first reason that the books have, not with its own', async () => {
    const world = createWorld();
    const outcome = await runSaga(
      async (saga) => {
        const run = world.act('hold', { kind: 'is refused' });
        return await saga.step('hold', { run, compensate: world.undo('hold', 0) });
      },
      {
        beginUnwind: () => Promise.resolve({ gate: 'unwinding', reason: 'cancelled' }),
        close: (reason) => Promise.resolve(reason),
      },
      world,
    );
    assert.equal(outcome, 'cancelled');
  });
});

describe('a pivot that nobody answers', () => {
  it('is neither refused nor done: nothing is undone, and it is asked until somebody does', async () => {
    const world = createWorld();
    let failures = 5;
    const outcome = await runSaga(
      async (saga) => {
        const run = world.act('hold', { kind: 'succeeds' });
        await saga.step('hold', { run, compensate: world.undo('hold', 0) });
        await saga.pivot('take', async () => {
          failures -= 1;
          return await world.act('take', { kind: failures > 0 ? 'fails' : 'succeeds' })();
        });
        return 'completed';
      },
      { close: () => Promise.reject(new Error('must not close')) },
      world,
    );
    assert.equal(outcome, 'completed');
    assert.deepEqual([...world.effects], ['hold', 'take']);
  });
});

describe('a refusal after the pivot', () => {
  it('is a bug unless it was declared: the step is tried until it succeeds', async () => {
    const world = createWorld();
    const behaviours = [{ kind: 'is refused' }, { kind: 'succeeds' }] as const;
    let calls = 0;
    const answer = await runSaga(
      async (saga) => {
        const committed = await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
        const run = () => world.act('ship', behaviours[calls++] ?? { kind: 'fails' })();
        return await committed.step('ship', run, { refusals: ['something-else'] });
      },
      { close: () => Promise.reject(new Error('must not close')) },
      world,
    );
    assert.equal(answer, 'ship');
  });

  it('is answered as a value when it was declared, and undoes nothing', async () => {
    const world = createWorld();
    const answer = await runSaga(
      async (saga) => {
        const committed = await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
        return await committed.step('ship', world.act('ship', { kind: 'is refused' }), {
          refusals: ['ship-refused'],
        });
      },
      { close: () => Promise.reject(new Error('must not close')) },
      world,
    );
    assert.deepEqual(answer, { refused: 'ship-refused', detail: 'ship says no' });
    assert.deepEqual(world.progress().at(-1)?.state, 'refused');
  });
});

describe('a saga that is written wrongly', () => {
  const wrongly = (body: Parameters<typeof runSaga<unknown>>[0]) =>
    runSaga(body, { close: () => Promise.reject(new Error('must not close')) }, createWorld());
  const nothing = { run: () => Promise.resolve(), compensate: () => Promise.resolve() };

  it('throws on a compensable step after the pivot', () =>
    assert.rejects(
      wrongly(async (saga) => {
        await saga.pivot('take', () => Promise.resolve());
        await saga.step('hold', nothing);
      }),
      /step 'hold' while the saga is committed/,
    ));

  it('throws on a step while another one is in flight', () =>
    assert.rejects(
      wrongly((saga) => Promise.all([saga.step('one', nothing), saga.step('two', nothing)])),
      /step 'two' while 'one' is in flight/,
    ));

  it('throws on its own bugs and undoes nothing, so that the task blocks until they are mended', async () => {
    const world = createWorld();
    const saga = runSaga(
      async (scope) => {
        await scope.step('hold', {
          run: world.act('hold', { kind: 'succeeds' }),
          compensate: world.undo('hold', 0),
        });
        throw new TypeError('a bug in workflow code');
      },
      { close: () => Promise.resolve() },
      world,
    );
    await assert.rejects(saga, TypeError);
    assert.deepEqual(world.calls, ['do hold']);
  });

  it('unwinds also when its body swallows the error', async () => {
    const world = createWorld();
    const outcome = await runSaga(
      async (saga) => {
        const step = {
          run: world.act('hold', { kind: 'fails' }),
          compensate: world.undo('hold', 0),
        };
        await saga.step('hold', step).catch(() => undefined);
        return 'completed';
      },
      { close: (reason) => Promise.resolve(reason) },
      world,
    );
    assert.equal(outcome, 'temporarily-unavailable');
    assert.deepEqual(world.calls, ['do hold', 'undo hold']);
  });
});
