/**
 * The operators' page of the stack that `npm start` runs, looked at: with nothing in the queue, and
 * with orders that were parked for it, which are finished again afterwards.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { withClient } from '../src/launcher/postgres.ts';
import { orderOf } from '../src/launcher/samples.ts';
import { createOperatorKey } from '../src/launcher/shop.ts';
import { call, picture, setFaults, stack, untilOrder } from './demo-stack.ts';

// Still, or a picture is of something on its way.
const STILL: BrowserContextOptions = { reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' };
const WIDE: BrowserContextOptions = { viewport: { width: 1_120, height: 580 } };
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 780 }, hasTouch: true };

export async function showOperations(browser: Browser): Promise<void> {
  const key = await withClient(stack.databaseUrl, (client) =>
    createOperatorKey(client, 'ann', 'dev'),
  );
  const open = (hash: string, options: BrowserContextOptions) =>
    openAt(browser, key, hash, options);

  const empty = await open('#/', WIDE);
  await empty.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
  await picture(empty, 'operations-empty');

  try {
    const id = await park();
    const parked = await open(`#/orders/${id}`, { viewport: { width: 1_120, height: 880 } });
    await retry(parked);
    await picture(parked, 'operations-order');
    const queue = await open('#/', WIDE);
    await queue.getByText('capture payment').waitFor();
    await picture(queue, 'operations-queue');
    const dark = await open(`#/orders/${id}`, { ...WIDE, colorScheme: 'dark' });
    await dark.getByRole('button', { name: 'Refuse' }).click();
    await picture(dark, 'operations-dark');
    const phone = await open('#/', PHONE);
    await phone.getByText('capture payment').waitFor();
    await picture(phone, 'operations-phone');
  } finally {
    await Promise.all([setFaults('carrier'), setFaults('gateway')]);
  }
  await finish(await open('#/', WIDE));
}

async function openAt(
  browser: Browser,
  key: string,
  hash: string,
  options: BrowserContextOptions,
): Promise<Page> {
  const page = await browser.newPage({ ...STILL, ...options });
  const content = `sessionStorage.setItem('makegood-operator-key', '${key}')`;
  await page.addInitScript({ content });
  await page.goto(`${stack.operationsUrl}/operations${hash}`);
  return page;
}

/** Several orders by two causes; answers the first that waits for its shipment. */
async function park(): Promise<string> {
  const place = async (quantity: number) =>
    (await call('/v1/orders', orderOf({ lines: [{ sku: 'mug', quantity }] }))).id;
  await setFaults('carrier', { request: { fault: 'reject' } });
  const shipments = [await place(2), await place(1), await place(3), await place(1)];
  for (const id of shipments) await untilOrder(id, { needsOperator: true });
  await setFaults('gateway', { capture: { fault: 'fail-before' } });
  const captures = [await place(1), await place(4)];
  for (const id of captures) await untilOrder(id, { needsOperator: true });
  return shipments[0] ?? '';
}

/** In vain, so that there is something to be read of it. */
async function retry(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Retry: request shipment' }).click();
  await page.getByLabel('Why').fill('their status page says they are back');
  await page.getByRole('button', { name: 'Retry', exact: true }).click();
  await page
    .locator('.timeline')
    .getByText(/^ann: retry/)
    .waitFor();
}

async function finish(page: Page): Promise<void> {
  const buttons = page.getByRole('button', { name: /^Retry all of/ });
  await buttons.first().waitFor();
  for (let left = await buttons.count(); left > 0; left -= 1) {
    await buttons.nth(left - 1).click();
    await page.getByLabel('Why').fill('the pictures are taken');
    await page.getByRole('button', { name: /^Retry all \d/ }).click();
    await page.getByText('All of them have been told').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Queue' }).waitFor();
  }
  await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
  await page.close();
}
