/** The customer is back from their bank, says the shop: the order looks what became of its payment. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { orderIdOf } from './orders.ts';
import type { OrderDeps } from './orders.ts';
import { returnFromPayment } from './payment-routes.ts';
import { Problem } from './problems.ts';
import { showOrder } from './representations.ts';

export function addPaymentRoutes(
  app: OpenAPIHono<ApiEnv>,
  { store, sagaCalls }: Pick<OrderDeps, 'store' | 'sagaCalls'>,
): void {
  app.openapi(returnFromPayment, async (c) => {
    const id = orderIdOf(c, c.req.valid('param').id);
    const found = await store.find(c.var.principal.tenantId, id);
    if (found === undefined) throw new Problem('not-found');
    // Only such a run waits; to any other a word costs time and tells nothing.
    if (found.status === 'reserved') sagaCalls.hear(id);
    return c.json(showOrder(found), 202);
  });
}
