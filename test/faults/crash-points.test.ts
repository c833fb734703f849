/**
 * Workers are killed at every point of every kind of order and refund, once within a workflow task
 * and once in a regular attempt: others take over, and the books are those of a smooth run.
 *
 * `npm run crash-points` does so at every point of every kind, also where kinds have it in common,
 * and kills the workers that take over as well.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { eventually } from '../api/harness.ts';
import { audit, auditEntries, readBook } from '../support/audit.ts';
import { createCrashStage, pointsOf, SCENARIOS } from '../support/crash-stage.ts';
import type { CrashStage, Death, Point, Scenario } from '../support/crash-stage.ts';
import { auditRefunds } from '../support/refunds.ts';
import type { Subject } from '../support/tales.ts';

const ALL = process.env['CRASH_POINTS'] === 'all';

const ENDS: Readonly<Partial<Record<Scenario, string>>> = {
  completed: 'completed',
  declined: 'rejected',
  'sold out': 'rejected',
  cancelled: 'cancelled',
  approved: 'completed',
  'made good': 'refunded',
  'with a voucher': 'completed',
  'its voucher given back': 'rejected',
  'its voucher returned': 'refunded',
  parked: 'completed',
};

/** What is captured at shipment may be so in parts. */
const LATER: Readonly<Partial<Record<Scenario, string>>> = {
  'shipped in parts': 'completed',
  'called back': 'cancelled',
  'not paid for': 'completed',
  'held again': 'completed',
};

describe('a worker', function () {
  // A workflow task that died with its worker is tried again after Temporal's ten seconds.
  this.timeout(ALL ? 1_800_000 : 180_000);
  const scenarios = Object.keys(SCENARIOS) as Scenario[];
  let stage: CrashStage;
  const smooth = new Map<Scenario, object>();
  const points: (Point & { readonly scenario: Scenario })[] = [];
  before(async () => {
    stage = await createCrashStage();
    await stage.startWorkers(1);
    const subjects = await Promise.all(scenarios.map((scenario) => stage.prepare(scenario)));
    await Promise.all(subjects.map(({ start }) => start()));
    await stage.ended(subjects);
    const tales = await stage.tell(subjects);
    for (const [n, scenario] of scenarios.entries()) {
      const [subject, tale] = [subjects[n], tales[n]];
      assert.ok(subject && tale);
      await requireGoodEnd(scenario, subject);
      smooth.set(scenario, tale);
      const isNew = ({ act, at }: Point) => !points.some((one) => one.act === act && one.at === at);
      const crossed = pointsOf(stage.desk.crossed, subject);
      points.push(
        ...crossed.filter((point) => ALL || isNew(point)).map((point) => ({ ...point, scenario })),
      );
    }
  });
  after(() => stage.close());

  /** By the books of the parties outside: what a smooth run leaves is the measure of all others. */
  const requireGoodEnd = async (scenario: Scenario, { sagaId, orderId }: Subject) => {
    const end = ENDS[scenario];
    const later = LATER[scenario];
    if (later !== undefined) {
      assert.equal((await stage.shop.row(orderId)).status, later);
      await auditEntries(stage.parties, stage.shop.pool, orderId);
      return;
    }
    const order = { id: orderId, amountMinor: / voucher/.test(scenario) ? '1700' : '2000' };
    if (end === undefined)
      await auditRefunds(stage.parties.gatewayUrl, orderId, { [sagaId]: 2000 });
    else await audit(stage.parties, order, end);
    await auditEntries(stage.parties, stage.shop.pool, orderId);
  };
  const requireSmoothEnds = async (deaths: readonly Death[]) => {
    const tales = await stage.dieAt(deaths);
    const rough = deaths.flatMap((death, n) => {
      const expected = smooth.get(death.scenario);
      return isDeepStrictEqual(tales[n], expected) ? [] : [{ death, expected, tale: tales[n] }];
    });
    assert.deepEqual(rough, []);
    console.log(`      ${deaths.length} died, each at a point of its own`);
  };

  it('has points in every activity', () => {
    assert.deepEqual([...new Set(points.map(({ act }) => act))].sort(), stage.activities.sort());
    console.log(`      ${points.length} points`);
  });

  it('that is killed leaves no trace: the books are those of a smooth run', async () => {
    // An operator is never called in a hurry.
    const isPossible = ({ act }: Point, isLocal: boolean) => !isLocal || act !== 'callOperator';
    // Of those captured at shipment every second one, once and by turns, unless all are wanted.
    const isAsked = (scenario: Scenario, n: number, isLocal: boolean) =>
      ALL || LATER[scenario] === undefined || n % 4 === (isLocal ? 0 : 2);
    const deaths = points.flatMap(({ scenario, ...point }, n) =>
      [true, false]
        .filter((isLocal) => isPossible(point, isLocal) && isAsked(scenario, n, isLocal))
        .map((isLocal) => ({ scenario, isLocal, points: ALL ? [point, another(n)] : [point] })),
    );
    for (let from = 0; from < deaths.length; from += AT_ONCE) {
      await requireSmoothEnds(deaths.slice(from, from + AT_ONCE));
    }
  });

  /** Of the same kind, if not on the way that is left. */
  const another = (n: number): Point => {
    const { scenario } = points[n] ?? {};
    const same = points.filter((point) => point.scenario === scenario);
    return same[(n * 7 + 3) % same.length] as Point;
  };

  it('that is told to stop finishes what it is at, in workflow tasks and in regular attempts', async () => {
    await stage.killWorkers();
    const [stopped] = await stage.startWorkers(1);
    const subjects = [];
    for (const isLocal of [true, false]) {
      const subject = await stage.prepare('completed');
      subjects.push(subject);
      stage.desk.plan((one) => {
        if (one.orderId !== subject.orderId || one.act !== 'capturePayment') return undefined;
        if (!isLocal && one.isLocal) return one.at === 'begin' ? 'fail' : undefined;
        return one.at === 'before gateway.captureIntent' ? 'hold' : undefined;
      });
      await subject.start();
      await stage.desk.reached((one) => one.orderId === subject.orderId);
    }
    process.kill(stopped?.pid ?? 0, 'SIGTERM');
    await eventually(async () => /"state":"(DRAINING|STOPPING)"/.test(await stage.logOf('worker')));
    stage.desk.release(() => true);
    assert.equal(await stopped?.ended, 'exit code 0');
    const ends = stage.desk.crossed.filter(
      ({ pid, act, at }) => pid === stopped?.pid && act === 'capturePayment' && at === 'end',
    );
    assert.equal(new Set(ends.map(({ orderId }) => orderId)).size, 2);
    await stage.startWorkers(1);
    await stage.ended(subjects);
    for (const tale of await stage.tell(subjects)) assert.deepEqual(tale, smooth.get('completed'));
  });

  it('never gave the gateway a key that the business did not', async () => {
    const book = await readBook(stage.parties.gatewayUrl);
    const keys = new Set(book.flatMap(({ key }) => key ?? []));
    for (const key of [...keys].filter((one) => !one.startsWith('dashboard:'))) {
      assert.match(
        key,
        /^(ord_[0-9a-z]+:(create|confirm|capture):[12]|ord_[0-9a-z]+:(cancel|refund):1|rfd_[0-9a-z]+:refund:1)$/,
      );
    }
  });
});

// As many as three workers can hold, half of them in workflow tasks.
const AT_ONCE = 144;
