/** How `npm run bench:growth` judges what it has measured; the measuring itself is the command. */
import assert from 'node:assert/strict';
import { growthOf, judge } from '../../bench/growth/judge.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];

const growing = (cost: (size: number) => number, sizes = SIZES) =>
  growthOf(sizes.map((size) => ({ size, cost: cost(size) })));

describe('growth', () => {
  it('is none where the largest costs no more than the others', () => {
    assert.equal(
      growing(() => 40),
      'none',
    );
    assert.equal(
      growing((size) => 1_000_000 / size),
      'none',
    );
  });

  it('is like log n where each ten times as many add the same', () => {
    assert.equal(
      growing((size) => 30 * Math.log10(size)),
      'log n',
    );
  });

  it('is like log n where all indexes get a level deeper at the largest size', () => {
    assert.equal(
      growing((size) => (size === 1_000_000 ? 60 : 40)),
      'log n',
    );
  });

  it('is like n where a part of a table is read, however small beside the rest', () => {
    assert.equal(
      growing((size) => 100 + size / 5_000),
      'n',
    );
    assert.equal(
      growing((size) => size),
      'n',
    );
  });

  it('is faster than n where all are looked at for each', () => {
    assert.equal(
      growing((size) => size ** 1.7),
      'more than n',
    );
  });

  it('is not told from two sizes', () => {
    assert.throws(() => growing((size) => size, [1, 10]), /three sizes/);
  });
});

describe('a verdict on growth', () => {
  const mustGrow = [{ axis: 'lines', probe: /^POST/, why: 'each line is priced' }];
  const of = (axis: string, probe: string, ...growths: Parameters<typeof judge>[2]) =>
    judge(axis, probe, growths, mustGrow);

  it('goes by what grows fastest', () => {
    assert.deepEqual(of('orders', 'GET', 'none', 'log n'), { growth: 'log n', fails: false });
    assert.deepEqual(of('orders', 'GET', 'n', 'none'), { growth: 'n', fails: true });
  });

  it('lets grow what must, on its own axis, and not faster than it must', () => {
    assert.deepEqual(of('lines', 'POST', 'n'), {
      growth: 'n',
      because: 'each line is priced',
      fails: false,
    });
    assert.equal(of('orders', 'POST', 'n').fails, true);
    assert.equal(of('lines', 'GET', 'n').fails, true);
    assert.equal(of('lines', 'POST', 'more than n').fails, true);
  });
});
