/** The operators' page for those who see little, or nothing, or a phone: by axe, on every view. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true },
};

describe('The operators’ page is for everybody', () => {
  let scene: OperationsScene;
  let pages: Pages;
  /** Each view, and what has to stand there before it is looked at. */
  let views: Readonly<Record<string, readonly [hash: string, ready: string]>>;
  before(async () => {
    scene = await createOperationsScene();
    pages = await createPages(scene.operations, scene.ann);
    const [paid, completed, blocked] = [
      await scene.placed(),
      await scene.placed(),
      await scene.placed(scene.globex),
    ];
    await bookPaid(scene.book, paid, 2048n);
    await scene.park(paid, 'request shipment', 'the carrier answered 503');
    await bookCompleted(scene.book, completed, 2048n);
    await scene.pool.query(`SELECT flag_saga($1, interval '0')`, [blocked]);
    const { data } = await scene.get<{ data: { cause: string }[] }>('/v1/operations/queue');
    const cause = data.map((one) => one.cause).find((one) => one !== 'blocked') ?? '';
    const asked = await scene.post('/v1/operations/queue/retry', { cause, why: 'a test' });
    const { id } = (await asked.json()) as { id: string };
    views = {
      queue: ['#/', 'table'],
      cause: [`#/causes/${cause}`, 'table'],
      'a blocked cause': ['#/causes/blocked', 'table'],
      'a parked order': [`#/orders/${paid}`, '.timeline'],
      'a completed order': [`#/orders/${completed}`, '.timeline'],
      'a blocked order': [`#/orders/${blocked}`, '.timeline'],
      retry: [`#/retries/${id}`, 'progress'],
      search: ['#/search?q=ada%40example.com', 'table'],
      'nothing found': ['#/search?q=nobody', '.calm'],
      'no such order': ['#/orders/ord_1', '.problem'],
    };
  });
  afterEach(() => pages.closePages());
  after(async () => {
    await pages.close();
    await scene.close();
  });

  const faultsOf = async (page: Page) => {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  };
  const isTooWide = (page: Page) =>
    page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

  for (const [look, options] of Object.entries(LOOKS)) {
    it(`in its ${look} look: every view, the dialog and the key form`, async () => {
      const page = await pages.open('#/', options);
      for (const [name, [hash, ready]] of Object.entries(views)) {
        // As a page of its own: what is waited for must not be the last view's.
        await page.goto(`${pages.url}/operations?${encodeURIComponent(name)}${hash}`);
        await page.locator(`main ${ready}`).waitFor();
        assert.deepEqual(await faultsOf(page), [], name);
        assert.equal(await isTooWide(page), false, `${name} is wider than the screen`);
      }
      await page.goto(`${pages.url}/operations${views['a parked order']?.[0] ?? ''}`);
      await page.getByRole('button', { name: 'Refuse' }).click();
      await page.getByRole('button', { name: 'Refuse', exact: true }).click();
      await page.getByText('Say why').waitFor();
      assert.deepEqual(await faultsOf(page), [], 'dialog');
      assert.equal(await isTooWide(page), false);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Forget key' }).click();
      await page.getByLabel('Key', { exact: true }).waitFor();
      assert.deepEqual(await faultsOf(page), [], 'key form');
    });
  }
});
