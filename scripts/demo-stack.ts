/** The stack that `npm start` runs, as the scripts that take pictures of it use it. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, PageScreenshotOptions } from 'playwright-core';
import { readEndpoints } from '../src/launcher/endpoints.ts';
import type { OrderBody } from '../src/launcher/samples.ts';

const found = readEndpoints(fileURLToPath(new URL('../.makegood', import.meta.url)));
if (found === undefined) {
  throw new Error('Nothing runs here: start the stack with `npm start` first.');
}
export const stack = found;

export interface Order {
  readonly id: string;
  readonly [field: string]: unknown;
}

// A step is parked when its first, quick tries are used up, which takes minutes.
const PATIENCE_MS = 10 * 60_000;

export async function untilOrder(
  id: string,
  has: Readonly<Record<string, unknown>>,
): Promise<void> {
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

export async function call(path: string, body?: OrderBody): Promise<Order> {
  const headers = {
    Authorization: `Bearer ${stack.apiKey}`,
    ...(body && { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
  };
  const sent = body && { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${stack.apiUrl}${path}`, { headers, ...sent });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Order;
}

/** Without a plan there are none any more. */
export async function setFaults(party: 'gateway' | 'carrier', plan?: unknown): Promise<void> {
  const url = party === 'gateway' ? stack.gatewayUrl : stack.carrierUrl;
  const answer = await fetch(`${url}/control/faults`, {
    method: plan === undefined ? 'DELETE' : 'PUT',
    ...(plan !== undefined && {
      body: JSON.stringify(plan),
      headers: { 'Content-Type': 'application/json' },
    }),
  });
  if (!answer.ok) throw new Error(`the ${party} is no stand-in: ${await answer.text()}`);
}

export async function picture(
  page: Page,
  name: string,
  options: PageScreenshotOptions = {},
): Promise<void> {
  // Not until the network is idle: the page of a run that goes on never is.
  await page.evaluate('document.fonts.ready');
  const path = fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url));
  await page.screenshot({ path, ...options });
  await page.close();
  console.log(`docs/images/${name}.png: ${Math.ceil(statSync(path).size / 1_024)} KB`);
}
