/** How the operators' page is served: by itself alone, from the sources and from what was built. */
import assert from 'node:assert/strict';
import { existsSync, symlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OpenAPIHono } from '@hono/zod-openapi';
import { addOperationsPage } from '../../src/api/operations-page.ts';
import type { ApiEnv } from '../../src/api/env.ts';
import { compile } from '../../scripts/compile.mjs';
import { temporaryDirectory } from '../support/stand-ins.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Served {
  readonly addOperationsPage: typeof addOperationsPage;
}

function served(by: Served) {
  const app = new OpenAPIHono<ApiEnv>();
  app.notFound((c) => c.text('nothing', 404));
  app.onError((_, c) => c.text('nothing', 404));
  by.addOperationsPage(app);
  return async (path: string, headers: Record<string, string> = {}) =>
    await app.request(path, { headers });
}

describe('The operators’ page as it is served', () => {
  const inDirectory = temporaryDirectory();
  const get = served({ addOperationsPage });
  const pathsOf = async (ask: typeof get) => {
    const html = await (await ask('/operations')).text();
    return [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
  };
  /** Every module that is reached from the page, however far. */
  const reached = async (ask: typeof get) => {
    const paths = new Set(await pathsOf(ask));
    for (const path of paths) {
      const answer = await ask(path);
      assert.equal(answer.status, 200, path);
      for (const [, name = ''] of (await answer.text()).matchAll(/ from '\.\/([\w-]+\.js)'/g)) {
        paths.add(`/operations/${name}`);
      }
    }
    return paths;
  };

  it('runs nothing but its own files, asks nobody else, and reads no HTML', async () => {
    const page = await get('/operations');
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.ok(!/unsafe|https?:|data:|\*/.test(policy), policy);
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]) {
      assert.ok(policy.split('; ').includes(rule), rule);
    }
    assert.equal(page.headers.get('set-cookie'), null);
    const html = await page.text();
    assert.ok(!/<script>|<style|\s(?:on\w+|style)=|https?:/.test(html));
    const [redirect, again] = [
      await get('/'),
      await get('/operations', { 'If-None-Match': page.headers.get('etag') ?? '' }),
    ];
    assert.deepEqual([redirect.status, redirect.headers.get('location')], [302, '/operations']);
    assert.equal(again.status, 304);
  });

  it('is complete, and gives no other file', async () => {
    const files = await readdir(inRoot('src/api/operations-page'));
    const pages = files.filter((name) => !/\.ts$|\.json$|\.html$/.test(name));
    const paths = [...(await reached(get))].map((path) => path.replace('/operations/', ''));
    assert.deepEqual(paths.sort(), pages.sort());
    for (const name of [
      'tsconfig.json',
      'types.d.ts',
      '..%2Foperations.ts',
      'constructor',
      'x.js',
    ]) {
      assert.equal((await get(`/operations/${name}`)).status, 404, name);
    }
  });

  it('is served by what was built as it is by the sources', async () => {
    const built = inDirectory('dist');
    // Without checking types: that is what `npm run types` does.
    compile(built, ['--noCheck']);
    symlinkSync(inRoot('node_modules'), inDirectory('node_modules'));
    // The shop of `npm start`, its key and its faults are no part of what is built.
    assert.ok(!existsSync(`${built}/launcher`));
    const module = pathToFileURL(`${built}/api/operations-page.js`).href;
    const ask = served((await import(module)) as Served);
    const paths = await reached(ask);
    assert.deepEqual(paths, await reached(get));
    for (const path of [...paths, '/operations']) {
      assert.equal(await (await ask(path)).text(), await (await get(path)).text(), path);
    }
  });
});
