import assert from 'node:assert/strict';
import { createBusinessMetrics } from '../../src/api/business-metrics.ts';
import type { BusinessNumbers } from '../../src/api/operator-ports.ts';
import { BOOKS } from '../support/metrics-of-books.ts';
import { eventually } from './harness.ts';

describe('The metrics of the books', () => {
  const log = { warn: () => undefined };

  function asked(answer: () => Promise<BusinessNumbers> = () => Promise.resolve(BOOKS)) {
    let times = 0;
    const numbers = () => {
      times += 1;
      return answer();
    };
    return { numbers, times: () => times };
  }

  it('tell what happened, and what waits and since when', async () => {
    const metrics = createBusinessMetrics({ ...asked(), log });
    const text = (await metrics.render()) ?? '';
    for (const line of [
      'makegood_orders_accepted_total 7',
      'makegood_orders_ended_total{status="completed",reason=""} 4',
      'makegood_orders_ended_total{status="rejected",reason="out-of-stock"} 2',
      'makegood_steps_undone_total{step="reserve stock"} 3',
      'makegood_operator_acts_total{action="retry",step="send receipt"} 1',
      'makegood_oldest_unfinished_order_seconds{needs_operator="true"} 90.5',
      'makegood_oldest_unfinished_order_seconds{needs_operator="false"} 12',
      'makegood_money_at_risk_minor_units{currency="EUR"} 2998',
      'makegood_reconciliation_differences{kind="amounts-differ",state="open"} 2',
      'makegood_captures_halted 1',
      'makegood_oldest_unsent_mail_seconds 0',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line}\nin\n${text}`);
    }
    assert.doesNotMatch(text, /status="reserved"/);
  });

  it('ask the books once for all who look at the same moment, and not again too soon', async () => {
    const { numbers, times } = asked();
    const metrics = createBusinessMetrics({ numbers, log, atMostEveryMs: 60_000 });
    await Promise.all([metrics.render(), metrics.render()]);
    await metrics.render();
    assert.equal(times(), 1);
  });

  it('ask again after that', async () => {
    const { numbers, times } = asked();
    const metrics = createBusinessMetrics({ numbers, log, atMostEveryMs: 1 });
    await eventually(async () => {
      await metrics.render();
      return times() >= 3;
    });
  });

  it('leave books alone for twenty times as long as they took to answer', async () => {
    let answer: (() => void) | undefined;
    const slow = () =>
      new Promise<BusinessNumbers>((resolve) => {
        answer = () => resolve(BOOKS);
      });
    const { numbers, times } = asked(slow);
    const metrics = createBusinessMetrics({ numbers, log, atMostEveryMs: 0 });
    const began = performance.now();
    const first = metrics.render();
    await eventually(() => performance.now() - began > 50);
    // Nobody waits twice for one that is slow.
    assert.equal(metrics.render(), first);
    answer?.();
    await first;
    await metrics.render();
    assert.equal(times(), 1);
  });

  it('are left out while the books do not answer, rather than old', async () => {
    let isDown = false;
    const { numbers } = asked(() =>
      isDown ? Promise.reject(new Error('down')) : Promise.resolve(BOOKS),
    );
    const metrics = createBusinessMetrics({ numbers, log, atMostEveryMs: 0 });
    assert.match((await metrics.render()) ?? '', /makegood_steps_parked/);
    isDown = true;
    await eventually(async () => (await metrics.render()) === undefined);
    isDown = false;
    await eventually(async () => (await metrics.render()) !== undefined);
  });
});
