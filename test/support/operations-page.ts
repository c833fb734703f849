/** The operators' page in a real browser, on the operations API of one process. */
import assert from 'node:assert/strict';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { listen } from '../../src/api/server.ts';
import { openBrowser, watch } from './browser.ts';

/** What a browser complains of by itself when an answer is no 2xx. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4/;

interface Opened extends BrowserContextOptions {
  /** Undefined for somebody who has none in this tab yet. */
  readonly key?: string | undefined;
}

export async function createPages(app: Parameters<typeof listen>[0]['app'], key: string) {
  const server = await listen({ app, hostname: '127.0.0.1', port: 0 });
  const browser = await openBrowser();
  const forgiven: RegExp[] = [];
  const opened: { readonly page: Page; readonly watched: ReturnType<typeof watch> }[] = [];
  return {
    url: server.url,
    /** A tab of its own; with ann's key, unless another is given. */
    async open(hash = '#/', options: Opened = {}): Promise<Page> {
      const { key: own, ...context } = { key, timezoneId: 'Europe/Berlin', ...options };
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...context });
      opened.push({ page, watched: watch(page) });
      if (own !== undefined) await keep(page, own);
      await page.goto(`${server.url}/operations${hash}`);
      return page;
    },
    /** What a test has made the browser itself complain of. */
    forgive(text: RegExp): void {
      forgiven.push(text);
    },
    /** Whatever a test does: the page stays silent, and asks nobody else. */
    async closePages(): Promise<void> {
      const expected = [REFUSAL, ...forgiven.splice(0)];
      for (const { page, watched } of opened.splice(0)) {
        await page.context().close();
        const isExpected = (text: string) => expected.some((one) => one.test(text));
        const complaints = watched.complaints.filter((text) => !isExpected(text));
        assert.deepEqual(complaints, []);
        assert.deepEqual([...watched.origins], [server.url]);
      }
    },
    async close(): Promise<void> {
      await browser.close();
      await server.close();
    },
  };
}

export type Pages = Awaited<ReturnType<typeof createPages>>;

async function keep(page: Page, key: string): Promise<void> {
  // Once, as an operator does it: what the page forgets stays forgotten.
  const content = `if (!sessionStorage.getItem('given')) {
    sessionStorage.setItem('given', 'yes');
    sessionStorage.setItem('makegood-operator-key', '${key}');
  }`;
  await page.addInitScript({ content });
}
