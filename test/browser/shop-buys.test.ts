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
    await page.getByText('The bank broke twice on the way. Paid once, sent once.').waitFor();
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
    await page.getByText('held once, taken once, given back once').waitFor();
    await shows(page, '1 × Stoneware mug', 'back on the shelf');
  });

  it('says what to try next, with the same in the basket: from nothing wrong to making good', async () => {
    const page = await scene.open();
    await buy(page, { card: 'A card that is declined' });
    await page.getByRole('button', { name: 'Next: lose the bank’s answers' }).click();
    assert.ok(await page.getByRole('radio', { name: 'A good card' }).isChecked());
    assert.ok(await page.getByRole('radio', { name: 'The bank’s answers get lost' }).isChecked());
    await page.getByRole('button', { name: 'Buy for €14.99' }).click();
    await page.getByRole('button', { name: 'Next: let the carrier refuse' }).click();
    await page.getByRole('button', { name: 'Buy for €14.99' }).click();
    await ending(page, 'Made good');
    await page.getByRole('button', { name: 'Next: let the bank hang, and cancel' }).click();
    assert.ok(await page.getByRole('radio', { name: 'The bank hangs' }).isChecked());
  });

  it('shows what is to be undone as soon as the bank has said no, and each line once', async () => {
    const page = await scene.open();
    // A moment that passes within some milliseconds: the no is written, and nothing undone yet.
    const step = (name: string, refused?: string) => ({
      ...{ at: '2026-01-01T00:00:00Z', sagaId: 'ord_1', step: name, direction: 'do' },
      ...(refused !== undefined && { refused }),
    });
    const steps = [step('reserve stock'), step('authorize payment', 'payment-declined')];
    const books = { gate: 'open', steps, calls: [], parked: [], refunds: [] };
    const amount = { value: '1499', currency: 'EUR' };
    const order = { id: 'ord_1', status: 'accepted', payment: {}, amount };
    const told = await page.evaluate(`(async () => {
      const [{ storyOf }, { endingOf }] = await Promise.all([
        import('/shop/story.js'), import('/shop/endings.js'),
      ]);
      const asked = ${JSON.stringify([order, books])};
      return { lines: storyOf(...asked), words: endingOf(...asked).words };
    })()`);
    const { lines, words } = told as {
      readonly lines: readonly Readonly<Record<'key' | 'title' | 'look', string>>[];
      readonly words: string;
    };
    assert.equal(words, 'Calling it off…');
    assert.deepEqual(
      lines.map(({ look, title }) => `${look}: ${title}`),
      [
        'done: Goods put aside',
        'refused: The bank says no',
        'turn: Here it turns back',
        'running: Made sure that nothing is held',
        'ahead: Goods put back',
      ],
    );
    assert.equal(new Set(lines.map(({ key }) => key)).size, lines.length);
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
