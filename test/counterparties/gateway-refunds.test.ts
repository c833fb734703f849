import assert from 'node:assert/strict';
import { plainGateway, wanted } from '../support/plain-gateway.ts';
import { effectsOf } from '../support/stand-ins.ts';

describe("The gateway's stand-in", () => {
  const { url, newOrder, get, post, restart, passTime } = plainGateway();

  it('keeps a refund pending until the bank has decided, and its amount with it', async () => {
    for (const [card, status, effect, left] of [
      ['pm_card_pendingRefund', 'succeeded', 'refunded', 0],
      ['pm_card_refundFail', 'failed', 'refund-failed', 1500],
    ] as const) {
      const order = newOrder();
      const { id } = (await post('payment_intents', wanted(order, card))).body;
      await post(`payment_intents/${id}/confirm`);
      await post(`payment_intents/${id}/capture`);
      const refund = (amount: string) => post('refunds', { payment_intent: id, amount });
      assert.equal((await refund('1500')).body['status'], 'pending');
      assert.equal((await refund('500')).status, 400);
      await restart();
      const [pending] = (await get(`refunds?payment_intent=${id}`)).body.data;
      assert.ok(pending !== undefined);
      assert.equal(pending['status'], 'pending');
      passTime(1_000);
      const [settled] = (await get(`refunds?payment_intent=${id}`)).body.data;
      assert.deepEqual([settled?.['id'], settled?.['status']], [pending['id'], status]);
      const effects = ['created', 'authorized', 'captured', 'refund-pending', effect];
      assert.deepEqual(await effectsOf(url(), order), effects);
      const type = status === 'failed' ? 'refund.failed' : 'refund.updated';
      assert.equal((await get('events?limit=1')).body.data.at(0)?.['type'], type);
      assert.equal((await refund(String(499 + left))).status, 200);
    }
  });
});
