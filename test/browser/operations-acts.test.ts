/**
 * Orders that are parked on a real Temporal server, and operators who finish them from the page: with
 * a mouse, without one, and all of a cause at once.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { createRetrier } from '../../src/api/retrier.ts';
import { audit } from '../support/audit.ts';
import { operationsOn } from '../support/operations-app.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';
import { createParkedScene } from '../support/parked.ts';

describe('An operator at the page', () => {
  let scene: Awaited<ReturnType<typeof createParkedScene>>;
  let operations: Awaited<ReturnType<typeof operationsOn>>;
  let pages: Pages;
  // Parked, it is tried so rarely that only a word to the run ends the wait in time.
  before(async () => {
    scene = await createParkedScene({ slowestRetryMs: 600_000 });
    operations = await operationsOn(scene.stage);
    pages = await createPages(operations.app, operations.ann);
  });
  afterEach(() => pages.closePages());
  after(async () => {
    await pages.close();
    await scene.stage.close();
  });

  const rejected = { carrier: { request: { fault: 'reject' } } } as const;
  const actionsOf = async (id: Parameters<typeof scene.desk.show>[0]) =>
    (await scene.desk.show(id))?.actions.map((one) => [one.operator, one.action, one.why]);

  it('finds a parked order in the queue and refuses it: it is made good, and the audit says why', async () => {
    const { order } = await scene.parked('request shipment', rejected);
    const page = await pages.open();
    await page.getByRole('link', { name: order.id }).first().click();
    await page.getByRole('heading', { name: 'Parked: request shipment' }).waitFor();
    await page.getByRole('button', { name: 'Refuse: request shipment' }).click();
    const dialog = page.getByRole('dialog', { name: 'Refuse: request shipment' });
    await dialog.getByText(/^The order is made good, as address refused/).waitFor();
    assert.deepEqual(await actionsOf(order.id), [], 'nothing is done by one click');
    await dialog.getByLabel('Why').fill('they do not go there');
    await dialog.getByRole('button', { name: 'Refuse', exact: true }).click();
    await page
      .getByRole('status')
      .getByText(/^Written down as operator action \d+; the run goes on/)
      .waitFor();
    await scene.requireEnd(order, 'refunded');
    await audit(scene.stage.parties, order, 'refunded');
    assert.deepEqual(await actionsOf(order.id), [['ann', 'refuse', 'they do not go there']]);
    await page
      .locator('.timeline')
      .getByText(/^ann: refuse 'request shipment'/)
      .waitFor();
    await page.locator('.facts-line').getByText('refunded', { exact: true }).waitFor();
  });

  it('does the same without a mouse, and always knows where the focus is', async () => {
    const { order } = await scene.parked('request shipment', rejected);
    await scene.stage.breakParties({ carrier: {} });
    const page = await pages.open();
    await page.getByRole('link', { name: order.id }).first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the content');
    await page.keyboard.press('Enter');
    await tabTo(page, order.id);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Parked: request shipment' }).waitFor();
    assert.equal(await focused(page), `Order ${order.id}`, 'the new view’s heading');
    await tabTo(page, 'Retry…');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('not that');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Retry…', 'back where it was');
    await page.keyboard.press('Enter');
    await page.keyboard.type('the carrier is back');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Retry');
    await page.keyboard.press('Space');
    await page
      .getByRole('status')
      .getByText(/the run goes on/)
      .waitFor();
    await scene.requireEnd(order, 'completed');
    assert.deepEqual(await actionsOf(order.id), [['ann', 'retry', 'the carrier is back']]);
    await page.locator('.facts-line').getByText('completed', { exact: true }).waitFor();
    assert.equal(await focused(page), `Order ${order.id}`, 'what had it is gone');
  });

  it('gives one word about all of a cause, and watches it go round', async () => {
    const orders = [];
    for (let n = 0; n < 2; n += 1)
      orders.push((await scene.parked('request shipment', rejected)).order);
    await scene.stage.breakParties({ carrier: {} });
    const page = await pages.open();
    await page.getByRole('button', { name: /^Retry all of: request shipment/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^2 steps of orders worth/).waitFor();
    await dialog.getByLabel('Why').fill('the carrier is back');
    await dialog.getByRole('button', { name: 'Retry all 2' }).click();
    await page.getByText('0 of 2 tried again').waitFor();
    await page.getByRole('status').getByText('2 steps will be tried again').waitFor();
    const { desk, log } = operations;
    const retrier = createRetrier({ desk, sagas: scene.stage.sagas, log, everyMs: 20 });
    await page.getByText('2 of 2 tried again').waitFor();
    for (const order of orders) {
      await scene.requireEnd(order, 'completed');
      assert.deepEqual(await actionsOf(order.id), [['ann', 'retry', 'the carrier is back']]);
    }
    await retrier.stop();
    await page.getByText('Nothing is parked by this cause now.').waitFor();
  });
});

/** What the focus is on, as it reads. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.textContent.trim()');
}

/** A page on which that takes longer is no page for the keyboard. */
const MOST_TABS = 12;

async function tabTo(page: Page, text: string): Promise<void> {
  for (let n = 0; n < MOST_TABS; n += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === text) return;
  }
  assert.fail(`'${text}' is not within ${MOST_TABS} tabs`);
}
