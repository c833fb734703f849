/** Visitors of the shop who change their minds, in time and too late, or look away and come back. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { buy, createStorefrontScene } from '../support/storefront.ts';
import type { StorefrontScene } from '../support/storefront.ts';

describe('A visitor of the shop', () => {
  let scene: StorefrontScene;
  before(async () => {
    scene = await createStorefrontScene();
  });
  afterEach(() => scene.closePages());
  after(() => scene.close());

  const ending = (page: Page, name: string | RegExp) =>
    page.getByRole('heading', { level: 1, name }).waitFor();
  const paid = (page: Page, value: string) =>
    page.locator('.book .sum').getByText(value, { exact: true }).waitFor();

  it('cancels in time, and sees the undoing', async () => {
    const page = await scene.open();
    await buy(page, { trouble: 'The bank hangs' });
    await page.getByText('says nothing at all').first().waitFor();
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await ending(page, 'Cancelled in time');
    const titles = await page.locator('.steps .undone b').allInnerTexts();
    assert.deepEqual(titles, ['Made sure that nothing is held', 'Goods put back']);
    await paid(page, '€0.00');
    await page.getByText('There is nothing left to take back.').waitFor();
  });

  it('is told why it is too late to cancel, and gets the money back instead: a part, then all', async () => {
    const page = await scene.open();
    await buy(page);
    await ending(page, 'Completed');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByText('Ask for the money back instead.').waitFor();
    await page.getByLabel(/^How much back/).fill('99');
    assert.ok(await page.getByRole('button', { name: 'Give back' }).isDisabled());
    await page.getByText('at most €14.99').waitFor();
    await page.getByLabel(/^How much back/).fill('5');
    await page.getByRole('button', { name: 'Give back €5.00' }).click();
    await paid(page, '€9.99');
    await page.getByRole('button', { name: 'Give back €9.99' }).click();
    await ending(page, 'Refunded');
    await paid(page, '€0.00');
    await page.getByText('€5.00 is on its way to your card, as you asked.').waitFor();
    await page.getByText('€9.99 is on its way to your card, as you asked.').waitFor();
  });

  it('reloads in the middle and closes nothing: the order is found again, and ends', async () => {
    const page = await scene.open();
    const id = await buy(page, { trouble: 'The bank hangs' });
    await page.getByText('says nothing at all').first().waitFor();
    await page.reload();
    await ending(page, 'Completed');
    await page.getByRole('link', { name: 'My orders' }).click();
    await page.locator('.mine').getByText('Completed').waitFor();
    const link = page.getByRole('link', { name: '1 × Stoneware mug' });
    assert.equal(await link.getAttribute('href'), `#/orders/${id}`);
  });

  it('sees the order go on after the connection was cut, with no step twice', async () => {
    const page = await scene.open();
    await buy(page, { trouble: 'The bank hangs' });
    await page.getByText('says nothing at all').first().waitFor();
    await page.context().setOffline(true);
    await page.getByText('The connection is gone.').waitFor();
    await page.context().setOffline(false);
    await ending(page, 'Completed');
    await page.locator('.steps .done').nth(4).waitFor();
    assert.equal(await page.locator('.steps .done').count(), 5);
    await page.getByText('The connection is gone.').waitFor({ state: 'hidden' });
  });

  it('hears that the API is down, and is served again once it is back', async () => {
    const page = await scene.open();
    await page.getByRole('button', { name: 'Add to basket (Stoneware mug)' }).waitFor();
    await page.route('**/v1/products*', (route) => route.fulfill({ status: 502, body: '{}' }));
    await page.getByRole('alert').getByText('It is asked again by itself.').waitFor();
    await page.unroute('**/v1/products*');
    await page.getByRole('alert').waitFor({ state: 'hidden' });
  });

  it('sends an order whose answer was lost again, and has it once', async () => {
    const page = await scene.open();
    let ids: string[] = [];
    await page.route('**/v1/orders', async (route) => {
      const answer = await route.fetch();
      ids = [...ids, ((await answer.json()) as { id: string }).id];
      if (ids.length === 1) await route.abort();
      else await route.fulfill({ response: answer });
    });
    await page.getByRole('button', { name: 'Add to basket (Stoneware mug)' }).click();
    await page.getByRole('button', { name: /^Buy for/ }).click();
    await page.getByRole('button', { name: 'Send the same again' }).click();
    await ending(page, 'Completed');
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });
});
