/** The operators' page for those who see little, or nothing, or a phone: by axe, on every view. */
import assert from 'node:assert/strict';
import { AXE, faultsOf, isTooWide, LOOKS } from '../support/axe.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';

describe('The operators’ page is for everybody', () => {
  let scene: OperationsScene;
  let pages: Pages;
  /** Each view, with its heading and what has to stand there before it is looked at. */
  let views: readonly (readonly [hash: string, heading: string, ready: string])[];
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
    await scene.pool.query(
      `INSERT INTO reconciliation_difference (subject, kind, order_id, intent_id, detail)
       VALUES ('one', 'moved-by-hand', $1, 'pi_1', 'refunded by hand')`,
      [completed],
    );
    await scene.post('/v1/operations/captures/halt', { why: 'a test' });
    views = [
      ['#/', 'Queue', 'table'],
      [`#/causes/${cause}`, 'request shipment', 'table'],
      ['#/causes/blocked', 'Runs that cannot go on', 'table'],
      [`#/orders/${paid}`, `Order ${paid}`, '.timeline'],
      [`#/orders/${completed}`, `Order ${completed}`, '.timeline'],
      [`#/orders/${blocked}`, `Order ${blocked}`, '.timeline'],
      ['#/differences', 'Differences', '.difference'],
      [`#/retries/${id}`, `Retry ${id}`, 'progress'],
      ['#/search?q=ada%40example.com', 'Search: ada@example.com', 'table'],
      ['#/search?q=nobody', 'Search: nobody', '.calm'],
      ['#/orders/ord_1', 'Order ord_1', '.problem'],
      [`#/orders/${paid}`, `Order ${paid}`, '.timeline'],
    ];
  });
  afterEach(() => pages.closePages());
  after(async () => {
    await pages.close();
    await scene.close();
  });

  for (const [look, options] of Object.entries(LOOKS)) {
    it(`in its ${look} look: every view, the dialog and the key form`, async () => {
      const page = await pages.open('#/', options);
      await page.evaluate(AXE);
      for (const [hash, name, ready] of views) {
        await page.evaluate(`location.hash = '${hash}'`);
        await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
        await page.locator(`main ${ready}`).waitFor();
        assert.deepEqual(await faultsOf(page), [], name);
        assert.equal(await isTooWide(page), false, `${name} is wider than the screen`);
      }
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
