/** The fault plan, the same on all three stand-ins, and how it is set from outside. */
import assert from 'node:assert/strict';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import { createFaultPlan, FAULTS, orderIn } from '../../src/counterparties/faults.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import { clearFaults, faultReport, setFaults, temporaryDirectory } from '../support/stand-ins.ts';

describe('a fault plan', () => {
  const plan = createFaultPlan(['confirm', 'retrieve'], ['confirm']);

  it('strikes as often as it says, and only that operation', () => {
    plan.replace({ confirm: { fault: 'hang', times: 2 } });
    assert.equal(plan.strike('retrieve', null, FAULTS), undefined);
    const struck = [1, 2, 3].map(() => plan.strike('confirm', null, FAULTS));
    assert.deepEqual(struck, ['hang', 'hang', undefined]);
  });

  it('strikes until it is cleared when it names no number', () => {
    plan.replace({ confirm: { fault: 'fail-before' } });
    for (let n = 0; n < 10; n += 1)
      assert.equal(plan.strike('confirm', null, FAULTS), 'fail-before');
    plan.clear();
    assert.equal(plan.strike('confirm', null, FAULTS), undefined);
  });

  it('strikes only the order it names', () => {
    plan.replace({ confirm: { fault: 'decline', orderId: 'ord_1' } });
    assert.equal(plan.strike('confirm', 'ord_2', FAULTS), undefined);
    assert.equal(plan.strike('confirm', null, FAULTS), undefined);
    assert.equal(plan.strike('confirm', 'ord_1', FAULTS), 'decline');
  });

  it('does not count what it was not asked for', () => {
    plan.replace({ confirm: { fault: 'decline', times: 1 } });
    assert.equal(plan.strike('confirm', null, ['hang']), undefined);
    assert.equal(plan.strike('confirm', null, ['decline']), 'decline');
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
  before(async () => {
    carrier = await startCarrier({ bookFile: path('carrier') });
  });
  after(() => carrier.close());

  it('reports the plan and what has hit, also of plans gone by', async () => {
    const cancel = () => fetch(`${carrier.url}/shipments/ord_1`, { method: 'DELETE' });
    await setFaults(carrier.url, { cancel: { fault: 'fail-before', times: 1 } });
    await assert.rejects(cancel());
    await cancel();
    assert.deepEqual(await faultReport(carrier.url), {
      faults: { cancel: { fault: 'fail-before', times: 1, hits: 1 } },
      hits: { cancel: { 'fail-before': 1 } },
    });
    await clearFaults(carrier.url);
    assert.deepEqual(await faultReport(carrier.url), {
      faults: {},
      hits: { cancel: { 'fail-before': 1 } },
    });
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

  it('answers 400 to what is not JSON', async () => {
    const response = await fetch(`${carrier.url}/control/faults`, { method: 'PUT', body: '{' });
    assert.equal(response.status, 400);
  });
});
