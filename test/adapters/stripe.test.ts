/** The Stripe adapter against the gateway's stand-in, over HTTP, with every fault on every call. */
import assert from 'node:assert/strict';
import type { PaymentGateway } from '../../src/activities/ports.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import type { Fault } from '../../src/counterparties/faults.ts';
import { gatewayKey } from '../../src/domain/keys.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';
import { isBug } from '../support/bug.ts';
import { plainGateway } from '../support/plain-gateway.ts';
import { bookLines, effectsOf, faultReport, setFaults } from '../support/stand-ins.ts';

const amount = { amountMinor: 1999n, currency: 'EUR' };

// Long enough for a loaded machine; only a hang ever waits for a deadline, with a short one.
const PATIENCE_MS = 5_000;
const HANG_MS = 60;

describe('the Stripe adapter', () => {
  const { url, newOrder, passTime } = plainGateway();
  let gateway: PaymentGateway;
  let order: OrderId;
  before(() => {
    gateway = createStripeGateway({ secretKey: 'sk_test_standin', apiBase: url() });
  });
  beforeEach(() => {
    order = newOrder() as OrderId;
  });

  type Operation = Parameters<typeof gatewayKey>[1];
  const call = (operation: Operation, timeoutMs = PATIENCE_MS) => ({
    key: gatewayKey(order, operation, 1),
    timeoutMs,
  });
  const create = (paymentMethod = 'pm_card_visa', timeoutMs = PATIENCE_MS) =>
    gateway.createIntent(
      { orderId: order, requestId: 'req-1', amount, paymentMethod },
      call('create', timeoutMs),
    );
  const confirm = (id: string, timeoutMs?: number) =>
    gateway.confirmIntent(id, call('confirm', timeoutMs));
  const capture = (id: string, timeoutMs?: number) =>
    gateway.captureIntent(id, call('capture', timeoutMs));
  const cancel = (id: string, timeoutMs?: number) =>
    gateway.cancelIntent(id, call('cancel', timeoutMs));
  const retrieve = (id: string, timeoutMs = PATIENCE_MS) =>
    gateway.retrieveIntent(id, { timeoutMs });
  const refund = (id: string, timeoutMs?: number) =>
    gateway.refundIntent({ intentId: id, orderId: order, amount }, call('refund', timeoutMs));
  const findRefund = (id: string, timeoutMs?: number) =>
    gateway.findRefund(id, call('refund', timeoutMs));

  /** An intent that has been confirmed and, if asked for, captured. */
  async function held(): Promise<string> {
    return (await confirm((await create()).id)).id;
  }
  async function paid(): Promise<string> {
    return (await capture(await held())).id;
  }
  const requests = async () =>
    (await bookLines(url())).filter((line) => line.kind === 'request' && line.orderId === order);

  it('holds, takes and returns money', async () => {
    const created = await create();
    const { id } = created;
    const common = { id, amount };
    const open = { ...common, capturableMinor: 0n, capturedMinor: 0n };
    assert.deepEqual(created, { ...open, status: 'requires_confirmation' });
    const holding = { ...common, capturableMinor: 1999n, capturedMinor: 0n };
    assert.deepEqual(await confirm(id), { ...holding, status: 'requires_capture' });
    const taken = { ...common, capturableMinor: 0n, capturedMinor: 1999n, status: 'succeeded' };
    assert.deepEqual(await capture(id), taken);
    assert.deepEqual(await retrieve(id), taken);
    const returned = await refund(id);
    assert.deepEqual(returned, { id: returned.id, status: 'succeeded', amount });
    assert.deepEqual(await findRefund(id), returned);
    const effects = ['created', 'authorized', 'captured', 'refunded'];
    assert.deepEqual(await effectsOf(url(), order), effects);
  });

  it('signs every call that changes anything with the key it was given', async () => {
    const id = await paid();
    await refund(id);
    await findRefund(id);
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

  it('resolves a decline with the intent and the code of the bank', async () => {
    const { id } = await create('pm_card_chargeDeclinedInsufficientFunds');
    const declined = await confirm(id);
    assert.equal(declined.status, 'requires_payment_method');
    assert.equal(declined.declineCode, 'insufficient_funds');
    assert.deepEqual(await retrieve(id), declined);
    assert.deepEqual(await confirm(id), declined, 'the same key again');
    const again = await gateway.confirmIntent(id, { key: 'another', timeoutMs: PATIENCE_MS });
    assert.deepEqual(again, declined, 'another key');
  });

  it('resolves an intent that waits for the customer', async () => {
    const { id } = await create('pm_card_authenticationRequired');
    assert.equal((await confirm(id)).status, 'requires_action');
  });

  it('refuses a payment method that the gateway does not know', async () => {
    await assert.rejects(create('pm_card_nobody'), (error) => {
      assert.ok(error instanceof Refusal);
      assert.equal(error.code, 'payment-declined');
      assert.ok(!error.message.includes('pm_card_nobody'));
      return true;
    });
  });

  it('resolves a capture that came too late with the canceled intent', async () => {
    const id = await held();
    await setFaults(url(), { capture: { fault: 'decline', orderId: order } });
    assert.equal((await capture(id)).status, 'canceled');
    assert.equal((await capture(id)).status, 'canceled');
  });

  const late: [string, () => Promise<string>, (id: string) => Promise<unknown>, string][] = [
    ['a confirm after the cancel', created, confirm, 'canceled'],
    ['a capture after the cancel', held, capture, 'canceled'],
    ['a cancel after the cancel', created, cancel, 'canceled'],
  ];
  async function created(): Promise<string> {
    return (await create()).id;
  }
  for (const [what, prepare, act, status] of late) {
    it(`resolves ${what} with the intent as it is`, async () => {
      const id = await prepare();
      await gateway.cancelIntent(id, { key: 'first-cancel' + order, timeoutMs: PATIENCE_MS });
      assert.equal(((await act(id)) as { status: string }).status, status);
    });
  }

  it('resolves a cancel after the capture with the captured intent', async () => {
    assert.equal((await cancel(await paid())).status, 'succeeded');
  });

  it('tells how the intent is now when the gateway repeats an old answer', async () => {
    const id = await held();
    await cancel(id);
    assert.equal((await confirm(id)).status, 'canceled');
  });

  it('is unavailable while an intent is not ready for a capture', async () => {
    await assert.rejects(capture((await create()).id), Unavailable);
  });

  interface Faulty {
    readonly prepare: () => Promise<string>;
    readonly act: (id: string, timeoutMs?: number) => Promise<unknown>;
    /** What a lost answer comes to at once, without a second call. */
    readonly lost: 'resolves' | 'unavailable';
  }
  const operations: Record<string, Faulty> = {
    create: {
      prepare: () => Promise.resolve(''),
      act: (_id, timeoutMs) => create('pm_card_visa', timeoutMs),
      lost: 'unavailable',
    },
    confirm: { prepare: created, act: confirm, lost: 'resolves' },
    capture: { prepare: held, act: capture, lost: 'resolves' },
    cancel: { prepare: held, act: cancel, lost: 'resolves' },
    refund: { prepare: paid, act: refund, lost: 'unavailable' },
    retrieve: { prepare: held, act: retrieve, lost: 'unavailable' },
    'find-refund': { prepare: paid, act: findRefund, lost: 'unavailable' },
  };
  for (const [operation, { prepare, act, lost }] of Object.entries(operations)) {
    for (const fault of ['fail-before', 'hang'] satisfies Fault[]) {
      it(`is unavailable when ${operation} meets ${fault}, and right the next time`, async () => {
        const id = await prepare();
        const effects = await effectsOf(url(), order);
        await setFaults(url(), { [operation]: { fault, times: 1, orderId: order } });
        const patience = fault === 'hang' ? HANG_MS : PATIENCE_MS;
        await assert.rejects(act(id, patience), Unavailable);
        assert.deepEqual(await effectsOf(url(), order), effects, 'nothing happened');
        assert.equal((await faultReport(url())).faults[operation]?.[0]?.hits, 1, 'sent once');
        await act(id);
      });
    }

    it(`${lost === 'resolves' ? 'resolves' : 'is unavailable'} when the answer to ${operation} is lost, and acts once`, async () => {
      const id = await prepare();
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
    const { id } = await create('pm_card_chargeDeclined');
    await setFaults(url(), { confirm: { fault: 'fail-after-effect', times: 1 } });
    assert.equal((await confirm(id)).declineCode, 'generic_decline');
  });

  it('is unavailable when the lookup after a lost answer fails as well', async () => {
    const id = await held();
    await setFaults(url(), {
      capture: { fault: 'fail-after-effect', times: 1 },
      retrieve: { fault: 'fail-before', times: 1 },
    });
    await assert.rejects(capture(id), Unavailable);
    assert.equal((await capture(id)).status, 'succeeded');
  });

  it('keeps the whole of a change and its lookup within one deadline', async () => {
    const id = await held();
    await setFaults(url(), { capture: { fault: 'hang' }, retrieve: { fault: 'hang' } });
    const start = performance.now();
    await assert.rejects(capture(id, 200), Unavailable);
    assert.ok(performance.now() - start < 400);
  });

  it('finds a refund again after the gateway has forgotten its key', async () => {
    const id = await paid();
    const made = await refund(id);
    passTime(25 * 3_600_000);
    assert.deepEqual(await findRefund(id), made);
    assert.deepEqual(await refund(id), made, 'a resend refunds nothing more');
    assert.equal(
      (await effectsOf(url(), order)).filter((effect) => effect === 'refunded').length,
      1,
    );
  });

  it('finds no refund where there is none, and not that of another key', async () => {
    const id = await paid();
    assert.equal(await findRefund(id), undefined);
    await gateway.refundIntent(
      { intentId: id, orderId: order, amount: { amountMinor: 1n, currency: 'EUR' } },
      { key: `${order}:refund:7`, timeoutMs: PATIENCE_MS },
    );
    assert.equal(await findRefund(id), undefined);
  });

  it('takes other parameters under one key for a bug', async () => {
    await create();
    await assert.rejects(
      create('pm_card_mastercard'),
      isBug(/createIntent: 400 idempotency_error/),
    );
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

  it('takes an unknown intent for a bug', async () => {
    await assert.rejects(confirm('pi_x'), isBug(/confirmIntent: 404 .*resource_missing/));
  });
});
