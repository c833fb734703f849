import assert from 'node:assert/strict';
import { judge, retryAfterOf, SCHEDULE_SECONDS } from '../../src/domain/webhook.ts';
import type { Attempted, Circumstances } from '../../src/domain/webhook.ts';

describe('An attempt to deliver a webhook', () => {
  const verdict = (attempted: Partial<Attempted>, circumstances: Partial<Circumstances> = {}) =>
    judge(
      { durationMs: 1, ...attempted },
      {
        tries: 0,
        failures: 0,
        scheduleSeconds: SCHEDULE_SECONDS,
        longestHoldMs: 60_000,
        random: 0,
        ...circumstances,
      },
    );

  it('is over with any 2xx, and with nothing else', () => {
    for (const status of [200, 201, 204, 299]) {
      const { outcome, holdMs } = verdict({ status });
      assert.deepEqual([outcome, holdMs], ['delivered', 0], status.toString());
    }
    for (const status of [199, 301, 302, 307, 400, 401, 404, 410, 429, 500, 503]) {
      assert.equal(verdict({ status }).outcome, 'pending', status.toString());
    }
    assert.equal(verdict({ error: 'ECONNREFUSED' }).outcome, 'pending');
  });

  it('is followed by the next pause of the schedule, later by up to a quarter, until none is left', () => {
    for (const [tries, seconds] of SCHEDULE_SECONDS.entries()) {
      assert.equal(verdict({ status: 500 }, { tries }).waitMs, seconds * 1_000);
      const latest = verdict({ status: 500 }, { tries, random: 1 }).waitMs;
      assert.equal(latest, seconds * 1_250);
    }
    const last = verdict({ status: 500 }, { tries: SCHEDULE_SECONDS.length });
    assert.equal(last.outcome, 'failed');
    const days = SCHEDULE_SECONDS.reduce((sum, pause) => sum + pause, 0) / 86_400;
    assert.ok(days >= 3, 'a long weekend');
  });

  it('holds its endpoint for longer with each failure in a row, but not for longer than it may', () => {
    const holds = [0, 1, 2, 3, 30].map((failures) => verdict({ status: 500 }, { failures }).holdMs);
    assert.deepEqual(holds, [200, 400, 800, 1_600, 60_000]);
  });

  it('obeys Retry-After for the delivery and its endpoint, up to a day', () => {
    const { waitMs, holdMs } = verdict({ status: 429, retryAfterMs: 120_000 });
    assert.deepEqual([waitMs, holdMs], [120_000, 120_000]);
    assert.equal(verdict({ status: 503, retryAfterMs: 1_000 }).waitMs, 5_000, 'never sooner');
    assert.equal(verdict({ status: 503, retryAfterMs: 9e9 }).waitMs, 86_400_000);
  });

  it('is told by 410, and by nothing else, that nobody wants any more', () => {
    assert.equal(verdict({ status: 410 }).isGone, true);
    for (const status of [200, 404, 500]) assert.equal(verdict({ status }).isGone, false);
  });

  it('reads Retry-After in both of its forms, and takes nonsense for none', () => {
    const now = Date.parse('2026-11-21T13:00:00Z');
    assert.equal(retryAfterOf('120', now), 120_000);
    assert.equal(retryAfterOf('Sat, 21 Nov 2026 13:01:00 GMT', now), 60_000);
    assert.equal(retryAfterOf('Sat, 21 Nov 2026 12:00:00 GMT', now), 0);
    for (const nonsense of [undefined, '', 'soon', '-1e', '1.5.2']) {
      assert.equal(retryAfterOf(nonsense, now), undefined, nonsense);
    }
  });
});
