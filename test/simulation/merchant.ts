/**
 * The merchant of orders that are captured at shipment: ships what has waited for long enough, gives
 * up what nobody pays for any more, and cancels what was never paid.
 */
import type { OrderRow } from './memory/rows.ts';
import { unshipped } from './memory/shipment-rows.ts';
import { askForShipment, cancelOrder, claimOf, shipmentNamed } from './clients.ts';
import type { Process } from './temporal/worker.ts';
import type { World } from './world.ts';

// Far from the numbers of the clients' requests.
const FIRST_REQUEST = 1_000_000;

export function createMerchant(world: World) {
  let requests = FIRST_REQUEST;
  return async (api: Process): Promise<void> => {
    const { shipsAfterSeconds } = world.story;
    if (shipsAfterSeconds === undefined) return;
    for (const order of world.books.tables.orders.values()) {
      if (order.status !== 'authorized' && order.status !== 'paid') continue;
      if (order.gate === 'unwinding') continue;
      if (isGone(world, order) || isOnlyWhole(world, order)) await giveUp(world, api, order);
      else if (order.updatedAt < world.clock() - shipsAfterSeconds * 1_000) {
        if (isWaiting(world, order)) await shipRest(world, api, order, (requests += 1));
      }
    }
  };
}

function isWaiting({ books }: World, order: OrderRow): boolean {
  return unshipped(books.tables, order).some(({ quantity }) => quantity > 0);
}

/** What is held will not be captured any more. */
function isGone({ books, clock }: World, { id }: OrderRow): boolean {
  const {
    authorized = 0n,
    captured = 0n,
    voided = 0n,
    captureBefore,
  } = books.tables.payments.get(id) ?? {};
  const isOver = typeof captureBefore === 'number' && captureBefore < clock();
  return isOver || authorized === captured + voided;
}

/** A first part was asked for, and what is held is captured only as a whole. */
function isOnlyWhole({ books }: World, { id, gate }: OrderRow): boolean {
  const isParked = books.tables.parked.of(id).some(({ step }) => step === 'request shipment 1');
  return isParked && gate === 'forward' && books.tables.payments.get(id)?.inParts === false;
}

async function shipRest(world: World, api: Process, { id }: OrderRow, n: number): Promise<void> {
  const claim = claimOf(`POST /v1/orders/${id}/shipments`, `the rest ${n}`);
  await askForShipment(world, api, claim, id, shipmentNamed(n));
}

/** Only what an operator has been called for. */
async function giveUp(world: World, api: Process, { id, gate }: OrderRow): Promise<void> {
  const parked = world.books.tables.parked.of(id).filter(({ direction }) => direction === 'do');
  const waiting = parked.find(({ step }) => /^(await|request) shipment/.test(step));
  if (waiting === undefined) return;
  if (gate === 'forward') {
    await cancelOrder(world, api, claimOf(`POST /v1/orders/${id}/cancel`, 'given up'), id);
    return;
  }
  const { step } = waiting;
  const decision = {
    sagaId: id,
    step,
    action: 'refuse',
    operator: 'Grace',
    why: 'given up',
  } as const;
  await world.books.desk.resolve(decision);
  world.server.look(id);
}
