/** The operators' page as a tired person meets it: numbers, the queue, one order, a search. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { OrderId } from '../../src/domain/order.ts';
import { createOperationsScene } from '../support/operations-scene.ts';
import type { OperationsScene } from '../support/operations-scene.ts';
import { createPages } from '../support/operations-page.ts';
import type { Pages } from '../support/operations-page.ts';
import { bookCompleted, bookPaid } from '../support/refunds.ts';

describe('The operators’ page', () => {
  let scene: OperationsScene;
  let pages: Pages;
  before(async () => {
    scene = await createOperationsScene();
    pages = await createPages(scene.operations, scene.ann);
  });
  beforeEach(async () => {
    await scene.pool.query('DELETE FROM parked_step');
    await scene.pool.query('UPDATE "order" SET blocked_since = NULL, needs_operator = false');
  });
  afterEach(() => pages.closePages());
  after(async () => {
    await pages.close();
    await scene.close();
  });

  const parked = async (detail: string, step = 'request shipment') => {
    const id = await scene.placed();
    await bookPaid(scene.book, id, 2048n);
    await scene.park(id, step, detail);
    return id;
  };
  const heading = (page: Page, name: string | RegExp) =>
    page.getByRole('heading', { level: 1, name }).waitFor();
  const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });

  it('says that nothing needs anybody, where nothing does', async () => {
    const page = await pages.open();
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    assert.equal(await page.title(), 'Queue · makegood operations');
    assert.equal(await page.locator('.glance .warn, .glance .bad').count(), 0);
  });

  it('shows what needs somebody by cause, with the money, and asks again by itself', async () => {
    const first = await parked('the carrier answered 503');
    await parked('the carrier answered 503');
    const page = await pages.open();
    const cause = row(page, 'the carrier answered 503');
    await cause.getByText('40.96 EUR').waitFor();
    await cause.getByRole('link', { name: first }).waitFor();
    await page.locator('.glance').getByText('40.96 EUR').waitFor();
    assert.equal(await page.title(), '(2) Queue · makegood operations');
    await parked('the mail server answered 451', 'send receipt');
    await row(page, 'the mail server answered 451').waitFor();
  });

  it('opens a cause to its orders, in pages that have addresses, and goes back', async () => {
    const ids: OrderId[] = [];
    for (let n = 0; n < 51; n += 1) ids.push(await parked('the carrier answered 503'));
    const page = await pages.open();
    await page.getByRole('link', { name: 'request shipment' }).click();
    await heading(page, 'request shipment');
    await page.getByRole('link', { name: ids[49] ?? '' }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 50);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: ids[50] ?? '' }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 1);
    const address = page.url();
    await page.getByRole('link', { name: ids[50] ?? '' }).click();
    await heading(page, `Order ${ids[50] ?? ''}`);
    await page.goBack();
    await heading(page, 'request shipment');
    assert.equal(page.url(), address);
    const colleague = await pages.open(new URL(address).hash);
    await colleague.getByRole('link', { name: ids[50] ?? '' }).waitFor();
  });

  it('says of a cause that is gone that it is gone', async () => {
    const page = await pages.open('#/causes/0123456789abcdef');
    await page.getByRole('heading', { name: 'Nothing has this cause any more' }).waitFor();
  });

  it('finds an order by its request, and tells its story in order of time', async () => {
    const id = await parked('the carrier answered 503');
    const { requestId } = await scene.get<{ requestId: string }>(`/v1/operations/orders/${id}`);
    const page = await pages.open();
    await heading(page, 'Queue');
    await page.keyboard.press('/');
    await page.keyboard.type(` ${requestId} `);
    await page.keyboard.press('Enter');
    await heading(page, `Order ${id}`);
    await page.locator('.timeline').waitFor();
    const said = await page.locator('.timeline .said').allInnerTexts();
    assert.match(said[0] ?? '', /^POST \/v1\/orders was accepted/);
    assert.ok(said.some((text) => /is parked since then: the carrier answered 503/.test(text)));
    assert.ok(said.some((text) => text.includes('20.48 EUR')) && !said.join().includes('minor'));
    // What is taken is not held any more.
    const facts = await page.locator('.facts').innerText();
    assert.match(facts, /Held\s+0\.00 EUR\s+Taken\s+20\.48 EUR/);
    const times = page.locator('.timeline time');
    const at = (await times.first().getAttribute('datetime')) ?? '';
    assert.match((await times.first().getAttribute('title')) ?? '', / UTC$/);
    const here = new Intl.DateTimeFormat('en-GB', {
      timeStyle: 'medium',
      timeZone: 'Europe/Berlin',
    });
    assert.match(await times.first().innerText(), new RegExp(`^${here.format(new Date(at))}`));
    const run = page.getByRole('link', { name: /^Run in the Temporal UI/ });
    assert.equal(
      await run.getAttribute('href'),
      `https://temporal.example/namespaces/shop/workflows/${id}`,
    );
    await page.goBack();
    await heading(page, 'Queue');
  });

  it('lists the orders of a customer, and says plainly when there is nobody of that name', async () => {
    const page = await pages.open('#/search?q=ada%40example.com');
    await heading(page, 'Search: ada@example.com');
    await page.getByRole('link', { name: /^ord_/ }).first().waitFor();
    await page.getByRole('searchbox').fill('nobody@example.com');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No order goes by that name' }).waitFor();
    await page.getByRole('searchbox').fill('x');
    await page.keyboard.press('Enter');
    await page.getByText('Must be 3 to 254 visible ASCII characters.').waitFor();
    await page.goto(`${pages.url}/operations#/orders/ord_01jd7m8z3fe4x8q2v5t6y7h9kb`);
    await page.getByText('There is nothing here').waitFor();
    await page.goto(`${pages.url}/operations#/nonsense`);
    await page.getByRole('heading', { name: 'This page has no such view' }).waitFor();
  });

  it('offers of an order what may be asked of it now, and nothing else', async () => {
    const [waiting, completed] = [await scene.placed(), await scene.placed()];
    const shipping = await parked('the carrier answered 503');
    await bookCompleted(scene.book, completed, 2048n);
    const page = await pages.open();
    const offered = async (id: OrderId) => {
      await page.goto(`${pages.url}/operations#/orders/${id}`);
      await heading(page, `Order ${id}`);
      await page.locator('.timeline').waitFor();
      return await page.locator('main').getByRole('button').allInnerTexts();
    };
    assert.deepEqual(await offered(waiting), ['Cancel the order…']);
    assert.deepEqual(await offered(shipping), ['Retry…', 'Mark as done…', 'Refuse…']);
    assert.deepEqual(await offered(completed), ['Refund…']);
  });

  it('shows what customers and counterparties have written as text, and runs none of it', async () => {
    const evil = '<img src=x onerror="document.title=1">';
    const id = await parked(`the carrier answered ${evil}`);
    await scene.pool.query('UPDATE "order" SET metadata = $2 WHERE id = $1', [
      id,
      JSON.stringify({ note: evil, [evil]: 'x' }),
    ]);
    await scene.pool.query('UPDATE tenant SET name = $1 WHERE id = $2', [evil, scene.acme.id]);
    const said = await scene.post(`/v1/operations/orders/${id}/steps/request%20shipment/resolve`, {
      action: 'retry',
      why: evil,
    });
    assert.equal(said.status, 200);
    const { data } = await scene.get<{ data: { cause: string }[] }>('/v1/operations/queue');
    const hashes = [
      '#/',
      `#/causes/${data[0]?.cause ?? ''}`,
      `#/orders/${id}`,
      `#/search?q=${encodeURIComponent(evil.replaceAll(' ', '/'))}`,
      '#/search?q=ada%40example.com',
      `#/orders/${encodeURIComponent(evil)}`,
    ];
    for (const hash of hashes) {
      const page = await pages.open(hash);
      await page
        .getByText(/img src|img\/src|nothing here/)
        .first()
        .waitFor();
      assert.equal(await page.locator('img').count(), 0, hash);
      assert.match(await page.title(), /operations$/);
    }
    await scene.pool.query('UPDATE tenant SET name = $1 WHERE id = $2', ['acme', scene.acme.id]);
  });
});
