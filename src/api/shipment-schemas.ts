/** What goes in and out about shipments of orders that are captured at shipment. */
import { z } from '@hono/zod-openapi';
import { archived, money, orderId, orderLines } from './schemas.ts';

export const shipmentRequest = z
  .strictObject({ lines: orderLines.optional() })
  .openapi('ShipmentRequest', { description: 'Some lines, or nothing for all that is left.' });

const shipmentId = z.string().openapi({ example: 'shp_01jd7m8z3fe4x8q2v5t6y7h9kb' });
const links = z.object({ order: z.string() });

export const acceptedShipment = z
  .object({
    id: shipmentId,
    orderId,
    createdAt: z.iso.datetime(),
    amount: money.openapi({ description: 'What is captured once the parcel is handed over.' }),
    lines: z.array(z.object({ sku: z.string(), quantity: z.number().int() })),
    links,
  })
  .openapi('AcceptedShipment', {
    description: 'Facts that never change: a replay is byte-identical.',
  });

export const archivedShipment = z
  .object({ id: shipmentId, links, archived })
  .openapi('ArchivedShipment', {
    description:
      'The key is older than 90 days: it made this shipment, and will never make another.',
  });
