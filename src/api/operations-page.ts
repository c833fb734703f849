/**
 * The operators' page: plain modules and style sheets, served as they are written, by the listener
 * whose API they ask. Public, as the documents are: it knows nothing without an operator's key.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { ApiEnv } from './env.ts';
import { Problem } from './problems.ts';

export function addOperationsPage(app: OpenAPIHono<ApiEnv>): void {
  app.get('/', (c) => c.redirect(HERE));
  app.get(HERE, shown, async (c) => c.body(await read('index.html'), 200, typed('.html')));
  app.get(`${HERE}/:name`, shown, async (c) => {
    const name = c.req.param('name');
    if (!FILES.has(name)) throw new Problem('not-found');
    return c.body(await read(name), 200, typed(extname(name)));
  });
}

const HERE = '/operations';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

// Beside this module in a checkout; `npm run build` puts them beside it in dist.
const DIRECTORY = new URL('operations-page/', import.meta.url);

const FILES: ReadonlySet<string> = new Set(
  readdirSync(fileURLToPath(DIRECTORY)).filter((name) => extname(name) in TYPES),
);

const read = (name: string) => readFile(new URL(name, DIRECTORY));

function typed(extension: string): Record<string, string> {
  return { 'Content-Type': TYPES[extension] ?? 'application/octet-stream' };
}

// It loads and asks nothing but this origin, and a browser that knows trusted types lets nothing
// read HTML: whatever a customer has written somewhere is text.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const revalidated = etag();

/** Asked again each time, and sent again only after a change: all of it is of one version. */
const shown: MiddlewareHandler<ApiEnv> = async (c, next) => {
  c.header('Cache-Control', 'no-cache');
  c.header('Content-Security-Policy', POLICY);
  return await revalidated(c, next);
};
