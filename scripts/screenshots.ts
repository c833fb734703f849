/**
 * `npm run screenshots [-- name…]`: the pictures of docs/operations.md, made anew from the stack that
 * `npm start` runs. Places an order for each way it can go, waits until it has gone that way, and
 * looks at its run in the Temporal UI with Chromium.
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium } from '../src/launcher/browser.ts';
import { readEndpoints } from '../src/launcher/endpoints.ts';
import { orderOf } from '../src/launcher/samples.ts';
import type { OrderBody } from '../src/launcher/samples.ts';

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
// All that went another way than they should, as an operator would look for them.
const LIST_QUERY = 'status != "completed"';
// Without Temporal's own Status, which says of a rejected order that its run is completed.
const COLUMNS = ['Workflow ID', 'status', 'step', 'needsOperator', 'amountMinor'];

// A step is parked when its first, quick tries are used up, which takes minutes.
const PATIENCE_MS = 10 * 60_000;

const found = readEndpoints(fileURLToPath(new URL('../.makegood', import.meta.url)));
if (found?.temporalUiUrl === undefined) {
  throw new Error('Nothing runs here: start the stack with `npm start` first.');
}
const { apiUrl, apiKey, carrierUrl } = found;
const uiUrl = found.temporalUiUrl;

const asked = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: findChromium(process.env),
});
try {
  for (const way of ways.filter(({ name }) => isAsked(name))) await show(way, browser);
  if (isAsked(LIST)) await showList(browser);
} finally {
  await browser.close();
}

function isAsked(name: string): boolean {
  return asked.length === 0 || asked.includes(name);
}

async function show({ name, body, has, shows, carrierFaults }: Way, by: Browser): Promise<void> {
  if (carrierFaults !== undefined) await setCarrierFaults('PUT', carrierFaults);
  try {
    const { id } = await call('/v1/orders', body);
    await untilOrder(id, has);
    const page = await open(by, `/workflows/${id}`);
    await page.getByText('User Metadata').click();
    // The current details stand in a frame of their own, the last one.
    const details = page.locator('iframe').last().contentFrame();
    await details.getByText(shows).first().waitFor();
    await page.getByText('reserve stock').first().waitFor();
    await picture(page, name);
  } finally {
    if (carrierFaults !== undefined) await setCarrierFaults('DELETE');
  }
}

async function showList(by: Browser): Promise<void> {
  const page = await open(by, `/workflows?query=${encodeURIComponent(LIST_QUERY)}`);
  await page.getByText('authorize payment').filter({ visible: true }).first().waitFor();
  await picture(page, LIST, 600);
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

async function picture(page: Page, name: string, height = 831): Promise<void> {
  // Not until the network is idle: the page of a run that goes on never is.
  await page.evaluate('document.fonts.ready');
  const path = fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url));
  // Without the bars at the left and the top, which say nothing of the order.
  await page.screenshot({ path, clip: { x: 64, y: 49, width: 1_216, height } });
  await page.close();
  console.log(`docs/images/${name}.png: ${Math.ceil(statSync(path).size / 1_024)} KB`);
}

interface Order {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function untilOrder(id: string, has: Way['has']): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const order = await call(`/v1/orders/${id}`);
    if (Object.entries(has).every(([field, value]) => order[field] === value)) return;
    if (Date.now() > deadline) {
      throw new Error(`order ${id} is not ${JSON.stringify(has)} but ${JSON.stringify(order)}`);
    }
    await sleep(500);
  }
}

async function call(path: string, body?: OrderBody): Promise<Order> {
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    ...(body && { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
  };
  const sent = body && { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${apiUrl}${path}`, { headers, ...sent });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Order;
}

async function setCarrierFaults(method: 'PUT' | 'DELETE', plan?: unknown): Promise<void> {
  const answer = await fetch(`${carrierUrl}/control/faults`, {
    method,
    ...(plan !== undefined && {
      body: JSON.stringify(plan),
      headers: { 'Content-Type': 'application/json' },
    }),
  });
  if (!answer.ok) throw new Error(`the carrier is no stand-in: ${await answer.text()}`);
}
