/** The fault plan, the same on all three stand-ins, and how it is set from outside. */
import assert from 'node:assert/strict';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import { CONNECTION_FAULTS, orderIn } from '../../src/counterparties/faults.ts';
import { createFaultPlan } from '../../src/counterparties/plan.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import { clearFaults, faultReport, setFaults, temporaryDirectory } from '../support/stand-ins.ts';

const CONFIRM = ['decline', ...CONNECTION_FAULTS] as const;
const RETRIEVE = ['fail-before', 'fail-after-effect', 'hang'] as const;

describe('a fault plan', () => {
  const plan = createFaultPlan({
    party: 'gateway',
    faults: { confirm: CONFIRM, retrieve: RETRIEVE },
    questions: ['retrieve'],
  });
  const strike = (
    operation: 'confirm' | 'retrieve',
    orderId: string | null = null,
    requestId: string | null = null,
  ) => plan.meet(operation, { orderId, requestId }).strike(CONFIRM);
  beforeEach(() => plan.clear());

  it('strikes as often as it says, and only that operation', () => {
    plan.replace({ confirm: { fault: 'hang', times: 2 } });
    assert.equal(strike('retrieve'), undefined);
    const struck = [1, 2, 3].map(() => strike('confirm'));
    assert.deepEqual(struck, ['hang', 'hang', undefined]);
  });

  it('strikes until it is cleared when it names no number', () => {
    plan.replace({ confirm: { fault: 'fail-before' } });
    for (let n = 0; n < 10; n += 1) assert.equal(strike('confirm'), 'fail-before');
    plan.clear();
    assert.equal(strike('confirm'), undefined);
  });

  it('strikes only the order it names', () => {
    plan.replace({ confirm: { fault: 'decline', orderId: 'ord_1' } });
    assert.equal(strike('confirm', 'ord_2'), undefined);
    assert.equal(strike('confirm'), undefined);
    assert.equal(strike('confirm', 'ord_1'), 'decline');
  });

  it('strikes only the order that is placed by the request it names', () => {
    plan.replace({ confirm: { fault: 'decline', requestId: 'req_1' } });
    assert.equal(strike('confirm', 'ord_1', 'req_2'), undefined);
    assert.equal(strike('confirm', 'ord_1'), undefined);
    assert.equal(strike('confirm', 'ord_1', 'req_1'), 'decline');
  });

  it('takes more beside what is in force, and forgets what can strike no more', () => {
    plan.replace({ confirm: { fault: 'hang', times: 1, orderId: 'ord_1' } });
    plan.add({ confirm: { fault: 'decline', times: 1, orderId: 'ord_2' } });
    assert.equal(strike('confirm', 'ord_1'), 'hang');
    assert.equal(strike('confirm', 'ord_2'), 'decline');
    plan.add({ confirm: { fault: 'error', times: 1, orderId: 'ord_3' } });
    assert.deepEqual(
      plan.report().faults['confirm']?.map(({ fault }) => fault),
      ['error'],
    );
    assert.throws(() => plan.add({ confirm: { fault: 'pending' } }));
  });

  it('has several faults for one operation, one after another and by order', () => {
    plan.replace({
      confirm: [
        { fault: 'hang', times: 1 },
        { fault: 'error', orderId: 'ord_1', times: 1 },
      ],
    });
    const struck = [1, 2, 3].map(() => strike('confirm', 'ord_1'));
    assert.deepEqual(struck, ['hang', 'error', undefined]);
  });

  it('strikes a request once, and not for what it was not asked', () => {
    plan.replace({ confirm: { fault: 'decline' } });
    const meeting = plan.meet('confirm', { orderId: null, requestId: null });
    assert.equal(meeting.strike(['hang']), undefined);
    assert.equal(meeting.strike(['decline']), 'decline');
    assert.equal(meeting.strike(['decline']), undefined);
    assert.equal(meeting.struck(), 'decline');
  });

  it('counts an answer as lost when something was done, and no question', () => {
    const { lostAnswers } = plan.report();
    for (const fault of ['hang', 'fail-after-effect', 'late-answer', 'malformed'] as const) {
      plan.replace({ confirm: { fault }, retrieve: { fault: 'fail-after-effect' } });
      strike('confirm');
      strike('retrieve');
    }
    assert.equal(plan.report().lostAnswers, lostAnswers + 3);
  });

  const RATES = { confirm: { hang: 0.2, 'fail-after-effect': 0.2 }, retrieve: { hang: 0.5 } };
  const requests = Array.from({ length: 500 }, (_, n) => `req_${n}`);
  /** What happens to each request, whatever order they come in. */
  const courseOf = (order: readonly string[]) => {
    const course = new Map<string, unknown[]>(requests.map((request) => [request, []]));
    for (const request of [...order, ...order, ...order]) {
      course.get(request)?.push(strike('confirm', 'ord_x', request));
    }
    return course;
  };

  it('draws the same for a seed, whatever the order of requests, rates and orders', () => {
    plan.seed({ seed: 7, rates: RATES });
    const first = courseOf(requests);
    const confirm = { 'fail-after-effect': 0.2, hang: 0.2 };
    plan.seed({ seed: 7, rates: { confirm } });
    const second = courseOf(requests.toReversed());
    assert.deepEqual(second, first);
    plan.seed({ seed: 8, rates: RATES });
    assert.notDeepEqual(courseOf(requests), first);
  });

  it('draws as often as the rates say', () => {
    plan.seed({ seed: 3, rates: RATES });
    const drawn = [...courseOf(requests).values()].flat();
    for (const fault of ['hang', 'fail-after-effect', undefined]) {
      const share = drawn.filter((one) => one === fault).length / drawn.length;
      const rate = fault === undefined ? 0.6 : 0.2;
      assert.ok(Math.abs(share - rate) < 0.05, `${String(fault)}: ${share}`);
    }
  });

  it('heals after so many requests of an operation for one order', () => {
    plan.seed({ seed: 1, rates: { confirm: { hang: 1 } }, mostPerOrder: 2 });
    const struck = [1, 2, 3, 4].map(() => strike('confirm', 'ord_1', 'req_1'));
    assert.deepEqual(struck, ['hang', 'hang', undefined, undefined]);
    assert.equal(strike('confirm', 'ord_2'), 'hang', 'without a request ID it goes by the order');
    assert.equal(strike('confirm'), undefined, 'nor does it draw for nobody');
  });

  it('lets the fixed plan go before the seeded one, which goes on without it', () => {
    plan.seed({ seed: 1, rates: { confirm: { hang: 1 } } });
    plan.replace({ confirm: { fault: 'decline' } });
    assert.equal(strike('confirm', 'ord_1'), 'decline');
    plan.replace({});
    assert.equal(strike('confirm', 'ord_1'), 'hang');
  });
});

describe('the order in a reference', () => {
  for (const [text, order] of [
    ['ord_01jb', 'ord_01jb'],
    ['<ord_01jb.completed@makegood>', 'ord_01jb'],
    ['ord_01jb:2', 'ord_01jb'],
    ['something else', null],
  ] as const) {
    it(`is ${String(order)} for ${text}`, () => {
      assert.equal(orderIn(text), order);
    });
  }
});

describe('the control endpoint', () => {
  const path = temporaryDirectory();
  let carrier: StandIn;
  const start = async () => {
    carrier = await startCarrier({ bookFile: path('carrier') });
  };
  const restart = async () => {
    await carrier.close();
    await start();
  };
  before(start);
  after(() => carrier.close());

  it('reports the plan and what has hit, also of plans gone by', async () => {
    const cancel = () => fetch(`${carrier.url}/shipments/ord_1`, { method: 'DELETE' });
    await setFaults(carrier.url, { cancel: { fault: 'fail-before', times: 1 } });
    await assert.rejects(cancel());
    await cancel();
    const report = {
      faults: { cancel: [{ fault: 'fail-before', times: 1, hits: 1 }] },
      seeded: null,
      hits: { cancel: { 'fail-before': 1 } },
      lostAnswers: 0,
      underWay: 0,
    };
    assert.deepEqual(await faultReport(carrier.url), report);
    await clearFaults(carrier.url);
    assert.deepEqual(await faultReport(carrier.url), { ...report, faults: {} });
    await restart();
    assert.deepEqual(await faultReport(carrier.url), { ...report, faults: {} });
  });

  it('takes a seed, and forgets it with everything else', async () => {
    const plan = { seed: 7, rates: { request: { hang: 0.1 } } };
    const response = await setFaults(carrier.url, plan, 'seed');
    assert.equal(response.status, 200);
    const { seeded } = await faultReport(carrier.url);
    assert.deepEqual(seeded, { ...plan, mostPerOrder: 3 });
    await clearFaults(carrier.url);
    assert.equal((await faultReport(carrier.url)).seeded, null);
  });

  const nonsense: [string, unknown, RegExp][] = [
    ['an unknown operation', { capture: { fault: 'hang' } }, /capture/],
    ['an unknown fault', { cancel: { fault: 'explode' } }, /fail-before/],
    ['a refusal where there is none to give', { cancel: { fault: 'decline' } }, /fail-before/],
    ['zero times', { cancel: { fault: 'hang', times: 0 } }, /times/],
    ['something that is no order', { cancel: { fault: 'hang', orderId: '7' } }, /ord_/],
    ['a list', [], /expected record|expected object/],
  ];
  for (const [what, plan, message] of nonsense) {
    it(`answers 400 to ${what} and says why`, async () => {
      const response = await setFaults(carrier.url, plan);
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as { error: string };
      assert.match(error, message);
    });
  }

  const senseless: [string, unknown, RegExp][] = [
    ['no seed', { rates: {} }, /seed/],
    ['a fault that this party has not', rates({ 'wrong-amount': 0.1 }), /wrong-amount/],
    ['a rate above 1', rates({ hang: 1.1 }), /1/],
    ['rates of more than 1 together', rates({ hang: 0.6, error: 0.6 }), /more than 1/],
  ];
  for (const [what, plan, message] of senseless) {
    it(`answers 400 to a seeded plan with ${what}`, async () => {
      const response = await setFaults(carrier.url, plan, 'seed');
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as { error: string };
      assert.match(error, message);
    });
  }

  it('answers 400 to what is not JSON', async () => {
    const response = await fetch(`${carrier.url}/control/faults`, { method: 'PUT', body: '{' });
    assert.equal(response.status, 400);
  });
});

function rates(request: Readonly<Record<string, number>>) {
  return { seed: 7, rates: { request } };
}
