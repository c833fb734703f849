/** The shop of `npm start` on real processes, and its page in a real browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { runUrls } from '../../src/api/operations-shown.ts';
import { listen } from '../../src/api/server.ts';
import { withClient } from '../../src/launcher/postgres.ts';
import { catalogueSchema, importCatalogue } from '../../src/launcher/shop.ts';
import { createBooks } from '../../src/launcher/storefront/books.ts';
import { createStorefront } from '../../src/launcher/storefront/server.ts';
import { createBreaker } from '../../src/launcher/storefront/troubles.ts';
import { openBrowser, watch } from './browser.ts';
import { createProcessStack } from './processes.ts';
import { TENANT } from './shop.ts';

/** What a browser complains of by itself when an answer is no 2xx. */
const REFUSAL =
  /^Failed to load resource: (the server responded with a status of (4|502)|net::ERR_(INTERNET|FAILED))/;

export async function createStorefrontScene() {
  const stack = await createProcessStack();
  const [api] = await Promise.all([stack.startApi(), stack.startWorker()]);
  const file = new URL('../../src/launcher/catalogue.json', import.meta.url);
  const products = catalogueSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  await withClient(stack.shop.url, (client) => importCatalogue(client, TENANT, products));
  const { gatewayUrl, carrierUrl, mailUrl } = stack.parties;
  const pool = createPool({ url: stack.shop.url, size: 2, applicationName: 'makegood-shop' });
  const runUrl = runUrls('https://temporal.example', 'default');
  const app = createStorefront({
    api: { url: api.url, key: stack.apiKey },
    books: createBooks({ pool, runUrl, gatewayUrl, carrierUrl }),
    breaker: createBreaker({ gateway: gatewayUrl, carrier: carrierUrl }),
    world: {
      operationsUrl: api.operationsUrl,
      temporalUiUrl: 'https://temporal.example',
      mailUrl,
      standIns: ['gateway', 'carrier'],
    },
  });
  const server = await listen({ app, hostname: '127.0.0.1', port: 0 });
  const browser = await openBrowser();
  const opened: { readonly page: Page; readonly watched: ReturnType<typeof watch> }[] = [];

  return {
    ...stack,
    api,
    url: server.url,
    async open(hash = '#/', options: BrowserContextOptions = {}): Promise<Page> {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
      opened.push({ page, watched: watch(page) });
      await page.goto(`${server.url}/shop${hash}`);
      return page;
    },
    /** Whatever a test does: the page stays silent, and asks nobody else; its visitor may go to the bank. */
    async closePages(): Promise<void> {
      for (const { page, watched } of opened.splice(0)) {
        await page.context().close();
        assert.deepEqual(
          watched.complaints.filter((text) => !REFUSAL.test(text)),
          [],
        );
        const origins = [...watched.origins].filter((origin) => origin !== gatewayUrl);
        assert.deepEqual(origins, [server.url]);
      }
    },
    async close(): Promise<void> {
      await browser.close();
      await server.close();
      await pool.end();
      await stack.close();
    },
  };
}

export type StorefrontScene = Awaited<ReturnType<typeof createStorefrontScene>>;

/** Puts it into the basket, chooses what to break, and buys; answers the order's ID. */
export async function buy(
  page: Page,
  { product = 'Stoneware mug', card = 'A good card', trouble = 'Nothing' } = {},
): Promise<string> {
  await page.getByRole('button', { name: `Add to basket (${product})` }).click();
  await page.getByRole('radio', { name: card }).check();
  await page.getByRole('radio', { name: trouble }).check();
  await page.getByRole('button', { name: /^Buy for/ }).click();
  await page.getByRole('heading', { name: 'Step by step' }).waitFor();
  return new URL(page.url()).hash.split('/')[2] ?? '';
}
