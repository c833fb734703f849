/**
 * The shop of `npm start`: a page to buy with, the few routes of the API that it needs, asked with
 * a key that no browser sees, and a way to break the stand-ins for one order. It is part of the
 * launcher, so no build and no production start has it (docs/decisions/0024).
 */
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { addFiles, addPage } from '../../api/page-files.ts';
import { answersOnlyItself } from './callers.ts';
import type { BooksOf } from './books.ts';
import { forwardTo } from './forward.ts';
import type { Api } from './forward.ts';
import { isTrouble } from './troubles.ts';
import type { Breaker } from './troubles.ts';

export interface StorefrontDeps {
  readonly api: Api;
  readonly books: BooksOf;
  readonly breaker: Breaker;
  readonly world: World;
}

/** What there is beside the shop, for its links. */
export interface World {
  readonly operationsUrl: string;
  readonly temporalUiUrl?: string | undefined;
  readonly mailUrl?: string | undefined;
  /** The parties that can be broken. */
  readonly standIns: readonly ('gateway' | 'carrier')[];
}

export function createStorefront({ api, books, breaker, world }: StorefrontDeps): Hono {
  const app = new Hono();
  // Such as a database that is being started again: the page asks once more.
  app.onError(({ message }, c) => c.json({ ...IN_TROUBLE, detail: message }, 503));
  app.use(answersOnlyItself);
  app.use(secureHeaders());
  app.get('/', (c) => c.redirect(HERE));
  app.get(`${HERE}/world`, (c) => c.json(world));
  app.get(`${HERE}/books/:id`, async (c) => {
    const found = await books(c.req.param('id'));
    return found === undefined ? await c.notFound() : c.json(found);
  });
  addPage(app, { at: HERE, directory: new URL('page/', import.meta.url) });
  addFiles(app, { at: SHARED, directory: OPERATIONS_PAGE, names: SHARED_FILES });

  const forward = forwardTo(api);
  app.post('/v1/orders', async (c) => {
    const trouble = c.req.header('shop-trouble');
    const requestId = requestIdOf(c.req.header('idempotency-key'));
    if (isTrouble(trouble)) await breaker(trouble, requestId);
    return await forward(c, { 'X-Request-Id': requestId });
  });
  for (const path of READ) app.get(path, (c) => forward(c));
  for (const path of ASKED) app.post(path, (c) => forward(c));
  return app;
}

const HERE = '/shop';

/** In the API's own form. */
const IN_TROUBLE = { type: 'about:blank', title: 'The shop is in trouble', status: 503 };

// What the page imports from the other one has the address that it has on the disk.
const SHARED = '/api/operations-page';
const OPERATIONS_PAGE = new URL('../../api/operations-page/', import.meta.url);
const SHARED_FILES = new Set(['dom.js', 'words.js', 'base.css', 'icon.svg']);

const READ = ['/v1/products', '/v1/orders/:id', '/v1/orders/:id/events'];
const ASKED = ['/v1/orders/:id/cancel', '/v1/orders/:id/refunds', '/v1/orders/:id/payment/return'];

/**
 * The same for the same key, so that an order that is sent again meets its own troubles. In letters:
 * the API gives what might be a card number another ID.
 */
function requestIdOf(idempotencyKey = ''): string {
  const name = idempotencyKey.replaceAll(/[^\w-]/g, '').slice(-40);
  return `shop-${name.replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;
}
