/** What the engine guarantees, over random sagas: no server, no orders. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runSaga } from '../../src/saga/index.ts';
import { createWorld } from './world.ts';
import type { Behaviour, World } from './world.ts';

interface Story {
  readonly steps: readonly { readonly behaviour: Behaviour; readonly undoFailures: number }[];
  readonly pivot: Behaviour;
  readonly after: readonly Behaviour[];
  readonly cancelAt: number | undefined;
}

const anyBehaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'succeeds' } as const) },
  fc.constant({ kind: 'is refused' } as const),
  fc.constant({ kind: 'fails' } as const),
  fc.constant({ kind: 'loses its answer' } as const),
  fc.record({ kind: fc.constant('has a bug' as const), times: fc.nat(3) }),
);
/** After the pivot everything is tried until it succeeds; a bug that gets mended stands for all. */
const patient: fc.Arbitrary<Behaviour> = fc.record({
  kind: fc.constant('has a bug' as const),
  times: fc.nat(3),
});
const anyStory: fc.Arbitrary<Story> = fc.record({
  steps: fc.array(fc.record({ behaviour: anyBehaviour, undoFailures: fc.nat(3) }), {
    maxLength: 5,
  }),
  pivot: fc.oneof(patient, fc.constant({ kind: 'is refused' } as const)),
  after: fc.array(patient, { maxLength: 3 }),
  cancelAt: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
});

interface Told {
  readonly world: World;
  readonly outcome: string;
}

async function tell({ steps, pivot, after, cancelAt }: Story): Promise<Told> {
  const world = createWorld(cancelAt);
  const outcome = await runSaga(
    async (saga) => {
      for (const [index, { behaviour, undoFailures }] of steps.entries()) {
        const name = `step ${index}`;
        await saga.step(name, {
          run: world.act(name, behaviour),
          compensate: world.undo(name, undoFailures),
        });
      }
      const committed = await saga.pivot('pivot', world.act('pivot', pivot));
      for (const [index, behaviour] of after.entries()) {
        await committed.step(`after ${index}`, world.act(`after ${index}`, behaviour));
      }
      return 'completed';
    },
    { close: (reason) => Promise.resolve(reason) },
    world,
  );
  return { world, outcome };
}

const always = (property: (told: Told, story: Story) => void) =>
  fc.assert(
    fc.asyncProperty(anyStory, async (story) => property(await tell(story), story)),
    { numRuns: 1_000 },
  );
const undosOf = ({ calls }: World) =>
  distinct(calls.filter((call) => call.startsWith('undo ')).map((call) => call.slice(5)));
const stepsBegun = ({ calls }: World) =>
  distinct(calls.filter((call) => call.startsWith('do step')).map((call) => call.slice(3)));
const distinct = (names: readonly string[]) => [...new Set(names)];

describe('the saga engine', () => {
  it('ends with every effect standing, or with none', () =>
    always(({ world, outcome }, { steps, after }) => {
      const all = steps.length + 1 + after.length;
      assert.equal(world.effects.size, outcome === 'completed' ? all : 0);
    }));

  it('undoes every step that was begun, in reverse, and no other', () =>
    always(({ world, outcome }) => {
      const owed = outcome === 'completed' ? [] : stepsBegun(world).toReversed();
      assert.deepEqual(undosOf(world), owed);
    }));

  it('undoes nothing once the pivot has succeeded', () =>
    always(({ world, outcome }) => {
      if (!world.effects.has('pivot')) return;
      assert.equal(outcome, 'completed');
      assert.deepEqual(undosOf(world), []);
    }));

  it('keeps the first reason, whatever goes wrong while it undoes', () =>
    always(({ world, outcome }, { steps, pivot }) => {
      if (outcome === 'completed') return;
      const cancelled = outcome === 'cancelled';
      const last = stepsBegun(world).length - 1;
      const pivoted = world.calls.includes('do pivot');
      const { kind } = pivoted ? pivot : (steps[last]?.behaviour ?? { kind: 'succeeds' });
      if (kind === 'is refused' && !cancelled) {
        assert.equal(outcome, pivoted ? 'pivot-refused' : `step ${last}-refused`);
      } else if (!cancelled) {
        assert.equal(outcome, 'temporarily-unavailable');
      }
    }));

  it('never begins another step while it undoes', () =>
    always(({ world }) => {
      const firstUndo = world.calls.findIndex((call) => call.startsWith('undo '));
      if (firstUndo === -1) return;
      assert.ok(world.calls.slice(firstUndo).every((call) => call.startsWith('undo ')));
    }));

  it('never undoes because of a bug: the step waits until it is mended', () =>
    fc.assert(
      fc.asyncProperty(fc.array(patient, { maxLength: 5 }), async (behaviours) => {
        const steps = behaviours.map((behaviour) => ({ behaviour, undoFailures: 0 }));
        const { outcome } = await tell({
          steps,
          pivot: { kind: 'succeeds' },
          after: [],
          cancelAt: undefined,
        });
        assert.equal(outcome, 'completed');
      }),
    ));

  it('lets a step that waits for a fix be cancelled', async () => {
    const steps = [{ behaviour: { kind: 'has a bug', times: 1_000 }, undoFailures: 0 }] as const;
    const { outcome } = await tell({ steps, pivot: { kind: 'succeeds' }, after: [], cancelAt: 7 });
    assert.equal(outcome, 'cancelled');
  });
});
