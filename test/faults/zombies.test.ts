/**
 * A worker is frozen in the middle of a call that moves money or goods, until others have done its
 * work; then it wakes up. What it was about to send it sends no more, what it had sent counts once,
 * and what it brings home late changes nothing.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../api/harness.ts';
import { readBook } from '../support/audit.ts';
import { createCrashStage } from '../support/crash-stage.ts';
import type { CrashStage, Scenario } from '../support/crash-stage.ts';
import type { Crossing } from '../support/failpoints/crossing.ts';
import { service } from '../support/services.ts';
import type { Subject } from '../support/tales.ts';

/** Every call that moves money or goods, its activity, and the kind of order that needs it. */
const CALLS = [
  ['completed', 'authorizePayment', 'gateway.confirmIntent', 'book.commitIntent'],
  ['completed', 'capturePayment', 'gateway.captureIntent', 'book.beginCapture'],
  ['completed', 'requestShipment', 'carrier.requestShipment', 'book.beginShipment'],
  ['completed', 'sendReceipt', 'mailer.send', 'book.beginReceipt'],
  ['cancelled', 'voidAuthorization', 'gateway.cancelIntent', 'gateway.retrieveIntent'],
  ['made good', 'cancelShipment', 'carrier.cancelShipment', 'book.beginShipmentCancel'],
  ['made good', 'refundPayment', 'gateway.refundIntent', 'book.beginRefund'],
  ['refunded', 'sendRefund', 'gateway.refundIntent', 'book.openRefund'],
] as const satisfies readonly (readonly [Scenario, string, string, string])[];

/** How many lines the parties outside have in their books of each. */
async function saidTo({ parties }: CrashStage, subjects: readonly Subject[]): Promise<number[]> {
  const books = await Promise.all(Object.values(parties).map((url: string) => readBook(url)));
  return subjects.map(
    ({ orderId }) => books.flat().filter((line) => line.orderId === orderId).length,
  );
}

/** Waits until the attempts that were held have come to their ends. */
async function allOver({ desk }: CrashStage, dozing: readonly Crossing[]): Promise<void> {
  const attemptOf = ({ pid, orderId, act, isLocal, attempt }: Crossing) =>
    [pid, orderId, act, isLocal, attempt].join();
  await eventually(() => {
    const over = desk.crossed.filter(({ at }) => at === 'end').map(attemptOf);
    return dozing.every((one) => over.includes(attemptOf(one)));
  });
}

const BY_HAND = [
  {
    step: 'refund payment',
    act: 'refundPayment',
    scenario: 'made good',
    begins: 'book.beginRefund',
    call: 'gateway.refundIntent',
    effect: 'refunded',
    end: 'refunded',
    given: [],
  },
  {
    step: 'request shipment',
    act: 'requestShipment',
    scenario: 'completed',
    begins: 'book.beginShipment',
    call: 'carrier.requestShipment',
    effect: 'shipped',
    end: 'completed',
    given: ['--tracking-number', 'BY-HAND-1'],
  },
] as const;

// An attempt that is over is no worker's any more.
const SHORT = { localTimeoutMs: 1_500, attemptTimeoutMs: 1_500 };

describe('a worker that was frozen', function () {
  // A workflow task of a worker that is gone is tried again after Temporal's ten seconds.
  this.timeout(120_000);
  let stage: CrashStage;
  // As many tries as it takes to get all of them where they are wanted.
  before(async () => {
    stage = await createCrashStage({ attemptTimeoutMs: 5_000, attempts: 100, hotAttempts: 100 });
  });
  after(() => stage.close());

  const PLACES = {
    'with the answer in its hand': (_: string, call: string) => `after ${call}`,
    'on its way out': (_: string, call: string) => `before ${call}`,
    'before it sends': (before: string) => `after ${before}`,
  };

  it('does nothing twice', async () => {
    const [zombie] = await stage.startWorkers(1);
    const smooth = new Map<Scenario, object>();
    for (const scenario of new Set(CALLS.map(([name]) => name))) {
      const subject = await stage.prepare(scenario);
      await subject.start();
      await stage.ended([subject]);
      smooth.set(scenario, (await stage.tell([subject]))[0] ?? {});
    }
    const frozen = CALLS.flatMap(([scenario, act, call, before]) =>
      Object.values(PLACES).map((place) => ({ scenario, act, at: place(before, call) })),
    );
    const subjects: Subject[] = [];
    for (const { scenario, act, at } of frozen) {
      const subject = await stage.prepare(scenario);
      subjects.push(subject);
      let isHeld = false;
      stage.desk.plan((one) => {
        const isMine = one.orderId === subject.orderId && one.act === act;
        if (!isMine || one.pid !== zombie?.pid) return undefined;
        // What is tried again meanwhile is left to others.
        if (isHeld) return one.at === 'begin' ? 'fail' : undefined;
        isHeld = one.at === at;
        return isHeld ? 'hold' : undefined;
      });
      await subject.start();
    }
    await Promise.all(
      subjects.map(({ orderId }) => stage.desk.reached((one) => one.orderId === orderId)),
    );
    const dozing = stage.desk.held();
    process.kill(zombie?.pid ?? 0, 'SIGSTOP');
    await stage.startWorkers(1);
    await stage.ended(subjects);
    const before = await saidTo(stage, subjects);

    process.kill(zombie?.pid ?? 0, 'SIGCONT');
    stage.desk.release(() => true);
    await allOver(stage, dozing);
    const tales = await stage.tell(subjects);
    const after = await saidTo(stage, subjects);
    for (const [n, { scenario, act, at }] of frozen.entries()) {
      assert.deepEqual(tales[n], smooth.get(scenario), `${scenario}: frozen in ${act}, ${at}`);
      const isSentLate = at.startsWith('before ');
      assert.equal(after[n] !== before[n], isSentLate, `${act}, ${at}: something was sent`);
    }
    console.log(`      ${frozen.length} orders and refunds, ${dozing.length} attempts`);
  });
});

describe('a worker that was frozen while an operator did its work by hand', function () {
  this.timeout(120_000);
  let stage: CrashStage;
  before(async () => {
    stage = await createCrashStage({ ...SHORT, hotAttempts: 2 });
  });
  after(() => stage.close());

  for (const { step, act, scenario, begins, call, effect, end, given } of BY_HAND) {
    it(`does not do it again: ${step}`, async () => {
      const [zombie] = await stage.startWorkers(1);
      const { orderId, sagaId, start } = await stage.prepare(scenario);
      let isParked = false;
      let isMarked = false;
      stage.desk.plan((one) => {
        if (one.orderId !== orderId || isMarked) return undefined;
        if (one.act === 'callOperator' && one.at === 'end') isParked = true;
        if (one.act !== act) return undefined;
        if (isParked && one.at === `after ${begins}`) return 'hold';
        return !isParked && one.at === `before ${call}` ? 'fail' : undefined;
      });
      await start();
      await stage.desk.reached((one) => one.orderId === orderId);
      const tries = await triesOf(sagaId);
      process.kill(zombie?.pid ?? 0, 'SIGSTOP');
      await eventually(async () => (await triesOf(sagaId)) > tries);
      // As fifteen seconds later, which nobody waits for here.
      const aged = `UPDATE parked_step SET tried_at = tried_at - interval '15 s' WHERE saga_id = $1`;
      await stage.shop.pool.query(aged, [sagaId]);
      const said = await operate('resolve', sagaId, step, 'mark-done', ...given);
      assert.match(said, /written down as operator action/);
      isMarked = true;

      process.kill(zombie?.pid ?? 0, 'SIGCONT');
      const dozing = stage.desk.held();
      stage.desk.release(() => true);
      await allOver(stage, dozing);
      await stage.ended([{ orderId, sagaId }]);
      assert.equal((await stage.shop.row(orderId)).status, end);
      const books = [
        ...(await readBook(stage.parties.gatewayUrl)),
        ...(await readBook(stage.parties.carrierUrl)),
      ];
      const effects = books.filter((line) => line.orderId === orderId && line.effect === effect);
      assert.deepEqual(effects, []);
      await stage.killWorkers();
    });
  }

  /** Of the attempt at the parked step that is under way, or comes next. */
  const triesOf = async (sagaId: string): Promise<number> => {
    const { raw } = await stage.client.workflow.getHandle(sagaId).describe();
    return Math.max(0, ...(raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0));
  };
  const operate = async (...words: readonly string[]): Promise<string> => {
    const { address } = await service('temporal');
    const args = ['--import', 'tsx', 'src/launcher/operate.ts', ...words, '--why', 'done by hand'];
    const env = { ...process.env, DATABASE_URL: stage.shop.url, TEMPORAL_ADDRESS: address };
    return (await promisify(execFile)(process.execPath, args, { env })).stdout;
  };
});
