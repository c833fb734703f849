/** Shipments that are asked for over the API (migrations/0033). */
import type pg from 'pg';
import type { ShipmentAnswer, ShipmentStore } from '../../api/shipment-ports.ts';
import { untilKnown } from './pool.ts';
import { callAs } from './tenant.ts';

export function createShipmentStore(tenants: pg.Pool): ShipmentStore {
  return {
    async request({ tenantId, route, keyHash, fingerprint }, orderId, wanted) {
      const answer = await untilKnown(() =>
        callAs<ShipmentAnswer>(
          tenants,
          'ask_for_shipment',
          tenantId,
          orderId,
          route,
          keyHash,
          fingerprint,
          JSON.stringify(wanted),
        ),
      );
      // What comes back under our own ID is no replay: the answer to our commit had been lost.
      const isOwn = answer.state === 'replayed' && answer.shipment.id === wanted.id;
      return isOwn ? { ...answer, state: 'requested' } : answer;
    },
  };
}
