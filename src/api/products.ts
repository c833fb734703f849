/** Reading the catalogue over HTTP. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import type { Catalogue } from './ports.ts';
import { invalid, Problem } from './problems.ts';
import { showProduct } from './representations.ts';
import * as routes from './routes.ts';

export function addProductRoutes(app: OpenAPIHono<ApiEnv>, catalogue: Catalogue): void {
  app.openapi(routes.listProducts, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? {} : { after: parseCursor(cursor) };
    // One more than is shown tells whether there is a next page.
    const products = await catalogue.list(c.var.principal.tenantId, { limit: limit + 1, ...after });
    const data = products.slice(0, limit).map(showProduct);
    const last = data.at(-1);
    const nextCursor = products.length > limit && last ? makeCursor(last.sku) : null;
    return c.json({ data, nextCursor }, 200);
  });

  app.openapi(routes.getProduct, async (c) => {
    const { sku } = c.req.valid('param');
    const { tenantId } = c.var.principal;
    const found = sku.includes('\0') ? undefined : await catalogue.find(tenantId, sku);
    if (found === undefined) throw new Problem('not-found');
    return c.json(showProduct(found), 200);
  });
}

/** Opaque, so that what pages are sorted by may change. */
function makeCursor(sku: string): string {
  return Buffer.from(sku).toString('base64url');
}

function parseCursor(cursor: string): string {
  const sku = Buffer.from(cursor, 'base64url').toString();
  if (sku.includes('\0')) throw invalid({ field: 'cursor', detail: 'Must be a nextCursor.' });
  return sku;
}
