/** Handing the order to a carrier under our own reference, and calling it back. */
import type { OrderRef } from '../domain/order.ts';
import { Refusal } from '../domain/wrong.ts';
import type { Deps, Recorded, ShipmentWork } from './ports.ts';
import { callBudget, settle } from './step.ts';

export function shipping(deps: Deps) {
  const { book, carrier } = deps;
  return {
    async requestShipment(order: OrderRef): Promise<{ trackingNumber: string }> {
      const begun = await book.beginShipment(order.id);
      const recorded = begun.state === 'open' ? await ship(deps, order, begun.work) : begun;
      const { trackingNumber } = settle(recorded);
      if (trackingNumber === undefined) throw new Error(`order ${order.id} has no tracking number`);
      return { trackingNumber };
    },

    async cancelShipment({ id }: OrderRef): Promise<void> {
      const begun = await book.beginShipmentCancel(id);
      if (begun.state !== 'open') return void settle(begun);
      await carrier.cancelShipment(id, callBudget(deps));
      settle(await book.recordShipmentCancel(id));
    },
  };
}

async function ship(deps: Deps, order: OrderRef, work: ShipmentWork): Promise<Recorded> {
  const { id, requestId } = order;
  try {
    const shipment = { reference: id, requestId, ...work };
    const { trackingNumber } = await deps.carrier.requestShipment(shipment, callBudget(deps));
    return await deps.book.recordShipment(id, trackingNumber);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The carrier's own words may quote the address, and what is recorded here is not the place.
    return await deps.book.recordShipmentRefused(id, 'The carrier does not deliver there.');
  }
}
