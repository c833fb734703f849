/** How long an attempt may still take: whatever becomes of the clocks, it ends, and then sends nothing. */
import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { logAttempts, timeLeftMs } from '../../src/activities/attempt.ts';
import { callBudget } from '../../src/activities/step.ts';
import type { Deps } from '../../src/activities/ports.ts';

const HOUR_MS = 3_600_000;

describe('an attempt', () => {
  const clocks = { wall: Date.now.bind(Date), steady: performance.now.bind(performance) };
  afterEach(() => {
    Date.now = clocks.wall;
    performance.now = clocks.steady;
  });

  /** What is left of ten seconds once the clocks have gone on by so much. */
  const leftAfter = async (
    move: { wall: number; steady: number },
    startToCloseTimeoutMs = 10_000,
  ) => {
    const activity = logAttempts(() => undefined);
    const environment = new MockActivityEnvironment(
      { startToCloseTimeoutMs },
      { interceptors: [activity] },
    );
    // Whole milliseconds, so that what is left of them is exact.
    const [wall, steady] = [clocks.wall(), Math.round(clocks.steady())];
    Date.now = () => wall;
    performance.now = () => steady;
    return await environment.run(() => {
      Date.now = () => wall + move.wall;
      performance.now = () => steady + move.steady;
      return Promise.resolve(timeLeftMs());
    }, REF);
  };

  it('has what is left of its time', async () => {
    assert.equal(await leftAfter({ wall: 4_000, steady: 4_000 }), 6_000);
  });

  it('is over in time although its clock was set back', async () => {
    assert.equal(await leftAfter({ wall: -HOUR_MS, steady: 10_000 }), 0);
  });

  it('is over although the machine was asleep', async () => {
    assert.equal(await leftAfter({ wall: HOUR_MS, steady: 10 }), 10_000 - HOUR_MS);
  });

  it('is over when the books take it for over, whatever its budget', async () => {
    assert.equal(await leftAfter({ wall: 10_000, steady: 10_000 }, 60_000), 0);
  });

  it('sends nothing once it is over', () => {
    const budget = (left: number) => callBudget({ timeLeftMs: () => left } as Deps);
    assert.deepEqual(budget(1), { timeoutMs: 50 });
    assert.throws(() => budget(0), { name: 'Unavailable' });
  });
});

const REF = { id: 'ord_1', tenantId: 'ten_test', requestId: 'req_1' };
