/** Answers of a gateway that is not itself: which are "try again", and which are bugs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { PaymentGateway } from '../../src/activities/ports.ts';
import { createStripeGateway } from '../../src/adapters/stripe/index.ts';
import { portOf } from '../../src/counterparties/server.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { isBug } from '../support/bug.ts';

const call = { key: 'ord_1:capture:1', timeoutMs: 5_000 };
const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  amount: 1999,
  amount_capturable: 0,
  amount_received: 1999,
  currency: 'eur',
  metadata: { order_id: 'ord_1' },
};
const refund = { id: 're_1', object: 'refund', status: 'succeeded', amount: 1999, currency: 'eur' };
const error = (type: string, code?: string) => ({ error: { type, code, message: 'no' } });

describe('the Stripe adapter, given a strange answer,', () => {
  let answer: { status: number; body: unknown };
  let question: { status: number; body: unknown };
  let lists: ((url: string) => object) | undefined;
  let retryAfter = '1';
  let server: Server;
  let gateway: PaymentGateway;
  before(async () => {
    server = createServer((request, response) => {
      const { status, body } = request.method === 'GET' ? question : answer;
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': retryAfter });
      const told = lists?.(request.url ?? '') ?? body;
      response.end(typeof told === 'string' ? told : JSON.stringify(told));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const apiBase = `http://127.0.0.1:${portOf(server)}`;
    gateway = createStripeGateway({ secretKey: 'sk_test_standin', apiBase });
  });
  beforeEach(() => {
    lists = undefined;
    question = {
      status: 200,
      body: { ...intent, status: 'requires_capture', amount_received: 0, amount_capturable: 1999 },
    };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const ambiguous: [string, number, unknown][] = [
    ['a key in use', 409, error('idempotency_error', 'idempotency_key_in_use')],
    ['a rate limit', 429, error('invalid_request_error', 'rate_limit')],
    ['a lock timeout', 429, error('invalid_request_error', 'lock_timeout')],
    ['a lock timeout told as 400', 400, error('invalid_request_error', 'lock_timeout')],
    ['an internal error', 500, error('api_error')],
    ['a gateway in between that fails', 503, '<html>'],
    ['a failure told as our mistake', 500, error('invalid_request_error')],
    ['half an answer', 200, '{"id":"pi_1'],
    ['an intent elsewhere', 400, error('invalid_request_error', 'payment_intent_unexpected_state')],
  ];
  for (const [what, status, body] of ambiguous) {
    it(`is unavailable for ${what} while the effect does not show`, async () => {
      answer = { status, body };
      await assert.rejects(gateway.captureIntent('pi_1', call), Unavailable);
    });

    it(`resolves ${what} when the effect shows`, async () => {
      answer = { status, body };
      question = { status: 200, body: intent };
      assert.equal((await gateway.captureIntent('pi_1', call)).status, 'succeeded');
    });
  }

  it('resolves an intent in processing as it is', async () => {
    answer = { status: 200, body: { ...intent, status: 'processing', amount_received: 0 } };
    assert.equal((await gateway.captureIntent('pi_1', call)).status, 'processing');
  });

  const bugs: [string, unknown, RegExp][] = [
    ['a fraction', { ...intent, amount: 19.99 }, /malformed answer \(amount\)/],
    ['an amount that is text', { ...intent, amount: '1999' }, /malformed answer \(amount\)/],
    ['an unknown status', { ...intent, status: 'done' }, /malformed answer \(status\)/],
    ['another object', { ...intent, object: 'charge' }, /malformed answer \(object\)/],
    ['another intent', { ...intent, id: 'pi_2' }, /the intent is pi_2, expected pi_1/],
    ['a capture in part', { ...intent, amount_received: 5 }, /captured is 5, expected 1999/],
  ];
  for (const [what, body, message] of bugs) {
    it(`takes ${what} for a bug`, async () => {
      answer = { status: 200, body };
      await assert.rejects(gateway.captureIntent('pi_1', call), isBug(message));
    });

    it(`looks up what became of a capture that was answered with ${what}`, async () => {
      answer = { status: 200, body };
      question = { status: 200, body: intent };
      assert.equal((await gateway.captureIntent('pi_1', call)).status, 'succeeded');
    });
  }

  it('says when the gateway wants to be asked again, within reason', async () => {
    for (const [header, expected] of [
      ['7', 7_000],
      ['86400', 60_000],
      ['soon', undefined],
    ] as const) {
      answer = { status: 429, body: error('invalid_request_error', 'rate_limit') };
      retryAfter = header;
      await assert.rejects(gateway.captureIntent('pi_1', call), (thrown) => {
        assert.ok(thrown instanceof Unavailable);
        assert.equal(thrown.retryAfterMs, expected);
        return true;
      });
    }
  });

  it('looks for a refund beyond the first page', async () => {
    const refunds = [
      { ...refund, id: 're_0', metadata: { idempotency_key: 'ord_1:refund:0' } },
      { ...refund, metadata: { idempotency_key: call.key } },
    ];
    lists = (url) => {
      const isSecond = url.includes('starting_after=re_0');
      return { object: 'list', data: [refunds[isSecond ? 1 : 0]], has_more: !isSecond };
    };
    assert.equal((await gateway.findRefund('pi_1', call))?.id, 're_1');
  });

  const asOrdered = {
    orderId: 'ord_1',
    requestId: 'req-1',
    installation: 'ins_1',
    paymentMethod: 'pm_card_visa',
  } as const;
  const wrongIntents: [string, object, RegExp][] = [
    ['amount', { amount: 2000, amount_received: 2000 }, /amount is 2000, expected 1999/],
    ['currency', { currency: 'usd' }, /currency is USD, expected EUR/],
    ['order', { metadata: { order_id: 'ord_2' } }, /order is ord_2, expected ord_1/],
  ];
  for (const [what, wrong, message] of wrongIntents) {
    it(`takes an intent with the wrong ${what} for a bug`, async () => {
      answer = { status: 200, body: { ...intent, ...wrong } };
      const wanted = { amountMinor: 1999n, currency: 'EUR' };
      const asked = gateway.createIntent({ ...asOrdered, amount: wanted }, call);
      await assert.rejects(asked, isBug(message));
    });
  }

  for (const [what, wrong, message] of [
    ['amount', { amount: 1 }, /amount is 1, expected 1999/],
    ['currency', { currency: 'usd' }, /currency is USD, expected EUR/],
    ['status', { status: null }, /malformed answer \(status\)/],
  ] as const) {
    it(`takes a refund with the wrong ${what} for a bug`, async () => {
      answer = { status: 200, body: { ...refund, ...wrong } };
      const wanted = { amountMinor: 1999n, currency: 'EUR' };
      const asked = gateway.refundIntent(
        { intentId: 'pi_1', orderId: 'ord_1', amount: wanted },
        call,
      );
      await assert.rejects(asked, isBug(message));
    });
  }
});
