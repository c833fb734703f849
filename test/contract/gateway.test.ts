/**
 * What every payment gateway has to do, asked of the one in memory and of the stand-in behind the
 * Stripe adapter. What goes wrong on the way there and back is in test/adapters/stripe.test.ts.
 */
import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';
import { isBug } from '../support/bug.ts';
import { AMOUNT, callsFor } from './gateway/calls.ts';
import type { GatewayCalls } from './gateway/calls.ts';
import { GATEWAYS } from './gateway/sides.ts';
import type { GatewaySide } from './gateway/sides.ts';

interface Scene extends GatewaySide, GatewayCalls {
  readonly order: OrderId;
}

type Scenario = (scene: Scene) => Promise<void>;

const DECLINED = 'pm_card_chargeDeclinedInsufficientFunds';
const UNANSWERED = 'pm_card_processingUnanswered';
const ASKING = 'pm_card_authenticationRequired';

// Past the key memory; longer than the stand-in's bank takes for a refund.
const FORGOTTEN_MS = 25 * 3_600_000;
const SETTLED_MS = 1_500;

const INTENTS: Readonly<Record<string, Scenario>> = {
  async 'holds, takes and returns money'({ order, create, confirm, ...scene }) {
    const created = await create();
    const { id } = created;
    const common = { id, amount: AMOUNT };
    const open = { ...common, capturableMinor: 0n, capturedMinor: 0n };
    assert.deepEqual(created, { ...open, status: 'requires_confirmation' });
    const holding = { ...common, capturableMinor: 1999n, capturedMinor: 0n };
    assert.deepEqual(await confirm(id), { ...holding, status: 'requires_capture' });
    const taken = { ...common, capturableMinor: 0n, capturedMinor: 1999n, status: 'succeeded' };
    assert.deepEqual(await scene.capture(id), taken);
    assert.deepEqual(await scene.retrieve(id), taken);
    const returned = await scene.refund(id);
    assert.deepEqual(returned, { id: returned.id, status: 'succeeded', amount: AMOUNT });
    assert.deepEqual(await scene.findRefund(id), returned);
    const effects = ['created', 'authorized', 'captured', 'refunded'];
    assert.deepEqual(await scene.effects(order), effects);
  },

  async 'does everything once, however often it is asked under the same key'(scene) {
    const { order, created, confirm, capture, refund, effects } = scene;
    const id = await created();
    assert.equal(await created(), id);
    for (const act of [confirm, capture, refund]) {
      assert.deepEqual(await act(id), await act(id));
    }
    assert.deepEqual(await effects(order), ['created', 'authorized', 'captured', 'refunded']);
  },

  async 'answers a create again as it was, whatever came of it since'({ create, cancel }) {
    const created = await create();
    await cancel(created.id);
    assert.deepEqual(await create(), created);
  },

  async 'makes another intent under another key, or when the key is forgotten'(scene) {
    const { create, passTime } = scene;
    const ids = [await create(), await create('pm_card_visa', { n: 2 })].map(({ id }) => id);
    passTime(FORGOTTEN_MS);
    ids.push((await create()).id);
    assert.equal(new Set(ids).size, 3);
  },

  async 'takes other parameters under one key for a bug'({ create }) {
    await create();
    await assert.rejects(create('pm_card_mastercard'), isBug(/400 idempotency_error|another/));
  },

  async 'takes an unknown intent for a bug'({ confirm, capture, cancel, retrieve, refund }) {
    for (const act of [confirm, capture, cancel, retrieve, refund]) {
      await assert.rejects(act('pi_unknown'), isBug(/404 .*resource_missing/));
    }
  },

  async 'refuses a payment method that the gateway does not know'({ create }) {
    const isRefused = (error: unknown) => {
      assert.ok(error instanceof Refusal);
      assert.equal(error.code, 'payment-declined');
      assert.ok(!error.message.includes('pm_card_nobody'));
      return true;
    };
    await assert.rejects(create('pm_card_nobody'), isRefused);
    await assert.rejects(create('pm_card_nobody'), isRefused, 'the same key again');
  },

  async 'resolves a decline with the intent and the code of the bank'({
    create,
    confirm,
    retrieve,
  }) {
    const { id } = await create(DECLINED);
    const declined = await confirm(id);
    assert.equal(declined.status, 'requires_payment_method');
    assert.equal(declined.declineCode, 'insufficient_funds');
    assert.deepEqual(await retrieve(id), declined);
    assert.deepEqual(await confirm(id), declined, 'the same key again');
    assert.deepEqual(await confirm(id, { n: 2 }), declined, 'another key');
  },

  async 'resolves an intent that waits for the customer'({ held, confirm }) {
    assert.equal((await confirm(await held(ASKING), { n: 2 })).status, 'requires_action');
  },

  async 'says where the customer goes, if they can come back'({
    create,
    created,
    confirm,
    retrieve,
  }) {
    const id = await created(ASKING);
    const asked = await confirm(id, { returnUrl: 'https://shop.example/thanks?cart=7' });
    assert.ok(asked.actionUrl?.endsWith(`/3ds/${id}`), asked.actionUrl);
    assert.deepEqual(await retrieve(id), asked);
    const other = await create(ASKING, { n: 2 });
    assert.equal((await confirm(other.id, { n: 2 })).actionUrl, undefined);
  },

  async 'resolves an intent that its bank is still at, and that cannot be called off'(scene) {
    const id = await scene.held(UNANSWERED);
    assert.equal((await scene.retrieve(id)).status, 'processing');
    assert.equal((await scene.cancel(id)).status, 'processing');
  },

  async 'tells how the intent is now when the gateway repeats an old answer'(scene) {
    const id = await scene.held();
    await scene.cancel(id);
    assert.equal((await scene.confirm(id)).status, 'canceled');
  },

  async 'resolves a capture that came too late with the canceled intent'(scene) {
    const { order, held, lapse, capture, effects } = scene;
    const id = await held();
    await lapse(order);
    assert.equal((await capture(id)).status, 'canceled');
    assert.equal((await capture(id)).status, 'canceled');
    assert.deepEqual(await effects(order), ['created', 'authorized', 'canceled']);
  },
};

const REFUNDS: Readonly<Record<string, Scenario>> = {
  async 'finds a refund again after the gateway has forgotten its key'(scene) {
    const { order, paid, refund, findRefund, passTime, effects } = scene;
    const id = await paid();
    const made = await refund(id);
    passTime(FORGOTTEN_MS);
    assert.deepEqual(await findRefund(id), made);
    assert.deepEqual(await refund(id), made, 'a resend refunds nothing more');
    assert.equal((await effects(order)).filter((effect) => effect === 'refunded').length, 1);
  },

  async 'finds no refund where there is none, and not that of another key'(scene) {
    const { paid, refund, findRefund } = scene;
    const id = await paid();
    assert.equal(await findRefund(id), undefined);
    await refund(id, { n: 7, amountMinor: 1n });
    assert.equal(await findRefund(id), undefined);
  },

  async 'refunds in parts, and never more than was captured'({ paid, refund, findRefund }) {
    const id = await paid();
    const parts = [
      await refund(id, { amountMinor: 1000n }),
      await refund(id, { n: 2, amountMinor: 900n }),
    ];
    await assert.rejects(refund(id, { n: 3, amountMinor: 100n }), isBug(/400/));
    await assert.rejects(refund(id, { n: 4, amountMinor: 0n }), isBug(/400/));
    assert.deepEqual([await findRefund(id), await findRefund(id, { n: 2 })], parts);
    assert.equal(await findRefund(id, { n: 3 }), undefined);
  },

  async 'refunds nothing that was not captured'({ created, held, refund }) {
    await assert.rejects(refund(await created()), isBug(/400/));
    await assert.rejects(refund(await held(), { n: 2 }), isBug(/400/));
  },

  async 'has a refund pending until the bank has paid it'(scene) {
    const { paid, refund, findRefund, passTime } = scene;
    const id = await paid('pm_card_pendingRefund');
    const pending = await refund(id);
    assert.equal(pending.status, 'pending');
    await assert.rejects(
      refund(id, { n: 2, amountMinor: 1n }),
      isBug(/400/),
      'it holds its amount',
    );
    passTime(SETTLED_MS);
    assert.deepEqual(await refund(id), pending, 'the key remembers the first answer');
    assert.deepEqual(await findRefund(id), { ...pending, status: 'succeeded' });
  },

  async 'gives the amount of a refund that the bank has failed free again'(scene) {
    const { paid, refund, findRefund, passTime } = scene;
    const id = await paid('pm_card_refundFail');
    const { status } = await refund(id);
    assert.equal(status, 'pending');
    passTime(SETTLED_MS);
    assert.equal((await findRefund(id))?.status, 'failed');
    assert.equal((await refund(id, { n: 2 })).status, 'pending');
  },

  async 'says no again under the key under which it said no'({ paid, refund, passTime }) {
    const id = await paid('pm_card_refundFail');
    await refund(id);
    await assert.rejects(refund(id, { n: 2, amountMinor: 1n }), isBug(/400/));
    passTime(SETTLED_MS);
    await assert.rejects(refund(id, { n: 2, amountMinor: 1n }), isBug(/400/));
    assert.equal((await refund(id, { n: 3, amountMinor: 1n })).status, 'pending');
  },
};

/** Each change, in each state that an intent can be in; the change that led there has another key. */
const STATES: readonly [state: string, prepare: (scene: Scene) => Promise<string>, ...string[]][] =
  [
    ['nobody has confirmed', ({ created }) => created(), 'requires_capture', 'not yet', 'canceled'],
    [
      'the bank declined',
      ({ held }) => held(DECLINED),
      'requires_payment_method',
      'not yet',
      'canceled',
    ],
    [
      'waits for the customer',
      ({ held }) => held(ASKING),
      'requires_action',
      'not yet',
      'canceled',
    ],
    ['is held', ({ held }) => held(), 'requires_capture', 'succeeded', 'canceled'],
    ['is captured', ({ paid }) => paid(), 'succeeded', 'succeeded', 'succeeded'],
    ['is cancelled', cancelled, 'canceled', 'canceled', 'canceled'],
  ];

async function cancelled({ held, cancel }: Scene): Promise<string> {
  return (await cancel(await held())).id;
}

for (const [where, prepare] of Object.entries(GATEWAYS)) {
  describe(`a payment gateway ${where}`, () => {
    const side = prepare();
    let orders = 0;
    const scene = (): Scene => {
      const order: OrderId = `ord_gc${(orders += 1)}`;
      const one = side();
      return { ...one, ...callsFor(order, one.gateway), order };
    };
    for (const [what, scenario] of Object.entries({ ...INTENTS, ...REFUNDS })) {
      it(what, () => scenario(scene()));
    }
    for (const [state, lead, ...expected] of STATES) {
      for (const [index, act] of (['confirm', 'capture', 'cancel'] as const).entries()) {
        it(`resolves a ${act} of an intent that ${state} with what it is then, or not yet`, async () => {
          const at = scene();
          const id = await lead(at);
          const asked = at[act](id, { n: 2 });
          if (expected[index] === 'not yet') await assert.rejects(asked, Unavailable);
          else assert.equal((await asked).status, expected[index]);
        });
      }
    }
  });
}
