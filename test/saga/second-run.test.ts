/**
 * A saga that is run a second time, because its worker died or somebody reset it: the second run
 * begins with an empty memory, and all that is left of the first is in the books.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runSaga } from '../../src/saga/index.ts';
import type { Runtime, Unwind } from '../../src/saga/index.ts';
import { refusal } from '../../src/saga/wrong.ts';
import { createWorld } from './world.ts';
import type { Behaviour, World } from './world.ts';

const STEPS = ['reserve', 'authorize', 'label'] as const;

/** Books as a saga needs them: a gate, and what each step has answered. */
function createBooks() {
  let gate = 'forward';
  let first: string | null = null;
  const done = new Set<string>();
  return {
    beginUnwind: (reason: string): Promise<Unwind> => {
      if (gate === 'forward') [gate, first] = ['unwinding', reason];
      return Promise.resolve({ gate, reason: first });
    },
    /** Answers what is recorded; under an unwinding gate it refuses whatever is not. */
    guarded: (name: string, act: () => Promise<string>) => async () => {
      if (done.has(name)) return name;
      if (gate === 'unwinding') throw refusal('unwinding', 'the saga is being unwound');
      const answer = await act();
      done.add(name);
      return answer;
    },
    commit: (act: () => Promise<string>) => async () => {
      const answer = await act();
      gate = 'committed';
      return answer;
    },
  };
}

class Killed extends Error {}

/** Dies at the nth call of anything, as a process does: no undo, no answer. */
function mortal(world: World, dieAt: number) {
  return <T>(act: () => Promise<T>) =>
    async () => {
      if (world.calls.length + 1 >= dieAt) throw new Killed();
      return await act();
    };
}

const anyFate: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.constant({ kind: 'succeeds' } as const),
  fc.constant({ kind: 'is refused' } as const),
  fc.constant({ kind: 'fails' } as const),
  fc.constant({ kind: 'loses its answer' } as const),
);

describe('a saga that is run a second time', () => {
  it('undoes what its first run has done, wherever that died and whatever stops the second', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(anyFate, { minLength: 3, maxLength: 3 }),
        fc.option(fc.nat(6), { nil: undefined }),
        async (dieAt, fates, cancelAt) => {
          const books = createBooks();
          const firstWorld = createWorld();
          await run(
            firstWorld,
            books,
            STEPS.map(() => ({ kind: 'succeeds' })),
            mortal(firstWorld, dieAt),
          ).catch((error: unknown) => assert.ok(error instanceof Killed));

          const world = createWorld(cancelAt === 0 ? undefined : cancelAt);
          if (cancelAt === 0) world.cancel();
          for (const effect of firstWorld.effects) world.effects.add(effect);
          const outcome = await run(world, books, fates, (act) => act);
          const all = [...STEPS, 'pay'].length;
          assert.equal(world.effects.size, outcome === 'completed' ? all : 0, outcome);
        },
      ),
      { numRuns: 1_000 },
    ));
});

function run(
  world: World,
  books: ReturnType<typeof createBooks>,
  fates: readonly Behaviour[],
  live: <T>(act: () => Promise<T>) => () => Promise<T>,
): Promise<string> {
  const runtime: Runtime = world;
  return runSaga(
    async (saga) => {
      for (const [index, name] of STEPS.entries()) {
        const act = world.act(name, fates[index] ?? { kind: 'succeeds' });
        await saga.step(name, {
          run: live(books.guarded(name, act)),
          compensate: world.undo(name, 1),
        });
      }
      const pay = books.guarded('pay', books.commit(world.act('pay', { kind: 'succeeds' })));
      await saga.pivot('pay', live(pay));
      return 'completed';
    },
    { beginUnwind: books.beginUnwind, close: (reason) => Promise.resolve(reason) },
    runtime,
  );
}
