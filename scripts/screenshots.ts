/**
 * `npm run screenshots [-- name…]`: the pictures of README and docs/operations.md, made anew from
 * the stack that `npm start` runs. Places an order for each way it can go, waits until it has gone
 * that way, and looks at its run in the Temporal UI, and at our own pages, with Chromium.
 */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium } from '../src/launcher/browser.ts';
import { orderOf } from '../src/launcher/samples.ts';
import type { OrderBody } from '../src/launcher/samples.ts';
import { call, picture, setFaults, stack, untilOrder } from './demo-stack.ts';
import { showOperations } from './operations-pictures.ts';
import { showShop } from './shop-pictures.ts';

interface Way {
  readonly name: string;
  readonly body: OrderBody;
  /** What the API says of the order once it has gone this way. */
  readonly has: Readonly<Record<string, unknown>>;
  /** What has to stand on the page before it is worth a picture. */
  readonly shows: string;
  /** What the carrier does wrong meanwhile. */
  readonly carrierFaults?: unknown;
}

const mug = orderOf();

const ways: readonly Way[] = [
  { name: 'completed', body: mug, has: { status: 'completed' }, shows: 'send receipt' },
  {
    name: 'rejected',
    body: orderOf({ paymentMethod: 'pm_card_chargeDeclined' }),
    has: { status: 'rejected' },
    shows: 'undone',
  },
  {
    name: 'made-good',
    body: orderOf({ shippingAddress: { ...mug.shippingAddress, postalCode: '00000' } }),
    has: { status: 'refunded' },
    shows: 'restock',
  },
  {
    name: 'parked',
    body: mug,
    carrierFaults: { request: { fault: 'reject' } },
    has: { needsOperator: true },
    shows: 'waits for an operator',
  },
];

const LIST = 'list';
const OPERATIONS = 'operations';
const SHOP = 'shop';
// All that went another way than they should, as an operator would look for them.
const LIST_QUERY = 'status != "completed"';
// Without Temporal's own Status, which says of a rejected order that its run is completed.
const COLUMNS = ['Workflow ID', 'status', 'step', 'needsOperator', 'amountMinor'];

if (stack.temporalUiUrl === undefined) throw new Error('The Temporal UI is not known.');
const uiUrl = stack.temporalUiUrl;

const asked = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: findChromium(process.env),
});
try {
  for (const way of ways.filter(({ name }) => isAsked(name))) await show(way, browser);
  if (isAsked(LIST)) await showList(browser);
  if (isAsked(SHOP)) await showShop(browser);
  if (isAsked(OPERATIONS)) await showOperations(browser);
} finally {
  await browser.close();
}

function isAsked(name: string): boolean {
  return asked.length === 0 || asked.includes(name);
}

async function show({ name, body, has, shows, carrierFaults }: Way, by: Browser): Promise<void> {
  if (carrierFaults !== undefined) await setFaults('carrier', carrierFaults);
  try {
    const { id } = await call('/v1/orders', body);
    await untilOrder(id, has);
    const page = await open(by, `/workflows/${id}`);
    await page.getByText('User Metadata').click();
    // The current details stand in a frame of their own, the last one.
    const details = page.locator('iframe').last().contentFrame();
    await details.getByText(shows).first().waitFor();
    await page.getByText('reserve stock').first().waitFor();
    await picture(page, name, { clip: clip(831) });
  } finally {
    if (carrierFaults !== undefined) await setFaults('carrier');
  }
}

async function showList(by: Browser): Promise<void> {
  const page = await open(by, `/workflows?query=${encodeURIComponent(LIST_QUERY)}`);
  await page.getByText('authorize payment').filter({ visible: true }).first().waitFor();
  await picture(page, LIST, { clip: clip(600) });
}

// Without the bars at the left and the top, which say nothing of the order.
function clip(height: number) {
  return { x: 64, y: 49, width: 1_216, height };
}

/** A page whose list has our columns, as if an operator had chosen them. */
async function open(by: Browser, path: string): Promise<Page> {
  const page = await by.newPage({ viewport: { width: 1_280, height: 880 } });
  const columns = { default: COLUMNS.map((label) => ({ label, pinned: false })) };
  const entry = `'namespace-workflow-table-columns', ${JSON.stringify(JSON.stringify(columns))}`;
  await page.addInitScript({ content: `localStorage.setItem(${entry})` });
  await page.goto(`${uiUrl}/namespaces/default${path}`);
  return page;
}
