/** Reading the catalogue over HTTP. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { makeCursor, pageOf, readCursor } from './pages.ts';
import type { Catalogue } from './ports.ts';
import { Problem } from './problems.ts';
import { showProduct } from './representations.ts';
import * as routes from './product-routes.ts';

export function addProductRoutes(app: OpenAPIHono<ApiEnv>, catalogue: Catalogue): void {
  app.openapi(routes.listProducts, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? {} : { after: readCursor(cursor, /^[^\0]*$/)[0] };
    const products = await catalogue.list(c.var.principal.tenantId, { limit: limit + 1, ...after });
    const { shown, nextCursor } = pageOf(products, limit, ({ sku }) => makeCursor(sku));
    return c.json({ data: shown.map(showProduct), nextCursor }, 200);
  });

  app.openapi(routes.getProduct, async (c) => {
    const { sku } = c.req.valid('param');
    const { tenantId } = c.var.principal;
    const found = sku.includes('\0') ? undefined : await catalogue.find(tenantId, sku);
    if (found === undefined) throw new Problem('not-found');
    return c.json(showProduct(found), 200);
  });
}
