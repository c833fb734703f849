/** A step that is pending: when it looks again, what makes it look at once, and what ends the wait. */
import assert from 'node:assert/strict';
import { runSaga } from '../../src/saga/index.ts';
import { bug, pending, refusal, unavailable } from '../../src/saga/wrong.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

describe('A step that is pending', () => {
  /** The answers to one look after the other; the last one stays. */
  const pay = (world: World, ...looks: (() => string)[]) => {
    let at = 0;
    const run = () =>
      Promise.resolve().then(() => {
        world.calls.push('look');
        return (looks[at++] ?? isPaid)();
      });
    return runSaga(
      async (saga) => {
        await saga.step('pay', { run, compensate: world.undo('pay', 0) });
        return 'paid';
      },
      { close: (reason) => Promise.resolve(reason) },
      world,
    );
  };
  const waits = (againMs?: number, until?: number) => () => {
    throw pending('for the customer', againMs, until);
  };
  const fails = () => {
    throw unavailable('no answer');
  };
  const isPaid = () => 'paid';

  it('looks again when it was told to, or else ever more rarely', async () => {
    const world = createWorld();
    assert.equal(await pay(world, waits(70), waits(90), waits(), isPaid), 'paid');
    assert.deepEqual(world.slept, [70, 90, 8_000]);
    assert.match(world.progress()[0]?.detail ?? '', /for the customer/);
  });

  it('looks at once when it hears that there may be something new', async () => {
    const world = createWorld();
    const forEver = () => new Promise<void>(() => undefined);
    const paying = pay({ ...world, sleep: forEver }, waits(), waits(), isPaid);
    for (let hint = 0; hint < 2; hint += 1) {
      await new Promise(setImmediate);
      world.look();
    }
    assert.equal(await paying, 'paid');
    assert.equal(world.calls.length, 3);
  });

  it('does not miss what it hears while it looks', async () => {
    const world = createWorld();
    const heard = () => {
      world.look();
      return waits()();
    };
    assert.equal(await pay(world, heard, isPaid), 'paid');
    assert.deepEqual(world.slept, []);
  });

  it('looks by itself once there have been hints without end', async () => {
    const world = createWorld();
    const hinted = Array.from({ length: 1_100 }, () => () => {
      world.look();
      return waits()();
    });
    assert.equal(await pay(world, ...hinted), 'paid');
    assert.equal(world.slept.length, 100);
  });

  it('parks for a bug although it has heard of something new', async () => {
    const world = createWorld();
    const breaks = () => {
      world.look();
      throw bug(new TypeError('undefined is not money'));
    };
    assert.equal(await pay(world, breaks), 'paid');
    assert.deepEqual(world.slept, [2_000]);
  });

  it('puts up with looks that fail, until its time is up', async () => {
    const world = createWorld();
    let now = 0;
    const later = { ...world, now: () => (now += 1) };
    const reason = await pay(later, waits(5, 100), fails, fails, waits(5, 0), fails);
    assert.equal(reason, 'temporarily-unavailable');
    assert.deepEqual(world.calls, ['look', 'look', 'look', 'look', 'look', 'undo pay']);
  });

  it('is left as soon as the saga is cancelled', async () => {
    const world = createWorld();
    const cancelled = () => {
      world.cancel();
      return waits()();
    };
    assert.equal(await pay(world, cancelled, isPaid), 'cancelled');
    assert.deepEqual(world.calls, ['look', 'undo pay']);
  });

  it('ends with the answer that it waits for, also with a no', async () => {
    const world = createWorld();
    const isRefused = () => {
      throw refusal('declined', 'no');
    };
    assert.equal(await pay(world, waits(), isRefused), 'declined');
    assert.deepEqual(world.calls, ['look', 'look', 'undo pay']);
  });
});
