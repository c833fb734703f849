/**
 * The Stripe adapter against the gateway's stand-in, over HTTP, with every fault on every call. What
 * it has in common with every gateway is in test/contract/gateway.test.ts.
 */
import assert from 'node:assert/strict';
import type { PaymentGateway } from '../../src/activities/ports.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import type { Fault } from '../../src/counterparties/faults.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { callsFor, PATIENCE_MS } from '../contract/gateway/calls.ts';
import type { Asked, GatewayCalls } from '../contract/gateway/calls.ts';
import { isBug } from '../support/bug.ts';
import { plainGateway } from '../support/plain-gateway.ts';
import { bookLines, effectsOf, faultReport, setFaults } from '../support/stand-ins.ts';

// Only a hang ever waits for a deadline.
const HANG_MS = 60;

describe('the Stripe adapter', () => {
  const { url, newOrder } = plainGateway();
  let gateway: PaymentGateway;
  let order: OrderId;
  let calls: GatewayCalls;
  before(() => {
    gateway = createStripeGateway({ secretKey: 'sk_test_standin', apiBase: url() });
  });
  beforeEach(() => {
    order = newOrder() as OrderId;
    calls = callsFor(order, gateway);
  });

  const requests = async () =>
    (await bookLines(url())).filter((line) => line.kind === 'request' && line.orderId === order);

  it('signs every call that changes anything with the key it was given', async () => {
    const id = await calls.paid();
    await calls.refund(id);
    await calls.findRefund(id);
    assert.deepEqual(
      (await requests()).map(({ operation, key, requestId }) => [operation, key, requestId]),
      [
        ['create', `${order}:create:1`, 'req-1'],
        ['confirm', `${order}:confirm:1`, 'req-1'],
        ['capture', `${order}:capture:1`, 'req-1'],
        ['refund', `${order}:refund:1`, 'req-1'],
        ['find-refund', null, 'req-1'],
      ],
    );
  });

  interface Faulty {
    readonly prepare: 'created' | 'held' | 'paid';
    readonly act: (id: string, asked?: Asked) => Promise<unknown>;
    /** What a lost answer comes to at once, without a second call. */
    readonly lost: 'resolves' | 'unavailable';
  }
  const operations: Record<string, Faulty> = {
    create: {
      prepare: 'created',
      // Under another key than what is there already.
      act: (_, asked) => calls.create('pm_card_visa', { ...asked, n: 2 }),
      lost: 'unavailable',
    },
    confirm: { prepare: 'created', act: (...asked) => calls.confirm(...asked), lost: 'resolves' },
    capture: { prepare: 'held', act: (...asked) => calls.capture(...asked), lost: 'resolves' },
    cancel: { prepare: 'held', act: (...asked) => calls.cancel(...asked), lost: 'resolves' },
    refund: { prepare: 'paid', act: (...asked) => calls.refund(...asked), lost: 'unavailable' },
    retrieve: { prepare: 'held', act: (...asked) => calls.retrieve(...asked), lost: 'unavailable' },
    'find-refund': {
      prepare: 'paid',
      act: (...asked) => calls.findRefund(...asked),
      lost: 'unavailable',
    },
  };
  for (const [operation, { prepare, act, lost }] of Object.entries(operations)) {
    for (const fault of ['fail-before', 'hang'] satisfies Fault[]) {
      it(`is unavailable when ${operation} meets ${fault}, and right the next time`, async () => {
        const id = await calls[prepare]();
        const effects = await effectsOf(url(), order);
        await setFaults(url(), { [operation]: { fault, times: 1, orderId: order } });
        const timeoutMs = fault === 'hang' ? HANG_MS : PATIENCE_MS;
        await assert.rejects(act(id, { timeoutMs }), Unavailable);
        assert.deepEqual(await effectsOf(url(), order), effects, 'nothing happened');
        assert.equal((await faultReport(url())).faults[operation]?.[0]?.hits, 1, 'sent once');
        await act(id);
      });
    }

    it(`${lost === 'resolves' ? 'resolves' : 'is unavailable'} when the answer to ${operation} is lost, and acts once`, async () => {
      const id = await calls[prepare]();
      const effects = await effectsOf(url(), order);
      const fault: Fault = 'fail-after-effect';
      await setFaults(url(), { [operation]: { fault, times: 1, orderId: order } });
      if (lost === 'resolves') await act(id);
      else await assert.rejects(act(id), Unavailable);
      await act(id);
      const isQuestion = operation === 'retrieve' || operation === 'find-refund';
      const added = (await effectsOf(url(), order)).length - effects.length;
      assert.equal(added, isQuestion ? 0 : 1);
    });
  }

  it('resolves a decline whose answer was lost', async () => {
    const { id } = await calls.create('pm_card_chargeDeclined');
    await setFaults(url(), { confirm: { fault: 'fail-after-effect', times: 1 } });
    assert.equal((await calls.confirm(id)).declineCode, 'generic_decline');
  });

  it('is unavailable when the lookup after a lost answer fails as well', async () => {
    const id = await calls.held();
    await setFaults(url(), {
      capture: { fault: 'fail-after-effect', times: 1 },
      retrieve: { fault: 'fail-before', times: 1 },
    });
    await assert.rejects(calls.capture(id), Unavailable);
    assert.equal((await calls.capture(id)).status, 'succeeded');
  });

  it('keeps the whole of a change and its lookup within one deadline', async () => {
    const id = await calls.held();
    await setFaults(url(), { capture: { fault: 'hang' }, retrieve: { fault: 'hang' } });
    const start = performance.now();
    await assert.rejects(calls.capture(id, { timeoutMs: 200 }), Unavailable);
    assert.ok(performance.now() - start < 400);
  });

  it('takes a wrong API key for a bug, and does not tell it', async () => {
    const secretKey = 'sk_live_secret';
    const wrong = createStripeGateway({ secretKey, apiBase: url() });
    const asked = wrong.retrieveIntent('pi_x', { timeoutMs: PATIENCE_MS });
    await assert.rejects(asked, (error) => {
      assert.ok(isBug(/retrieveIntent: 401/)(error));
      assert.ok(!(error as Error).message.includes('secret'));
      return true;
    });
  });
});
