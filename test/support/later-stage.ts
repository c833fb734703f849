/** Orders that are captured at shipment on a stage, and what the gateway and the carrier did for them. */
import { createOrderStore } from '../../src/adapters/postgres/order-store.ts';
import type { OrderFacts, OrderLine } from '../../src/domain/order.ts';
import { eventually } from '../api/harness.ts';
import { readBook } from './audit.ts';
import { laterOrder } from './shipments.ts';
import { TENANT } from './shop.ts';
import type { OrderChange } from './shop.ts';
import type { Stage } from './stage.ts';

/** One whose money is held, and whose run waits. */
export async function waiting(
  stage: Stage,
  sku: string,
  quantity: number,
  change?: OrderChange,
): Promise<OrderFacts> {
  await stage.shop.stock(sku, 10);
  const lines: OrderLine[] = [{ sku, quantity }];
  const order = await laterOrder(stage.shop, lines, change);
  await stage.sagas.startCheckout(order);
  const known = 'SELECT FROM payment WHERE order_id = $1 AND capture_before IS NOT NULL';
  await eventually(async () => (await stage.shop.pool.query(known, [order.id])).rowCount === 1);
  return order;
}

export async function ended(stage: Stage, order: OrderFacts): Promise<void> {
  await stage.sagas.hearPayment(order.id);
  await stage.client.workflow.getHandle(order.id).result();
  await stage.tidy();
}

export async function cancel(stage: Stage, { id }: OrderFacts): Promise<void> {
  const key = Buffer.from(id);
  const claim = { tenantId: TENANT, route: `cancel ${id}`, keyHash: key, fingerprint: key };
  const { state } = await createOrderStore(stage.shop.pool).cancel(claim, id);
  if (state === 'cancelled') await stage.sagas.cancelCheckout(id);
}

export async function parked({ shop }: Stage, { id }: OrderFacts, step: string): Promise<void> {
  await eventually(async () => {
    const waits = 'SELECT FROM parked_step WHERE saga_id = $1 AND step = $2';
    return (await shop.pool.query(waits, [id, step])).rowCount === 1;
  });
}

export async function effects({ parties }: Stage, { id }: OrderFacts) {
  const books = [await readBook(parties.gatewayUrl), await readBook(parties.carrierUrl)];
  return books.flat().filter(({ kind, orderId }) => kind === 'effect' && orderId === id);
}

export async function done(stage: Stage, order: OrderFacts): Promise<string[]> {
  return (await effects(stage, order)).map(({ effect = '' }) => effect);
}

export async function money(stage: Stage, order: OrderFacts) {
  const all = await effects(stage, order);
  const sum = (wanted: string) =>
    all
      .filter(({ effect }) => effect === wanted)
      .reduce((total, { amount = 0 }) => total + amount, 0);
  return {
    authorized: sum('authorized'),
    captured: sum('captured'),
    canceled: sum('canceled'),
  };
}
