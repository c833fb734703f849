/** A book that is behind the gateway, as one is that was restored to an earlier moment. */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { auditEntries } from '../support/audit.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';

describe('a book that is behind the gateway', () => {
  let shop: Shop;
  let outside: RunningParties;
  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
    await shop.stock('MUG', 5);
  });
  after(async () => {
    await outside.close();
    await shop.close();
  });

  /** Its confirmation was asked for, nobody knows what came of it, and the money has been taken. */
  const capturedUnknown = async (capturedMinor?: bigint) => {
    const { gateway, ...deps } = outside.deps;
    const intents: string[] = [];
    const act = createActivities({
      ...deps,
      gateway: {
        ...gateway,
        async confirmIntent(intentId, call) {
          intents.push(intentId);
          await gateway.confirmIntent(intentId, call);
          throw new Unavailable('the answer is lost');
        },
        async retrieveIntent(intentId, call) {
          const intent = await gateway.retrieveIntent(intentId, call);
          return { ...intent, capturedMinor: capturedMinor ?? intent.capturedMinor };
        },
      },
    });
    const order = await shop.order([{ sku: 'MUG', quantity: 1 }]);
    await act.reserveStock(order);
    await assert.rejects(act.authorizePayment(order), /the answer is lost/);
    const call = { key: `${order.id}:capture:1`, timeoutMs: 5_000 };
    await gateway.captureIntent(intents[0] ?? '', call);
    return { act, order };
  };

  it('writes down that a payment which was captured already had been authorized, and goes on', async () => {
    const { act, order } = await capturedUnknown();
    await act.authorizePayment(order);
    assert.equal((await shop.row(order.id)).status, 'authorized');
    await act.capturePayment(order);
    assert.equal((await shop.row(order.id)).status, 'paid');
    await auditEntries(outside.parties, shop.pool, order.id);
  });

  it('decides nothing where another amount was captured than the order is for', async () => {
    const { act, order } = await capturedUnknown(999n);
    await assert.rejects(act.authorizePayment(order), /authorized 999 EUR/);
    assert.equal((await shop.row(order.id)).status, 'reserved');
  });
});
