/** Who may see the operators' page filled, and what it says when the API says no, or nothing. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';
import { bookCompleted } from '../support/refunds.ts';

describe('The operators’ page and its key', () => {
  let scene: OperationsScene;
  let pages: Pages;
  before(async () => {
    scene = await createOperationsScene();
    pages = await createPages(scene.operations, scene.ann);
  });
  afterEach(() => pages.closePages());
  after(async () => {
    await pages.close();
    await scene.close();
  });

  const give = async (page: Page, key: string) => {
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
  };
  /** Sooner than it would by itself: as if somebody had come back to the tab. */
  const askNow = (page: Page) =>
    page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
  const stored = (page: Page) =>
    page.evaluate(`JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])`);

  it('asks for a key before anything, takes no wrong one, and keeps it in the tab alone', async () => {
    const id = await scene.placed();
    const page = await pages.open(`#/orders/${id}`, { key: undefined });
    await page.getByRole('heading', { name: 'Your operator’s key' }).waitFor();
    assert.equal(await page.getByRole('searchbox').isVisible(), false);
    await give(page, 'mg_dev_wrong');
    await page.getByRole('alert').getByText('The credential is missing or not valid').waitFor();
    await give(page, scene.acme.key);
    await page.getByRole('alert').getByText('The credential does not allow this').waitFor();
    assert.equal(await stored(page), '[{},{},""]');
    await give(page, scene.ann);
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
    const kept = JSON.stringify([{ 'makegood-operator-key': scene.ann }, {}, '']);
    assert.equal(await stored(page), kept);
    assert.ok(!page.url().includes(scene.ann));
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.getByRole('heading', { name: 'Your operator’s key' }).waitFor();
    assert.equal(await stored(page), '[{},{},""]');
    assert.equal(await page.locator('.timeline').count(), 0);
  });

  it('asks again when the key opens nothing any more, and goes on where it was', async () => {
    const id = await scene.placed();
    const bob = await scene.addOperator('bob');
    const page = await pages.open(`#/orders/${id}`, { key: bob });
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await scene.pool.query(`UPDATE api_key SET expires_at = now() WHERE operator = 'bob'`);
    await askNow(page);
    await page.getByRole('heading', { name: 'Your operator’s key' }).waitFor();
    await page.getByRole('alert').getByText('The credential is missing or not valid').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await give(page, scene.ann);
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
  });

  it('says that nobody answers, how old what it shows is, and when that is over', async () => {
    const page = await pages.open();
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    await page.route('**/v1/**', (route) => route.fulfill({ status: 502, body: 'bad gateway' }));
    await askNow(page);
    const alarm = page.locator('#alarm');
    await alarm.getByText('The operations API does not answer.').waitFor();
    await alarm.getByText(/What is shown is from \d\d:\d\d:\d\d\./).waitFor();
    await page.locator('.fresh.stale').waitFor();
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    await page.unroute('**/v1/**');
    await alarm.getByRole('button', { name: 'Ask now' }).click();
    await alarm.getByRole('strong').waitFor({ state: 'detached' });
    await page.locator('.fresh:not(.stale)').waitFor();
    pages.forgive(/status of 502/);
  });

  it('shows why the API refuses, and then lets the operator try otherwise', async () => {
    const id = await scene.placed();
    await bookCompleted(scene.book, id, 2048n);
    const page = await pages.open(`#/orders/${id}`);
    await page.getByRole('button', { name: 'Refund' }).click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByLabel('Amount in EUR').inputValue(), '20.48');
    await dialog.getByRole('button', { name: 'Refund 20.48 EUR' }).click();
    await dialog.getByText('Say why: somebody will ask.').waitFor();
    assert.deepEqual(await scene.actions(id), [], 'nothing is done without a why');
    await dialog.getByLabel('Why').fill('it came broken');
    await dialog.getByLabel('Amount in EUR').fill('20.481');
    await dialog.getByRole('button', { name: 'Refund', exact: true }).click();
    await dialog.getByText(/^Write it like 20.48/).waitFor();
    await dialog.getByLabel('Amount in EUR').fill('30');
    await dialog.getByRole('button', { name: 'Refund 30.00 EUR' }).click();
    await dialog.getByRole('alert').getByText('There is not that much left to refund').waitFor();
    await dialog.getByLabel('Amount in EUR').fill('0.48');
    await dialog.getByRole('button', { name: 'Refund 0.48 EUR' }).click();
    await page
      .getByRole('status')
      .getByText(/^Accepted and written down as refund rfd_/)
      .waitFor();
    await page
      .locator('.facts')
      .getByText(/^0.48 EUR/)
      .waitFor();
    assert.deepEqual(await scene.actions(id), [
      { action: 'refund', operator: 'ann', why: 'it came broken' },
    ]);
    const { rows } = await scene.pool.query<{ amount: bigint }>(
      'SELECT amount FROM refund WHERE order_id = $1',
      [id],
    );
    assert.deepEqual(
      rows.map(({ amount }) => Number(amount)),
      [48],
    );
    await page.getByRole('button', { name: 'Refund' }).click();
    assert.equal(await dialog.getByLabel('Amount in EUR').inputValue(), '20.00', 'what is left');
  });

  it('sends the very same again while it does not know whether it took effect', async () => {
    const id = await scene.placed();
    await bookCompleted(scene.book, id, 2048n);
    const page = await pages.open(`#/orders/${id}`);
    await page.route('**/refunds', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('button', { name: 'Refund' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Amount in EUR').fill('5');
    await dialog.getByLabel('Why').fill('a lost answer');
    await dialog.getByRole('button', { name: 'Refund 5.00 EUR' }).click();
    await dialog
      .getByRole('alert')
      .getByText(/^Whether it took effect is not known/)
      .waitFor();
    assert.equal(await dialog.getByLabel('Amount in EUR').isEditable(), false);
    await page.unroute('**/refunds');
    await dialog.getByRole('button', { name: 'Send the same again' }).click();
    await page
      .getByRole('status')
      .getByText(/^Accepted/)
      .waitFor();
    assert.equal((await scene.actions(id)).length, 1, 'one refund');
    pages.forgive(/net::ERR_FAILED/);
  });
});
