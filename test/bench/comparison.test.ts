/** What the comparison does with its measurements; the measuring itself is `npm run bench`. */
import assert from 'node:assert/strict';
import { figuresOf } from '../../bench/compare/figures.ts';
import { closedLoop, openLoop } from '../../bench/compare/load.ts';
import type { Clock, Place, Run } from '../../bench/compare/load.ts';
import { inTurn } from '../../bench/compare/plan.ts';
import { between } from '../../bench/page.ts';
import type { Results, Row } from '../../bench/compare/results.ts';
import { inRange, percentile, spreadOf } from '../../bench/compare/statistics.ts';
import { ratiosOf } from '../../bench/compare/summary.ts';
import { tablesOf } from '../../bench/compare/tables.ts';
import { verdictsOf } from '../../bench/compare/targets.ts';

describe('the comparison', () => {
  describe('in numbers', () => {
    it('takes the nearest rank for a percentile', () => {
      const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
      assert.deepEqual(
        [0.5, 0.99, 1].map((share) => percentile(hundred, share)),
        [50, 99, 100],
      );
      assert.equal(percentile([], 0.5), Number.NaN);
    });

    it('says that what did not end took for ever', () => {
      assert.equal(percentile([1, 2, Infinity, Infinity], 0.5), 2);
      assert.equal(percentile([1, 2, Infinity, Infinity], 0.99), Infinity);
      assert.equal(spreadOf([1, Infinity, Infinity, Infinity]).median, Infinity);
    });

    it('shows the median with the range, and one number where all are the same', () => {
      assert.equal(inRange([30, 10, 20]), '20 (10–30)');
      assert.equal(inRange([4, 1, 2, 3]), '2.5 (1–4)');
      assert.equal(inRange([1_234.5, 1_234.6]), '1,230');
      assert.equal(inRange([]), '–');
    });
  });

  describe('under load', () => {
    it('counts the time of an open loop from when an order was due, not from when it was sent', async () => {
      const { time } = clockThatIsLateBy(50);
      const place: Place = () => Promise.resolve();
      const load = { place, nextId: () => 'id', seconds: 1, rate: 4, patienceSeconds: 1 };
      const run = await openLoop(load, time);
      assert.deepEqual(
        run.outcomes.map(({ dueAt }) => dueAt),
        [0, 250, 500, 750],
      );
      assert.deepEqual(
        run.outcomes.map(({ dueAt, completedAt }) => completedAt - dueAt),
        [50, 50, 50, 50],
      );
    });

    it('gives up what has not ended in time, and counts it as failed', async () => {
      const place: Place = () => new Promise(() => undefined);
      const load = { place, nextId: () => 'id', seconds: 1, rate: 3, patienceSeconds: 0 };
      const run = await openLoop(load, clockThatIsLateBy(0).time);
      const { orders, failed, completionP50 } = figuresOf(run, NOTHING, NOTHING);
      assert.deepEqual([orders, failed, completionP50], [0, 3, Infinity]);
    });

    it('keeps each client of a closed loop busy until the window has passed', async () => {
      const { time, pass } = clockThatIsLateBy(0);
      const place: Place = (_, decided) => {
        pass(100);
        decided();
        pass(100);
        return Promise.resolve();
      };
      const run = await closedLoop({ place, nextId: () => 'id', seconds: 1, clients: 1 }, time);
      const figures = figuresOf(run, NOTHING, NOTHING);
      assert.equal(figures.ordersPerSecond, 5);
      assert.equal(figures.decisionP50, 100);
      assert.equal(figures.completionP50, 200);
    });

    it('never counts an error as success', async () => {
      const { time } = clockThatIsLateBy(0);
      const place: Place = () => Promise.reject(new Error('answered 503'));
      const run = await closedLoop({ place, nextId: () => 'id', seconds: 1, clients: 1 }, time);
      const { orders, failed, ordersPerSecond } = figuresOf(run, NOTHING, NOTHING);
      assert.deepEqual([orders, ordersPerSecond], [0, 0]);
      assert.equal(failed, 10);
    });

    it('shares what was used among all orders, also those that ended after the window', () => {
      const run: Run = { beganAt: 0, seconds: 1, outcomes: [completed(500), completed(1_500)] };
      const before = { cpu: { worker: 1, 'stand-ins': 1 }, database: used(1_000, 10) };
      const after = { cpu: { worker: 1.5, 'stand-ins': 9 }, database: used(5_000, 30) };
      const figures = figuresOf(run, before, after);
      assert.equal(figures.ordersPerSecond, 1);
      assert.deepEqual([figures.cpu['worker'], figures.cpuTotal], [250, 250]);
      assert.deepEqual([figures.walKilobytes, figures.transactions], [2, 10]);
    });
  });

  describe('in turns', () => {
    it('lets each round begin with another contender, and leaves nobody out', () => {
      const all = ['a', 'b', 'c', 'd', 'e'];
      const rounds = [0, 1, 2].map((round) => inTurn(all, round));
      assert.deepEqual(
        rounds.map(([first]) => first),
        ['a', 'c', 'e'],
      );
      for (const round of rounds) assert.deepEqual(round.toSorted(), all);
    });
  });

  describe('as it is shown', () => {
    it('divides within a round, and leaves out a round in which one is missing', () => {
      const results = resultsOf([
        ...[row(0, 'makegood', 60), row(0, 'usual', 20)],
        ...[row(1, 'usual', 10)],
        ...[row(2, 'makegood', 40), row(2, 'usual', 10)],
      ]);
      assert.deepEqual(
        ratiosOf(
          results,
          [of('makegood'), ({ ordersPerSecond }) => ordersPerSecond],
          [of('usual'), ({ ordersPerSecond }) => ordersPerSecond],
        ),
        [3, 4],
      );
    });

    it('says nothing of a ratio to what never happened', () => {
      const results = resultsOf([row(0, 'makegood', 60), row(0, 'usual', 0)]);
      assert.equal(verdictsOf(results)[0]?.verdict, 'not measured');
    });

    it('says when the machine was busy with other work', () => {
      const results = resultsOf([row(0, 'makegood', 60)]);
      const on = (load: number) => tablesOf({ ...results, machine: { 'load before': load } });
      assert.match(on(3), /busy with other work/);
      assert.doesNotMatch(on(0.4), /busy with other work/);
    });

    it('says of each target whether it was met, missed or not measured', () => {
      const results = resultsOf([row(0, 'makegood', 60), row(0, 'usual', 20.1)]);
      const rate = verdictsOf(results).find(({ target }) => target.includes('orders/s ≥ 3 ×'));
      assert.deepEqual([rate?.measured, rate?.verdict], ['2.99', 'missed']);
      const cpu = verdictsOf(results).find(({ target }) => target.includes('≤ 0.4 ×'));
      assert.deepEqual([cpu?.measured, cpu?.verdict], ['1', 'missed']);
      const met = resultsOf([row(0, 'makegood', 60), row(0, 'usual', 20)]);
      assert.equal(verdictsOf(met)[0]?.verdict, 'met');
      const restate = verdictsOf(results).find(({ target }) => target.includes('Restate'));
      assert.equal(restate?.verdict, 'not measured');
    });

    it('hides no turn that broke off', () => {
      const results = { ...resultsOf([]), failures: ['round 2, no-op/dbos: the books say 3'] };
      assert.match(tablesOf(results), /broke off.*round 2, no-op\/dbos: the books say 3/);
    });

    it('has a line for each contender, and its parts', () => {
      const tables = tablesOf(resultsOf([row(0, 'makegood', 60), row(0, 'usual', 20)]));
      assert.match(tables, /^\| makegood \| 60 \|/m);
      assert.match(tables, /^\| makegood \| 10 \| worker 10 \| 1 \| 5 \| 1 \| 11 \|$/m);
      assert.match(tables, /^\| the usual \| 3 \|/m);
    });

    it('changes nothing outside its marks', () => {
      const [mark, end] = ['<!-- bench: by a command -->', '<!-- bench: end -->'];
      const page = `<!-- other: by nobody -->\n${mark}\nold\n${end}\nafter\n`;
      const once = between(page, 'bench', 'new');
      assert.equal(once, `<!-- other: by nobody -->\n${mark}\n\nnew\n\n${end}\nafter\n`);
      assert.equal(between(once, 'bench', 'new'), once);
      assert.throws(() => between(page, 'other', 'new'), /lost the marks of other/);
    });
  });
});

const NOTHING = { cpu: {}, database: undefined };

/** Time that passes only when somebody waits for it, and then by too much. */
function clockThatIsLateBy(ms: number): { time: Clock; pass: (ms: number) => void } {
  let now = 0;
  return {
    pass: (passed) => (now += passed),
    time: {
      now: () => now,
      until: async (at) => {
        // What was placed before ends before time goes on.
        await new Promise((resolve) => setImmediate(resolve));
        now = Math.max(now, at + ms);
      },
    },
  };
}

function completed(at: number): Run['outcomes'][number] {
  return { id: 'id', dueAt: 0, decidedAt: at, completedAt: at };
}

function used(walBytes: number, transactions: number) {
  return { walBytes, transactions };
}

function of(contender: string) {
  return { work: 'no-op', contender, cell: '32 clients' } as const;
}

function row(round: number, contender: string, ordersPerSecond: number): Row {
  const times = { decisionP50: 1, decisionP99: 1, completionP50: 1, completionP99: 1 };
  const counts = { orders: 1, failed: 0, ordersPerSecond, walKilobytes: 1, transactions: 5 };
  const cpu = { cpu: { worker: 10 }, cpuTotal: 10 };
  return { round, ...of(contender), figures: { ...counts, ...times, ...cpu } };
}

function resultsOf(rows: readonly Row[]): Results {
  const histories = { workflowTasks: 1, events: 11 };
  const about = { machine: {}, versions: {}, settings: {} };
  return {
    date: '2026-11-21T00:00:00Z',
    command: 'npm run bench',
    ...about,
    contenders: [
      { work: 'no-op', name: 'makegood', title: 'makegood', histories },
      { work: 'no-op', name: 'usual', title: 'the usual' },
    ],
    cells: ['32 clients'],
    failures: [],
    rows,
  };
}
