/** The gateway's stand-in: does it keep Stripe's rules for intents and refunds? */
import assert from 'node:assert/strict';
import { plainGateway, wanted, type Answer } from '../support/plain-gateway.ts';
import { bookLines, effectsOf, setFaults } from '../support/stand-ins.ts';

describe('the gateway stand-in', () => {
  const { url, newOrder, get, post, intentFor, restart } = plainGateway();

  it('holds, takes and returns money, and books each', async () => {
    const order = newOrder();
    const created = await post('payment_intents', wanted(order), `${order}:create:1`);
    assert.equal(created.status, 200);
    assert.equal(created.body['status'], 'requires_confirmation');
    const { id } = created.body;
    const held = await post(`payment_intents/${id}/confirm`);
    assert.deepEqual(
      [held.body['status'], held.body['amount_capturable'], held.body['amount_received']],
      ['requires_capture', 1999, 0],
    );
    const taken = await post(`payment_intents/${id}/capture`);
    assert.deepEqual(
      [taken.body['status'], taken.body['amount_capturable'], taken.body['amount_received']],
      ['succeeded', 0, 1999],
    );
    await post('refunds', { payment_intent: id, amount: '999' });
    const rest = await post('refunds', { payment_intent: id });
    assert.deepEqual([rest.body['amount'], rest.body['status']], [1000, 'succeeded']);
    const lines = (await bookLines(url())).filter((line) => line.orderId === order);
    assert.deepEqual(
      lines
        .filter(({ kind }) => kind === 'effect')
        .map(({ effect, amount, currency, intent, requestId }) => ({
          effect,
          amount,
          currency,
          intent,
          requestId,
        })),
      [
        ['created', 1999],
        ['authorized', 1999],
        ['captured', 1999],
        ['refunded', 999],
        ['refunded', 1000],
      ].map(([effect, amount]) => ({
        effect,
        amount,
        currency: 'eur',
        intent: id,
        requestId: `req-${order}`,
      })),
    );
    assert.equal(lines.filter(({ kind }) => kind === 'request').length, 5);
  });

  const cancellable: [string[], number][] = [
    [[], 0],
    [['confirm'], 1999],
  ];
  for (const [steps, released] of cancellable) {
    it(`lets go of ${released} when an intent is canceled after ${steps.join() || 'create'}`, async () => {
      const order = newOrder();
      const id = await intentFor(order, ...steps, 'cancel');
      const { body } = await get(`payment_intents/${id}`);
      assert.deepEqual(
        [body['status'], body['amount_capturable'], body['cancellation_reason']],
        ['canceled', 0, 'requested_by_customer'],
      );
      const lines = await bookLines(url());
      const canceled = lines.find(
        (line) => line['effect'] === 'canceled' && line.orderId === order,
      );
      assert.equal(canceled?.['amount'], released);
    });
  }

  const illegal: [string[], string][] = [
    [[], 'capture'],
    [['confirm'], 'confirm'],
    [['confirm', 'capture'], 'confirm'],
    [['confirm', 'capture'], 'capture'],
    [['confirm', 'capture'], 'cancel'],
    [['cancel'], 'confirm'],
    [['cancel'], 'capture'],
    [['cancel'], 'cancel'],
    [['confirm', 'cancel'], 'capture'],
  ];
  for (const [steps, step] of illegal) {
    it(`refuses to ${step} after ${['create', ...steps].join(', ')}`, async () => {
      const order = newOrder();
      const id = await intentFor(order, ...steps);
      const before = await effectsOf(url(), order);
      const { status, body } = await post(`payment_intents/${id}/${step}`);
      assert.equal(status, 400);
      assert.equal(body.error['type'], 'invalid_request_error');
      assert.equal(body.error['code'], 'payment_intent_unexpected_state');
      assert.equal((body.error['payment_intent'] as { id: string }).id, id);
      assert.deepEqual(await effectsOf(url(), order), before);
    });
  }

  const cards: [string, string, string][] = [
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ];
  for (const [card, code, declineCode] of cards) {
    it(`declines ${card}, and the intent asks for another payment method`, async () => {
      const order = newOrder();
      const created = await post('payment_intents', wanted(order, card));
      const { status, body } = await post(`payment_intents/${created.body.id}/confirm`);
      assert.equal(status, 402);
      const { type, payment_intent: intent } = body.error;
      assert.deepEqual([type, body.error['code']], ['card_error', code]);
      assert.equal(body.error['decline_code'], declineCode);
      const { status: now, last_payment_error: error } = intent as {
        status: string;
        last_payment_error: { decline_code: string };
      };
      assert.deepEqual([now, error.decline_code], ['requires_payment_method', declineCode]);
      assert.deepEqual(await effectsOf(url(), order), ['created', 'declined']);
    });
  }

  it('asks the customer when the card wants authentication', async () => {
    const card = 'pm_card_authenticationRequired';
    const created = await post('payment_intents', wanted(newOrder(), card));
    const { body } = await post(`payment_intents/${created.body.id}/confirm`);
    assert.equal(body['status'], 'requires_action');
  });

  it('lets an authorization expire when the plan has the capture declined', async () => {
    const order = newOrder();
    const id = await intentFor(order, 'confirm');
    await setFaults(url(), { capture: { fault: 'decline', orderId: order } });
    const { status, body } = await post(`payment_intents/${id}/capture`);
    assert.deepEqual([status, body.error['code']], [400, 'payment_intent_unexpected_state']);
    assert.deepEqual(await effectsOf(url(), order), ['created', 'authorized', 'canceled']);
  });

  const wrong: [string, () => Promise<Answer>, number, Record<string, unknown>][] = [
    ['no API key', () => get('events', null), 401, {}],
    ['a live API key', () => get('events', 'sk_live_x'), 401, {}],
    [
      'an unknown payment method',
      () => post('payment_intents', wanted(newOrder(), 'pm_card_nobody')),
      400,
      { code: 'resource_missing', param: 'payment_method' },
    ],
    [
      'an inherited name as payment method',
      () => post('payment_intents', wanted(newOrder(), 'toString')),
      400,
      { code: 'resource_missing' },
    ],
    ['an unknown intent', () => get('payment_intents/pi_x'), 404, { code: 'resource_missing' }],
    [
      'an unknown intent to refund',
      () => post('refunds', { payment_intent: 'pi_x' }),
      404,
      { code: 'resource_missing', param: 'payment_intent' },
    ],
    [
      'a fraction of a cent',
      () => post('payment_intents', { ...wanted(newOrder()), amount: '19.99' }),
      400,
      { code: 'parameter_invalid', param: 'amount' },
    ],
    [
      'a missing parameter',
      () => post('payment_intents', { amount: '1', capture_method: 'manual' }),
      400,
      { code: 'parameter_missing', param: 'currency' },
    ],
    [
      'a parameter that this API version has not',
      () => post('payment_intents', { ...wanted(newOrder()), 'payment_method_types[0]': 'card' }),
      400,
      { code: 'parameter_unknown', param: 'payment_method_types' },
    ],
    ['an unknown endpoint', () => get('customers'), 404, { type: 'invalid_request_error' }],
  ];
  for (const [what, ask, status, error] of wrong) {
    it(`answers ${what} with ${status}`, async () => {
      const answer = await ask();
      assert.equal(answer.status, status);
      const expected = { type: 'invalid_request_error', ...error };
      for (const [field, value] of Object.entries(expected)) {
        assert.equal(answer.body.error[field], value, field);
      }
    });
  }

  it('never refunds more than was captured', async () => {
    const order = newOrder();
    const id = await intentFor(order, 'confirm');
    const refund = (amount?: string) =>
      post('refunds', { payment_intent: id, ...(amount === undefined ? {} : { amount }) });
    const early = await refund();
    assert.deepEqual([early.status, early.body.error['type']], [400, 'invalid_request_error']);
    await post(`payment_intents/${id}/capture`);
    assert.equal((await refund('2000')).body.error['param'], 'amount');
    assert.equal((await refund('1500')).status, 200);
    assert.equal((await refund('500')).status, 400);
    assert.equal((await refund('499')).status, 200);
    assert.equal((await refund()).body.error['code'], 'charge_already_refunded');
  });

  it('pages through the refunds of an intent, newest first', async () => {
    const id = await intentFor(newOrder(), 'confirm', 'capture');
    for (const amount of ['1', '2', '3']) await post('refunds', { payment_intent: id, amount });
    const first = await get(`refunds?payment_intent=${id}&limit=2`);
    assert.equal(first.body['has_more'], true);
    const last = String(first.body.data.at(-1)?.['id']);
    const second = await get(`refunds?payment_intent=${id}&limit=2&starting_after=${last}`);
    assert.equal(second.body['has_more'], false);
    const amounts = [...first.body.data, ...second.body.data].map(({ amount }) => amount);
    assert.deepEqual(amounts, [3, 2, 1]);
  });

  it('tells of every effect as an event', async () => {
    const id = await intentFor(newOrder(), 'confirm', 'capture');
    await post('refunds', { payment_intent: id });
    const { body } = await get('events?limit=4');
    assert.deepEqual(
      body.data.map(({ type }) => type),
      [
        'refund.created',
        'payment_intent.succeeded',
        'payment_intent.amount_capturable_updated',
        'payment_intent.created',
      ],
    );
  });

  it('knows intents, refunds, keys and events again after a restart', async () => {
    const order = newOrder();
    const first = await post('payment_intents', wanted(order), `${order}:1`);
    const { id } = first.body;
    await post(`payment_intents/${id}/confirm`);
    await post(`payment_intents/${id}/capture`);
    await post('refunds', { payment_intent: id, amount: '5' }, `${order}:refund`);
    const all = () =>
      Promise.all([
        get(`payment_intents/${id}`),
        get(`refunds?payment_intent=${id}`),
        get('events?limit=100'),
        post('payment_intents', wanted(order), `${order}:1`),
        post('refunds', { payment_intent: id, amount: '5' }, `${order}:refund`),
      ]).then((answers) => answers.map(({ status, body }) => ({ status, body })));
    const before = await all();
    await restart();
    assert.deepEqual(await all(), before);
    const effects = ['created', 'authorized', 'captured', 'refunded'];
    assert.deepEqual(await effectsOf(url(), order), effects);
  });
});
