/** The shop of `npm start` as a visitor meets it: buys, breaks something, and sees it made good. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { readBook } from '../support/audit.ts';
import { buy, createStorefrontScene } from '../support/storefront.ts';
import type { StorefrontScene } from '../support/storefront.ts';

const ASKS = 'A card that asks back (3-D Secure)';

describe('The shop', () => {
  let scene: StorefrontScene;
  before(async () => {
    scene = await createStorefrontScene();
  });
  afterEach(() => scene.closePages());
  after(() => scene.close());

  const ending = (page: Page, name: string) =>
    page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  const titles = (page: Page) => page.locator('.steps .title b').allInnerTexts();
  const shows = (page: Page, name: string, value: string) =>
    page
      .locator('.book div', { has: page.getByText(name, { exact: true }) })
      .getByText(value, { exact: true })
      .first()
      .waitFor();
  /** The gateway's own book: how often that was done for the order. */
  const times = async (id: string, effect: string) => {
    const lines = await readBook(scene.parties.gatewayUrl);
    return lines.filter((line) => line.orderId === id && line.effect === effect).length;
  };

  it('sells: each step live, the money taken once, the goods yours', async () => {
    const page = await scene.open();
    await page.getByRole('button', { name: 'Add to basket (Gooseneck kettle)' }).click();
    const id = await buy(page);
    await ending(page, 'Completed');
    await page.getByText('1 × Gooseneck kettle, 1 × Stoneware mug · €79.49').waitFor();
    assert.deepEqual(await titles(page), [
      'Goods put aside',
      'Money put on hold',
      'Money taken',
      'Handed to the carrier',
      'Receipt sent',
    ]);
    await shows(page, 'You have paid', '€79.49');
    await shows(page, '1 × Stoneware mug', 'yours');
    await page.locator('.book').getByText('On its way to you').waitFor();
    const run = page.getByRole('link', { name: 'This run in the Temporal UI' });
    assert.match((await run.getAttribute('href')) ?? '', new RegExp(`/workflows/${id}$`));
  });

  it('calls off what a declined card cannot pay: the goods are back', async () => {
    const page = await scene.open();
    await buy(page, { card: 'A card that is declined' });
    await ending(page, 'Called off, nothing lost');
    await page.getByText('goods back on the shelf').waitFor();
    assert.deepEqual((await titles(page)).slice(-2), [
      'Made sure that nothing is held',
      'Goods put back',
    ]);
    await shows(page, 'You have paid', '€0.00');
  });

  it('waits, with the goods, for whom their bank wants to see first, and goes on when they are back', async () => {
    const page = await scene.open();
    const id = await buy(page, { card: ASKS });
    await ending(page, 'Your bank wants a word with you');
    await page.getByText('The order waits until').waitFor();
    await shows(page, '1 × Stoneware mug', 'put aside for you');
    await page.getByRole('link', { name: 'Confirm with your bank' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await ending(page, 'Completed');
    assert.equal(new URL(page.url()).hash, `#/orders/${id}`);
    await page.getByText('held once, taken once').waitFor();
  });

  it('calls off what its buyer tells the bank not to pay', async () => {
    const page = await scene.open();
    await buy(page, { card: ASKS });
    await page.getByRole('link', { name: 'Confirm with your bank' }).click();
    await page.getByRole('button', { name: 'Decline' }).click();
    await ending(page, 'Called off, nothing lost');
    await shows(page, '1 × Stoneware mug', 'back on the shelf');
  });

  it('takes the money once although both answers of the bank are lost', async () => {
    const page = await scene.open();
    const id = await buy(page, { trouble: 'The bank’s answers get lost' });
    await ending(page, 'Completed');
    await page.getByText('makegood does not guess').first().waitFor();
    assert.deepEqual([await times(id, 'authorized'), await times(id, 'captured')], [1, 1]);
    await page.getByText('held once, taken once').waitFor();
  });

  it('makes good what the carrier will not deliver: money back, goods back', async () => {
    const page = await scene.open();
    await buy(page, { trouble: 'The carrier refuses your address' });
    await ending(page, 'Made good');
    await shows(page, 'Taken', '€14.99');
    await shows(page, 'Given back', '€14.99');
    await shows(page, 'You have paid', '€0.00');
    await shows(page, '1 × Stoneware mug', 'back on the shelf');
  });

  it('lets nobody’s trouble meet another order', async () => {
    const [one, other] = [await scene.open(), await scene.open()];
    await buy(one, { trouble: 'The bank hangs' });
    await buy(other);
    await ending(other, 'Completed');
    assert.equal(await other.locator('.steps .trouble').count(), 0);
    await ending(one, 'Completed');
    await one.getByText('says nothing at all').first().waitFor();
  });
});
