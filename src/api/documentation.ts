/**
 * What the API tells about itself: the OpenAPI document, the same as a page to try it on at /docs,
 * and a page for each problem type. Public, and complete without a request to anywhere else.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { ApiEnv } from './env.ts';
import { Problem, PROBLEM_CODES } from './problems.ts';

export interface Documented {
  /** Where the document is, on this listener. */
  readonly path: string;
  readonly document: object;
}

export function addDocumentation(app: OpenAPIHono<ApiEnv>, { path, document }: Documented): void {
  const start = startOf(path);
  app.get(path, (c) => c.json(document));
  app.get('/docs', shown, (c) => c.html(PAGE));
  app.get('/docs/start.js', shown, (c) => c.body(start, 200, { 'Content-Type': SCRIPT }));
  app.get(`${ASSETS}/:name`, async (c) => {
    const name = c.req.param('name');
    const type = ASSET_TYPES.get(name);
    if (type === undefined) throw new Problem('not-found');
    const asset = await readFile(join(swaggerUi.directory, name));
    // The version is in the path, so what stands there never changes.
    const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' };
    return c.body(asset, 200, { ...headers, 'Content-Type': type });
  });
  app.get('/problems/:code', shown, async (c) => {
    const code = PROBLEM_CODES.find((one) => one === c.req.param('code'));
    if (code === undefined) throw new Problem('not-found');
    return c.text(await readFile(join(PROBLEM_PAGES, `${code}.md`), 'utf8'));
  });
}

const SCRIPT = 'text/javascript; charset=utf-8';

const ASSET_TYPES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', SCRIPT],
  ['favicon-32x32.png', 'image/png'],
]);

const swaggerUi = locate('swagger-ui-dist');
const ASSETS = `/docs/${swaggerUi.version}`;

// Beside src in a checkout, beside dist in an image.
const PROBLEM_PAGES = fileURLToPath(new URL('../../docs/problems', import.meta.url));

function locate(name: string): { readonly directory: string; readonly version: string } {
  const require = createRequire(import.meta.url);
  const manifest = `${name}/package.json`;
  const { version } = require(manifest) as { version: string };
  return { directory: dirname(require.resolve(manifest)), version };
}

// The page may load and ask nothing but this origin, and run nothing that stands in its HTML. The
// icons of Swagger UI are data: addresses in its style sheet.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const revalidated = etag();

/** Asked again each time, and sent again only after a change. */
const shown: MiddlewareHandler<ApiEnv> = async (c, next) => {
  c.header('Cache-Control', 'no-cache');
  c.header('Content-Security-Policy', POLICY);
  return await revalidated(c, next);
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>makegood API</title>
    <link rel="icon" href="${ASSETS}/favicon-32x32.png">
    <link rel="stylesheet" href="${ASSETS}/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="${ASSETS}/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// Without validatorUrl null, Swagger UI would show the document to a validator of its makers.
const startOf = (path: string) => `window.SwaggerUIBundle({
  url: '${path}',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
`;
