/**
 * The operators' page, served by the listener whose API it asks. Public, as the documents are: it
 * knows nothing without an operator's key.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { addPage } from './page-files.ts';

export function addOperationsPage(app: OpenAPIHono<ApiEnv>): void {
  app.get('/', (c) => c.redirect(HERE));
  addPage(app, { at: HERE, directory: DIRECTORY });
}

const HERE = '/operations';

// Beside this module in a checkout; `npm run build` puts them beside it in dist.
const DIRECTORY = new URL('operations-page/', import.meta.url);
