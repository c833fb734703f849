/** The shop for those who see little, or nothing, or a phone, or move by keyboard: every view. */
import assert from 'node:assert/strict';
import { AXE, faultsOf, isTooWide, LOOKS } from '../support/axe.ts';
import { buy, createStorefrontScene } from '../support/storefront.ts';
import type { StorefrontScene } from '../support/storefront.ts';

describe('The shop is for everybody', () => {
  let scene: StorefrontScene;
  before(async () => {
    scene = await createStorefrontScene();
  });
  afterEach(() => scene.closePages());
  after(() => scene.close());

  for (const [look, options] of Object.entries(LOOKS)) {
    it(`in its ${look} look: the shelf, an order in each state, a refusal, all orders`, async () => {
      const page = await scene.open('#/', { reducedMotion: 'reduce', ...options });
      const looksGood = async (name: string) => {
        assert.deepEqual(await faultsOf(page), [], name);
        assert.equal(await isTooWide(page), false, `${name} is wider than the screen`);
      };
      const ends = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
      await page.evaluate(AXE);
      await page.getByRole('button', { name: 'Add to basket (Gooseneck kettle)' }).click();
      await looksGood('the shelf');
      // An order under way that stays so, for as long as it is looked at.
      await buy(page, { card: 'A card that asks back (3-D Secure)' });
      await ends('Your bank wants a word with you');
      await looksGood('under way');
      await page.getByRole('button', { name: 'Cancel the order' }).click();
      await ends('Cancelled in time');
      await looksGood('cancelled');
      await page.getByRole('link', { name: 'Shop', exact: true }).first().click();
      await buy(page, { trouble: 'The carrier refuses your address' });
      await ends('Made good');
      await looksGood('made good');
      await page.getByRole('link', { name: 'Shop', exact: true }).first().click();
      await buy(page, { trouble: 'The bank’s answers get lost' });
      await ends('Completed');
      await page.getByRole('button', { name: 'Cancel the order' }).click();
      await page.getByText('Ask for the money back instead.').waitFor();
      await page.getByLabel(/^How much back/).fill('more');
      await page.getByText('Not that:').waitFor();
      await looksGood('too late, and too much');
      await page.getByRole('link', { name: 'My orders' }).click();
      await page.locator('.mine').getByText('Completed').first().waitFor();
      await looksGood('my orders');
      await page.evaluate(`location.hash = '#/orders/ord_1'`);
      await page.getByText('There is nothing here').waitFor();
      await looksGood('an order that nobody has');
    });
  }

  it('sells by keyboard alone', async () => {
    const page = await scene.open();
    await page.getByRole('button', { name: 'Add to basket (Stoneware mug)' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('radio', { name: 'A good card' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.getByRole('radio', { name: 'A card that is declined' }).isChecked());
    await page.getByRole('button', { name: /^Buy for/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Called off, nothing lost' }).waitFor();
  });
});
