/** A payment that was given up while a bank was at it: the reconciler asks until the bank has decided. */
import assert from 'node:assert/strict';
import { createReconcileScene } from '../support/reconcile-scene.ts';
import type { ReconcileScene } from '../support/reconcile-scene.ts';
import { effectsOf } from '../support/stand-ins.ts';

describe('a payment that was given up', () => {
  let scene: ReconcileScene;
  before(async () => {
    scene = await createReconcileScene();
  });
  after(() => scene.close());

  it('is let go when its bank holds it in the end', async () => {
    const { act, shop, parties, run, quiet } = scene;
    const order = await scene.place({ paymentMethod: 'pm_card_processingUnanswered' });
    await act.reserveStock(order);
    await assert.rejects(act.authorizePayment(order), /Waiting for the customer’s bank until/);
    await act.beginUnwind(order, 'cancelled');
    for (const step of ['voidAuthorization', 'releaseStock', 'closeOrder'] as const) {
      await act[step](order);
    }
    const intent = await scene.intentOf(order);
    const found = async () =>
      (await scene.differences()).filter(({ paymentId }) => paymentId === intent);
    await quiet();
    await run();
    assert.deepEqual(await found(), [], 'there is nothing yet');

    const answer = { method: 'PUT', body: JSON.stringify({ answer: 'approve' }) };
    await fetch(`${parties.gatewayUrl}/control/payments/${intent}`, answer);
    // Ten minutes later.
    const text = 'UPDATE payment_check SET due_at = now() WHERE intent_id = $1 AND due_at > now()';
    assert.equal((await shop.pool.query(text, [intent])).rowCount, 1, 'it is asked about again');
    await run();
    assert.deepEqual(
      (await found()).map(({ kind, state }) => [kind, state]),
      [['payment-without-order', 'settled']],
    );
    assert.deepEqual((await effectsOf(parties.gatewayUrl, order.id)).slice(-2), [
      'authorized',
      'canceled',
    ]);
  });
});
