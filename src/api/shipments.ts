/** Asking for shipments over HTTP. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { typeid } from 'typeid-js';
import type { ApiEnv } from './env.ts';
import { claimOf, pastKey } from './idempotency.ts';
import { linesNaming, orderIdOf } from './orders.ts';
import type { Notifier } from './ports.ts';
import { Problem } from './problems.ts';
import { orderPath, showAcceptedShipment, showArchivedShipment } from './representations.ts';
import type { SagaCalls } from './saga-calls.ts';
import type { NewShipment, ShipmentAnswer, ShipmentStore } from './shipment-ports.ts';
import { requestShipment } from './shipment-routes.ts';
import { createTurns } from './turns.ts';

export interface ShipmentDeps {
  readonly shipments: ShipmentStore;
  readonly touched: Notifier['touched'];
  readonly sagaCalls: SagaCalls;
}

export function addShipmentRoutes(app: OpenAPIHono<ApiEnv>, deps: ShipmentDeps): void {
  const { shipments, touched, sagaCalls } = deps;
  const inTurn = createTurns();

  app.openapi(requestShipment, async (c) => {
    const orderId = orderIdOf(c, c.req.valid('param').id);
    const claim = claimOf(c, `POST ${orderPath(orderId)}/shipments`, c.var.body);
    const id = typeid('shp').toString();
    const wanted = { id, requestId: c.var.requestId, ...c.req.valid('json') };
    const asked = await inTurn(claim, () => shipments.request(claim, orderId, wanted));
    const answer = mustBeGranted(pastKey(asked), wanted);
    c.header('Location', orderPath(orderId));
    if (answer.state === 'requested') touched(orderId);
    else c.header('Idempotent-Replayed', 'true');
    if (answer.state === 'archived') return c.json(showArchivedShipment(answer.id, orderId), 200);
    // Whoever is told twice only looks twice.
    sagaCalls.hear(orderId);
    return c.json(showAcceptedShipment(answer.shipment), 202);
  });
}

type Decided = ReturnType<typeof pastKey<ShipmentAnswer>>;
type Accepted = Extract<Decided, { state: 'requested' | 'replayed' | 'archived' }>;

function mustBeGranted(answer: Decided, { lines = [] }: NewShipment): Accepted {
  switch (answer.state) {
    case 'requested':
    case 'replayed':
    case 'archived':
      return answer;
    case 'unknown':
      throw new Problem('not-found');
    case 'not-shippable':
      throw new Problem('order-not-shippable');
    case 'only-whole':
      throw new Problem('order-not-shippable', {
        detail: 'Its payment is not captured in more parts: ship all that is left at once.',
      });
    case 'unknown-sku':
      throw new Problem('unknown-sku', {
        detail: 'The order has no line of that SKU.',
        errors: linesNaming(answer.skus, lines, 'The order has no such line.'),
      });
    case 'exceeds-lines':
      throw new Problem('shipment-exceeds-order', {
        errors: linesNaming(answer.skus, lines, 'Fewer than that are left to ship.'),
        members: { skus: answer.skus },
      });
  }
}
