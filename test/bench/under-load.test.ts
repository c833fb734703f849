/** The verdicts of overload and soak: each bound can be broken, and is then said to be. */
import assert from 'node:assert/strict';
import type { Asked } from '../../bench/under-load/crowd.ts';
import { judgeSoak, slopePerHour } from '../../bench/under-load/soak-verdict.ts';
import type { Soaked } from '../../bench/under-load/soak-verdict.ts';
import { judgeOverload } from '../../bench/under-load/verdict.ts';
import type { Line, Seen } from '../../bench/under-load/verdict.ts';

const failed = (lines: readonly Line[]) =>
  lines.filter(({ passed }) => !passed).map(({ says }) => says);

const many = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

describe('the verdict on an overload', () => {
  const accepted: Asked = { purpose: 'new', at: 0, ms: 40, status: 202, retryAfter: false };
  const refused: Asked = { purpose: 'new', at: 0, ms: 8, status: 503, retryAfter: true };
  const read: Asked = { purpose: 'read', at: 0, ms: 5, status: 200, retryAfter: false };
  const fine: Seen = {
    ...{ capacity: 20, goodput: 19, offered: 60 },
    asked: [...many(100, accepted), ...many(200, refused), read],
    secondsToDecision: many(100, 4),
    memory: { worker: [100, 200, 210, 210, 210, 210, 220, 220] },
    ...{ unloadedMs: [50], recoverySeconds: 3 },
  };

  it('is good where all bounds are kept', () => {
    assert.deepEqual(failed(judgeOverload(fine)), []);
  });

  const spoilt: Readonly<Record<string, Partial<Seen>>> = {
    'the capacity': { offered: 40 },
    'goodput ': { goodput: 15 },
    'recovered ': { recoverySeconds: 31 },
    'memory of worker': { memory: { worker: [100, 200, 210, 210, 300, 310, 320, 330] } },
    'are decided within': { secondsToDecision: [...many(98, 4), Infinity, Infinity] },
    'without an answer': { asked: [...fine.asked, { ...refused, status: 0 }] },
    'when to come back': { asked: [...fine.asked, { ...refused, retryAfter: false }] },
    'refused early': { asked: [...fine.asked, ...many(5, { ...refused, ms: 1_500 })] },
    'of accepted orders': { asked: [...fine.asked, { ...read, status: 503 }] },
  };
  for (const [words, change] of Object.entries(spoilt)) {
    it(`is not good where one is broken: ${words}`, () => {
      const [says, ...others] = failed(judgeOverload({ ...fine, ...change }));
      assert.ok(says?.includes(words), says);
      assert.deepEqual(others, []);
    });
  }
});

describe('the verdict on a soak', () => {
  const minutes = [0, 1, 2, 3, 4, 5, 6];
  const fine: Soaked = {
    ...{ seconds: 360, retentionSeconds: 60, orders: 3_600, refused: 3, unanswered: 0 },
    secondsToDecision: many(3_600, 0.2),
    memory: { API: minutes.map((n) => ({ at: n * 60_000, mib: 150 })) },
    growth: minutes.map((n) => ({
      ...{ at: n * 60_000, orders: 600 * n, tables: 600_000 * n, indexes: 300_000 * n },
      ...{ queues: 500_000, liveTuples: 6_000 * n, deadTuples: 600 * n },
      temporal: 30_000_000 + 12_000_000 * Math.min(n, 1),
      runs: Math.min(600 * n, 900),
    })),
  };
  const grown = (change: (n: number) => object): Partial<Soaked> => ({
    growth: fine.growth.map((each, n) => ({ ...each, ...change(n) })),
  });

  it('is good where all bounds are kept', () => {
    assert.deepEqual(failed(judgeSoak(fine)), []);
  });

  const spoilt: Readonly<Record<string, Partial<Soaked>>> = {
    '37 refused': { refused: 37 },
    'memory of API': {
      memory: { API: minutes.map((n) => ({ at: n * 60_000, mib: 150 + 20 * n })) },
    },
    'decided within': { secondsToDecision: [...many(3_500, 0.2), ...many(100, 12)] },
    'tables of the books': grown((n) => ({ tables: 100_000 * n * n })),
    'indexes of the books': grown((n) => ({ indexes: 100_000 * n * n })),
    'are dead': grown((n) => ({ deadTuples: 2_000 * n })),
    'under way': grown((n) => ({ queues: 2_000_000 * n })),
    'retention holds': grown((n) => ({ runs: 600 * n })),
    'Temporal grows': grown((n) => ({ temporal: 30_000_000 + 12_000_000 * n })),
  };
  for (const [words, change] of Object.entries(spoilt)) {
    it(`is not good where one is broken: ${words}`, () => {
      const [says, ...others] = failed(judgeSoak({ ...fine, ...change }));
      assert.ok(says?.includes(words), says);
      assert.deepEqual(others, []);
    });
  }

  it('tells the slope of the straight line that lies closest', () => {
    const samples = minutes.map((n) => ({ at: n * 60_000, mib: 100 + n + (n % 2) }));
    assert.ok(Math.abs(slopePerHour(samples) - 60) < 5);
    assert.equal(slopePerHour(minutes.map((n) => ({ at: n * 60_000, mib: 7 }))), 0);
  });
});
