/** What happens to a step that cannot go on by itself, and what an operator may do about it. */
import assert from 'node:assert/strict';
import { runSaga } from '../../src/saga/index.ts';
import type { Committed, ParkedStep, Resolution, SagaOptions } from '../../src/saga/index.ts';
import { pending } from '../../src/saga/wrong.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

const ann = { by: 'ann', why: 'she has called them' } as const;
const forEver = { kind: 'has a bug', times: Infinity } as const;
const succeeds = { kind: 'succeeds' } as const;
const word = (step: string, action: Resolution['action'], rest: Partial<Resolution> = {}) => ({
  step,
  action,
  ...ann,
  ...rest,
});

/** One step to be undone, the pivot, and what comes after. */
function sell(
  world: World,
  after: (committed: Committed) => Promise<unknown>,
  options: Partial<SagaOptions<unknown>> = {},
): Promise<unknown> {
  return runSaga<unknown>(
    async (saga) => {
      const run = world.act('hold', succeeds);
      await saga.step('hold', { run, compensate: world.undo('hold', 0) });
      return await after(await saga.pivot('take', world.act('take', succeeds)));
    },
    { close: (reason) => Promise.resolve(reason), ...options },
    world,
  );
}

const lineOf = (world: World, name: string) =>
  world.progress().find(({ step }) => step === name) ?? assert.fail(`no line for ${name}`);

describe('a step after the pivot that cannot succeed', () => {
  it('is parked, says what may be done about it, and calls an operator once for one trouble', async () => {
    const world = createWorld();
    const calls: ParkedStep[] = [];
    let tries = 0;
    const ship = async () => {
      if ((tries += 1) === 5) world.resolve(word('ship', 'mark-done', { result: 'parcel 7' }));
      return await world.act('ship', forEver)();
    };
    const outcome = await sell(world, (committed) => committed.step('ship', ship), {
      callOperator: (parked) => Promise.resolve(calls.push(parked)),
    });
    assert.equal(outcome, 'parcel 7');
    assert.deepEqual(calls, [{ step: 'ship', undo: false, detail: 'undefined is not money' }]);
    const { state, detail, choices } = lineOf(world, 'ship');
    assert.deepEqual([state, detail], ['done', 'mark-done by ann: she has called them']);
    assert.deepEqual(choices, ['retry', 'mark-done']);
  });

  it('succeeds by itself as soon as its trouble passes', async () => {
    const world = createWorld();
    const ship = world.act('ship', { kind: 'has a bug', times: 3 });
    assert.equal(await sell(world, (committed) => committed.step('ship', ship)), 'ship');
    assert.equal(lineOf(world, 'ship').state, 'done');
    assert.throws(() => world.resolve(word('ship', 'retry')), /is not parked: no step is/);
  });

  it('may be skipped where the saga can end without it', async () => {
    const world = createWorld();
    world.whenParked(word('thank', 'skip'));
    const thank = world.act('thank', forEver);
    const options = { optional: true } as const;
    await sell(world, (committed) => committed.step('thank', thank, options));
    assert.equal(lineOf(world, 'thank').state, 'skipped');
  });

  it('may be refused with a refusal that it declares', async () => {
    const world = createWorld();
    world.whenParked(word('ship', 'refuse', { code: 'no-such-place' }));
    const ship = world.act('ship', forEver);
    const outcome = await sell(world, (committed) =>
      committed.step('ship', ship, { refusals: ['no-such-place'] }),
    );
    assert.deepEqual(outcome, {
      refused: 'no-such-place',
      detail: 'refuse by ann: she has called them',
    });
  });

  it('is only made to look where books are kept: what was decided is in them', async () => {
    const world = createWorld();
    const books = new Map<string, string>();
    const ship = async () => books.get('ship') ?? (await world.act('ship', forEver)());
    const outcome = await sell(world, (committed) => committed.step('ship', ship), {
      beginUnwind: (reason) => Promise.resolve({ gate: 'unwinding', reason }),
      callOperator() {
        const decided = word('ship', 'mark-done', { result: 'what the update says' });
        assert.throws(() => world.resolve(decided), /'action' must be one of: retry/);
        books.set('ship', 'what the books say');
        world.resolve(word('ship', 'retry'));
        return Promise.resolve();
      },
    });
    assert.equal(outcome, 'what the books say');
  });

  it('that is pending is asked again, and nobody is called', async () => {
    const world = createWorld();
    const states = new Set<string>();
    let tries = 0;
    const settle = () => {
      states.add(world.progress().at(-1)?.state ?? '');
      if ((tries += 1) < 4) return Promise.reject(pending('the bank is at it'));
      return Promise.resolve('settled');
    };
    const outcome = await sell(world, (committed) => committed.step('settle', settle), {
      callOperator: () => Promise.reject(new Error('nobody is to be called')),
    });
    assert.equal(outcome, 'settled');
    assert.deepEqual([...states], ['running', 'waiting']);
  });
});

describe('an undo that cannot succeed', () => {
  const undone = async (action: 'mark-done' | 'skip') => {
    const world = createWorld();
    const outcome = await runSaga(
      async (saga) => {
        for (const name of ['first', 'second', 'third']) {
          const compensate = world.undo(name, name === 'second' ? Infinity : 0);
          await saga.step(name, { run: world.act(name, succeeds), compensate });
        }
        await saga.pivot('take', world.act('take', { kind: 'is refused' }));
        return 'completed';
      },
      {
        close: (reason) => Promise.resolve(reason),
        async callOperator({ step, undo }) {
          assert.deepEqual([step, undo], ['second', true]);
          assert.ok(!world.effects.has('third'), 'what comes later has been undone before');
          while (world.effects.has('first')) await new Promise(setImmediate);
          world.whenParked(word('second', action));
        },
      },
      world,
    );
    assert.equal(outcome, 'take-refused');
    assert.deepEqual([...world.effects], ['second']);
    return lineOf(world, 'second');
  };

  it('lets the undos of earlier steps run, and the saga ends when it is marked as done', async () => {
    assert.equal((await undone('mark-done')).state, 'undone');
  });

  it('may be skipped', async () => {
    const { state, undo, choices } = await undone('skip');
    assert.deepEqual([state, undo], ['skipped', true]);
    assert.deepEqual(choices, ['retry', 'mark-done', 'skip']);
  });

  it('keeps the saga from ending until somebody decides', async () => {
    const world = createWorld();
    let closed = false;
    const saga = runSaga(
      async (scope) => {
        const run = world.act('hold', { kind: 'is refused' });
        await scope.step('hold', { run, compensate: world.undo('hold', Infinity) });
      },
      {
        close: () => {
          closed = true;
          return Promise.resolve();
        },
      },
      world,
    );
    while (world.calls.length < 20) await new Promise(setImmediate);
    assert.equal(closed, false);
    world.resolve(word('hold', 'skip'));
    await saga;
    assert.equal(closed, true);
  });
});

describe('a step before the pivot with a bug', () => {
  const held = (world: World, callOperator?: () => Promise<unknown>) =>
    runSaga(
      async (saga) => {
        const run = world.act('hold', forEver);
        await saga.step('hold', { run, compensate: world.undo('hold', 0) });
        return 'completed';
      },
      { close: (reason) => Promise.resolve(reason), ...(callOperator && { callOperator }) },
      world,
    );

  it('may be refused by an operator, which unwinds with that reason', async () => {
    const world = createWorld();
    world.whenParked(word('hold', 'refuse', { code: 'sold-elsewhere' }));
    assert.equal(await held(world), 'sold-elsewhere');
    assert.deepEqual(world.calls.at(-1), 'undo hold');
  });

  it('may be cancelled while it is parked', async () => {
    const world = createWorld();
    const outcome = await held(world, () => {
      world.cancel();
      return Promise.resolve();
    });
    assert.equal(outcome, 'cancelled');
  });
});

describe("an operator's word", () => {
  /** What the saga says to it while `ship` is parked; then somebody lets the saga end. */
  const answerTo = async (said: Resolution, pivotFails = false) => {
    const world = createWorld();
    let answer = 'accepted';
    const step = pivotFails ? 'take' : 'ship';
    const listen = () => {
      try {
        world.resolve(said);
      } catch (error) {
        answer = (error as Error).message;
      }
      works = true;
      return Promise.resolve();
    };
    let works = false;
    const act = (name: string) => () =>
      world.act(name, works || name !== step ? succeeds : forEver)();
    await runSaga(
      async (saga) => {
        const committed = await saga.pivot('take', act('take'));
        return await committed.step('ship', act('ship'), { refusals: ['no-such-place'] });
      },
      { close: () => Promise.reject(new Error('must not close')), callOperator: listen },
      world,
    );
    return answer;
  };

  it('is refused for a step that is not parked, with those that are', async () =>
    assert.equal(await answerTo(word('thank', 'retry')), "step 'thank' is not parked: 'ship'"));

  it('must be one of the choices', async () => {
    const skip = word('ship', 'skip');
    assert.equal(await answerTo(skip), "'action' must be one of: retry, mark-done, refuse");
    const give = word('ship', 'give up' as 'skip');
    assert.equal(await answerTo(give), "'action' must be one of: retry, mark-done, refuse");
  });

  it('leaves the pivot to whoever decides about the money', async () => {
    for (const action of ['mark-done', 'skip', 'refuse'] as const) {
      const said = word('take', action, { code: 'no-such-place' });
      assert.equal(await answerTo(said, true), "'action' must be one of: retry");
    }
    assert.equal(await answerTo(word('take', 'retry'), true), 'accepted');
  });

  it('gives a refusal only where and as it is declared', async () => {
    const odd = word('ship', 'refuse', { code: 'bad-weather' });
    assert.equal(await answerTo(odd), "'code' must be one of: no-such-place");
    assert.equal(await answerTo(word('ship', 'refuse')), "'code' is missing");
    const declared = word('ship', 'refuse', { code: 'no-such-place' });
    assert.equal(await answerTo(declared), 'accepted');
  });

  it('comes with a name and a reason', async () => {
    assert.equal(await answerTo(word('ship', 'retry', { by: ' ' })), "'by' is missing");
    assert.equal(await answerTo(word('ship', 'retry', { why: '' })), "'why' is missing");
  });
});
