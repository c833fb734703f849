/** /docs as a person meets it: in a real browser, with a strict policy and no way out. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { createHarness, shelveMugs } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import { openBrowser, watch } from '../support/browser.ts';
import type { Watched } from '../support/browser.ts';

describe('The page at /docs', () => {
  let api: Harness;
  let server: Listening;
  let browser: Browser;
  let page: Page;
  let watched: Watched;
  before(async () => {
    api = await createHarness();
    await shelveMugs(api.pool, api.acme, 10);
    server = await listen({ app: api.app, hostname: '127.0.0.1', port: 0 });
    browser = await openBrowser();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
    watched = watch(page);
    await page.goto(`${server.url}/docs`);
    await page.locator('.opblock').first().waitFor();
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(watched.complaints, []);
    assert.deepEqual([...watched.origins], [server.url]);
  });
  after(async () => {
    await browser.close();
    await server.close();
    await api.close();
  });

  it('shows every operation of the document', async () => {
    const { paths } = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const operations = Object.values(paths).flatMap((path) => Object.keys(path));
    assert.equal(await page.locator('.opblock').count(), operations.length);
    assert.equal(await page.title(), 'makegood API');
  });

  it('places an order: a key, a click, and the example as it stands', async () => {
    await page.getByRole('button', { name: 'Authorize' }).click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').fill(api.acme.key);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).first().click();

    const operation = page.locator('#operations-orders-placeOrder');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByPlaceholder('Idempotency-Key').fill('from-the-docs');
    const place = async () => {
      const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
      await operation.getByRole('button', { name: 'Execute' }).click();
      return await answered;
    };
    const first = await place();
    assert.equal(first.status(), 202);
    assert.equal(first.request().headers()['idempotency-key'], 'from-the-docs');
    const { id } = (await first.json()) as { id: string };
    await operation.locator('.live-responses-table').getByText(id).first().waitFor();

    const again = await place();
    assert.equal(await again.headerValue('idempotent-replayed'), 'true');
    assert.equal(await api.count('order'), 1);
    assert.equal(api.sagas.started[0]?.amountMinor, '2998');
  });
});
