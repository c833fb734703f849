/** Steps before the pivot that are not given up for an outage. */
import assert from 'node:assert/strict';
import { runSaga } from '../../src/saga/index.ts';
import { createWorld } from './world.ts';

const ends = { close: (reason: string) => Promise.resolve(reason) };

describe('a patient step', () => {
  for (const isPatient of [true, false]) {
    it(`${isPatient ? 'is tried on' : 'that is not patient is undone'} when nobody answers`, async () => {
      const world = createWorld();
      let failures = 3;
      const outcome = await runSaga(
        async (saga) => {
          await saga.step('hand over', {
            ...(isPatient && { patient: true }),
            run: () => world.act('parcel', { kind: failures-- > 0 ? 'fails' : 'succeeds' })(),
            compensate: world.undo('parcel', 0),
          });
          await saga.pivot('take', world.act('take', { kind: 'succeeds' }));
          return 'completed';
        },
        ends,
        world,
      );
      assert.equal(outcome, isPatient ? 'completed' : 'temporarily-unavailable');
    });
  }

  it('is undone when it is refused, or cancelled', async () => {
    for (const kind of ['is refused', 'cancelled'] as const) {
      const world = createWorld();
      const outcome = await runSaga(
        async (saga) => {
          await saga.step('hand over', {
            patient: true,
            run: () => {
              if (kind === 'cancelled') world.cancel();
              return world.act('parcel', { kind: kind === 'cancelled' ? 'fails' : kind })();
            },
            compensate: world.undo('parcel', 0),
          });
          return 'not reached';
        },
        ends,
        world,
      );
      assert.equal(outcome, kind === 'cancelled' ? 'cancelled' : 'parcel-refused');
    }
  });
});
