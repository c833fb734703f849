/** Differences between the books at the operators' page, and captures that are halted. */
import assert from 'node:assert/strict';
import type { OrderId } from '../../src/domain/order.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';

const BOOK = { status: 'captured', currency: 'EUR', held: '0' };

describe('The operators’ page about the books', () => {
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

  const found = async (orderId: OrderId | null, state = 'open'): Promise<string> => {
    const { rows } = await scene.pool.query<{ id: string }>(
      `INSERT INTO reconciliation_difference (subject, kind, state, order_id, intent_id, detail,
         ours, gateways)
       VALUES ('subject ' || random(), 'moved-by-hand', $1, $2, 'pi_1', 'refunded by hand', $3, $4)
       RETURNING id`,
      [state, orderId, { ...BOOK, kept: '2998' }, orderId && { ...BOOK, kept: '1499' }],
    );
    return rows[0]?.id ?? '';
  };
  const of = (id: string) =>
    scene.get<{ state: string; explained: { by: string; why: string } }>(
      `/v1/operations/differences/${id}`,
    );

  it('says that the books agree where they do', async () => {
    const page = await pages.open('#/differences');
    await page.getByRole('heading', { name: 'No difference asks for anybody' }).waitFor();
    await page.getByRole('link', { name: 'settled' }).click();
    await page.getByRole('heading', { name: 'None is settled' }).waitFor();
  });

  it('shows what differs on both sides, and takes an explanation with its why', async () => {
    const order = await scene.placed();
    const [id] = [await found(order), await found(null, 'settling')];
    const page = await pages.open();
    await page.getByRole('link', { name: /^Differences 1/ }).click();
    const difference = page.getByRole('article', { name: 'Moved by hand' });
    await difference.first().waitFor();
    assert.equal(await difference.count(), 1, 'the open one alone');
    await difference.getByText('captured: holds 0.00 EUR, keeps 14.99 EUR').waitFor();
    await difference.getByRole('link', { name: order }).waitFor();
    await difference.getByRole('link', { name: 'Moved by hand' }).click();
    await page.getByRole('heading', { level: 1, name: id }).waitFor();
    await page.getByRole('button', { name: 'Explain…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Write it down' }).click();
    await dialog.getByText('Say why').waitFor();
    await dialog.getByLabel('Why').fill('a goodwill refund');
    await dialog.getByRole('button', { name: 'Write it down' }).click();
    await page.getByText('a goodwill refund').waitFor();
    const { state, explained } = await of(id);
    assert.deepEqual(
      [state, explained.by, explained.why],
      ['explained', 'ann', 'a goodwill refund'],
    );
    assert.equal(await page.getByRole('button', { name: 'Explain…' }).count(), 0);
  });

  it('halts all captures, says so on every view, and lets them go on', async () => {
    const order = await scene.placed();
    const page = await pages.open('#/differences');
    await page.getByRole('button', { name: 'Halt all captures…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill('prices were imported wrong');
    await dialog.getByRole('button', { name: 'Halt all captures' }).click();
    const banner = page.locator('#halted');
    await banner.getByText('by ann: prices were imported wrong').waitFor();
    const colleague = await pages.open(`#/orders/${order}`);
    await colleague.getByRole('alert').getByText('Captures are halted').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Halt all captures…' }).count(), 0);
    await banner.getByRole('button', { name: 'Resume captures…' }).click();
    await dialog.getByText(/because: prices were imported wrong$/).waitFor();
    await dialog.getByLabel('Why').fill('they are right again');
    await dialog.getByRole('button', { name: 'Resume captures' }).click();
    await banner.getByRole('button').waitFor({ state: 'detached' });
    const { rows } = await scene.pool.query('SELECT ended_by, ended_why FROM capture_halt');
    assert.deepEqual(rows, [{ ended_by: 'ann', ended_why: 'they are right again' }]);
  });
});
