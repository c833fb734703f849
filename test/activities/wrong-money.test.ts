/**
 * A gateway that tells of other money than was asked for: in another currency it was once taken for
 * a success, and a void once wrote the wrong amount into our book.
 */
import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import type { OrderFacts } from '../../src/domain/order.ts';
import { audit, auditEntries } from '../support/audit.ts';
import { startParties } from '../support/parties.ts';
import type { RunningParties } from '../support/parties.ts';
import { createShop } from '../support/shop.ts';
import type { Shop } from '../support/shop.ts';
import { setFaults } from '../support/stand-ins.ts';

describe('an answer about other money', () => {
  let shop: Shop;
  let outside: RunningParties;
  let act: ReturnType<typeof createActivities>;
  let orders = 0;
  before(async () => {
    shop = await createShop();
    outside = await startParties(shop);
    act = createActivities(outside.deps);
  });
  afterEach(() => outside.clearFaults());
  after(async () => {
    await outside.close();
    await shop.close();
  });

  const reserved = async (): Promise<OrderFacts> => {
    const sku = `SKU-${(orders += 1)}`;
    await shop.stock(sku, 5);
    const order = await shop.order([{ sku, quantity: 2 }]);
    await act.reserveStock(order);
    return order;
  };
  const authorized = async (): Promise<OrderFacts> => {
    const order = await reserved();
    await act.authorizePayment(order);
    return order;
  };
  const unwinding = async (): Promise<OrderFacts> => {
    const order = await authorized();
    await act.beginUnwind(order, 'cancelled');
    return order;
  };
  const paid = async (): Promise<OrderFacts> => {
    const order = await authorized();
    await act.capturePayment(order);
    await outside.deps.book.recordShipmentRefused(order.id, 'nowhere');
    return order;
  };

  const steps = [
    ['confirm', 'authorizePayment', reserved],
    ['capture', 'capturePayment', authorized],
    ['retrieve', 'voidAuthorization', unwinding],
    ['refund', 'refundPayment', paid],
  ] as const;
  for (const [operation, step, prepare] of steps) {
    for (const fault of ['wrong-amount', 'wrong-currency']) {
      it(`is no answer to ${operation} (${fault}), and what became of it is looked up`, async () => {
        const order = await prepare();
        await setFaults(outside.parties.gatewayUrl, { [operation]: { fault, times: 1 } });
        await assert.rejects(act[step](order), /2000 EUR|expected/);
        await act[step](order);
        await auditEntries(outside.parties, shop.pool, order.id);
      });
    }
  }

  it('is never recorded as long as nothing else is told', async () => {
    const order = await authorized();
    const fault = { fault: 'wrong-currency' };
    await setFaults(outside.parties.gatewayUrl, { capture: fault, retrieve: fault });
    for (let n = 0; n < 3; n += 1) await assert.rejects(act.capturePayment(order), /USD|EUR/);
    assert.equal((await shop.row(order.id)).status, 'authorized');
    await outside.clearFaults();
    await act.capturePayment(order);
    await act.requestShipment(order);
    await act.sendReceipt(order);
    await audit(outside.parties, order, 'completed');
  });
});
