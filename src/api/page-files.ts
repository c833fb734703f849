/**
 * A page of ours: plain modules and style sheets, served as they are written. It loads and asks
 * nothing but its own origin, and nothing of it reads HTML.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Env, Hono, MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';

/** `index.html` stands at `at` itself, everything else below it. */
export function addPage<E extends Env>(
  app: Hono<E>,
  { at, directory }: { readonly at: string; readonly directory: URL },
): void {
  app.get(at, shown, async (c) =>
    c.body(await read(directory, 'index.html'), 200, typed('index.html')),
  );
  addFiles(app, { at, directory, names: filesIn(directory) });
}

/** Some files of a directory, which may be another page's. */
export function addFiles<E extends Env>(
  app: Hono<E>,
  { at, directory, names }: { at: string; directory: URL; names: ReadonlySet<string> },
): void {
  app.get(`${at}/:name`, shown, async (c) => {
    const name = c.req.param('name');
    return names.has(name)
      ? c.body(await read(directory, name), 200, typed(name))
      : await c.notFound();
  });
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function filesIn(directory: URL): ReadonlySet<string> {
  return new Set(readdirSync(fileURLToPath(directory)).filter((name) => extname(name) in TYPES));
}

const read = (directory: URL, name: string) => readFile(new URL(name, directory));

function typed(name: string): Record<string, string> {
  return { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' };
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
const shown: MiddlewareHandler = async (c, next) => {
  c.header('Cache-Control', 'no-cache');
  c.header('Content-Security-Policy', POLICY);
  return await revalidated(c, next);
};
