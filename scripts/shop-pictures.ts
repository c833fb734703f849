/** The shop's page of the stack that `npm start` runs, looked at on the way that README walks. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { picture, stack } from './demo-stack.ts';

// Still, or a picture is of something on its way.
const STILL: BrowserContextOptions = { reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' };
const WIDE: BrowserContextOptions = { viewport: { width: 1_120, height: 820 } };

export async function showShop(browser: Browser): Promise<void> {
  const { shopUrl } = stack;
  if (shopUrl === undefined) throw new Error('There is no shop here.');
  const open = async (options: BrowserContextOptions): Promise<Page> => {
    const page = await browser.newPage({ ...STILL, ...options });
    await page.goto(shopUrl);
    return page;
  };

  const shelf = await open(WIDE);
  await choose(shelf, 'The carrier refuses your address');
  await picture(shelf, 'shop-shelf');

  const hanging = await open(WIDE);
  await buy(hanging, 'The bank hangs');
  await hanging.getByText('says nothing at all').first().waitFor();
  await picture(hanging, 'shop-hanging');

  const asked = await open(WIDE);
  await asked.getByRole('radio', { name: 'A card that asks back' }).check();
  await buy(asked, 'Nothing');
  await asked.getByText('The order waits until').waitFor();
  await picture(asked, 'shop-asked');

  const lost = await open(WIDE);
  await buy(lost, 'The bank’s answers get lost');
  await ended(lost, 'Completed');
  await picture(lost, 'shop-lost-answer');

  const refused = await open({ ...WIDE, colorScheme: 'dark' });
  await buy(refused, 'The carrier refuses your address');
  await ended(refused, 'Made good');
  await picture(refused, 'shop-made-good');
}

async function choose(page: Page, trouble: string): Promise<void> {
  await page.getByRole('button', { name: 'Add to basket (Hand grinder)' }).click();
  await page.getByRole('button', { name: 'Add to basket (Stoneware mug)' }).click();
  await page.getByRole('radio', { name: trouble }).check();
}

async function buy(page: Page, trouble: string): Promise<void> {
  await choose(page, trouble);
  await page.getByRole('button', { name: /^Buy for/ }).click();
  await page.getByRole('heading', { name: 'Step by step' }).waitFor();
}

async function ended(page: Page, words: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: words }).waitFor({ timeout: 90_000 });
}
