/**
 * `npm run drill:parked -- --orders N`: so many orders parked by one cause, for the carrier is away,
 * and retried with one act of the operations API. Prints how long it took and what an order has left
 * in each table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createOperatorKey } from '../../../src/launcher/shop.ts';
import { withClient } from '../../../src/launcher/postgres.ts';
import { createClient } from '../../../src/sdk/index.ts';
import { control } from '../../faults/chaos/party-faults.ts';
import { drawPlan } from '../../faults/chaos/plan.ts';
import { BUDGETS, startStack } from '../../faults/chaos/stack.ts';
import type { Stack } from '../../faults/chaos/stack.ts';

// As many as two APIs on two cores answer at once.
const LANES = 16;
const LOOK_MS = 250;

const { values } = parseArgs({ options: { orders: { type: 'string', default: '1000' } } });
const orders = Number(values.orders);
const say = (line: string): void => console.log(`[parked] ${line}`);
const evidence = mkdtempSync(join(tmpdir(), 'makegood-parked-'));
const quiet = { seed: 1, rates: {}, mostPerOrder: 1, delayMs: 1 };
const plan = {
  ...drawPlan({ orders, seconds: 60, seed: 'parked' }),
  rates: { gateway: quiet, carrier: quiet, mail: quiet },
};
// As in production a parked step tries again once a minute: sooner, and it would need no act.
const budgets = { ...BUDGETS, slowestRetryMs: 60_000 };
const stack = await startStack({
  evidence,
  state: join(evidence, 'state'),
  plan,
  say,
  environment: { CHECKOUT_BUDGETS: JSON.stringify(budgets) },
});
try {
  await control(stack.partyUrls.carrier, 'PUT', 'faults', { request: { fault: 'unavailable' } });
  await place(stack);
  await until(stack, `(SELECT count(*)::int FROM parked_step) = ${orders}`);
  say(`${orders} orders are parked`);
  await control(stack.partyUrls.carrier, 'DELETE', 'faults');
  const begun = Date.now();
  say(`one act: ${await retryAll(stack)}`);
  await until(stack, `(SELECT count(*)::int FROM "order" WHERE status = 'completed') = ${orders}`);
  say(`all have completed ${((Date.now() - begun) / 1_000).toFixed(1)} s after it`);
  await tellActions(stack);
  for (const line of await sizes(stack)) say(line);
} finally {
  await stack.close();
  rmSync(evidence, { recursive: true, force: true });
}
process.exit(0);

async function place({ apiUrls, apiKeys }: Stack): Promise<void> {
  let left = orders;
  const lane = async (n: number): Promise<void> => {
    const baseUrl = apiUrls[n % apiUrls.length] ?? '';
    const client = createClient({ baseUrl, apiKey: apiKeys['chaos-north'] });
    while ((left -= 1) >= 0) await client.orders.place(wish(left));
  };
  await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)));
}

function wish(n: number) {
  const { line1, ...address } = { line1: `${n} Mill Lane`, city: 'London', country: 'GB' };
  return {
    lines: [{ sku: 'mug-north', quantity: 1 }],
    customer: { name: 'Ada', email: `parked-${n}@example.com` },
    shippingAddress: { name: 'Ada', line1, postalCode: 'SW1Y 4JH', ...address },
    paymentMethod: 'pm_card_visa',
  };
}

async function until({ database }: Stack, condition: string): Promise<void> {
  const isSo = () =>
    withClient(database.adminUrl, async (client) => {
      const { rows } = await client.query<{ so: boolean }>(`SELECT ${condition} AS so`);
      return rows[0]?.so === true;
    });
  while (!(await isSo())) await sleep(LOOK_MS);
}

/** The only cause there is, as the queue tells it. */
async function retryAll({ database, operationsUrls }: Stack): Promise<string> {
  const key = await withClient(database.url, (client) => createOperatorKey(client, 'ann', 'dev'));
  const base = `${operationsUrls[0] ?? ''}/v1/operations`;
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const { data } = (await (await fetch(`${base}/queue`, { headers })).json()) as {
    readonly data: readonly { readonly cause: string }[];
  };
  const body = JSON.stringify({ cause: data[0]?.cause, why: 'the carrier is back' });
  const answer = await fetch(`${base}/queue/retry`, { method: 'POST', headers, body });
  return `${data.length} cause in the queue, answered ${answer.status}`;
}

async function tellActions({ database }: Stack): Promise<void> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ acts: number; orders: number }>(
      `SELECT count(*)::int AS acts, count(DISTINCT order_id)::int AS orders FROM operator_action
       WHERE action = 'retry' AND operator = 'ann'`,
    ),
  );
  say(
    `audit rows: ${rows[0]?.acts ?? 0}, of ${rows[0]?.orders ?? 0} orders; the others were tried by themselves`,
  );
}

/** Rows and indexes, vacuumed, by table. */
async function sizes({ database }: Stack): Promise<readonly string[]> {
  return await withClient(database.adminUrl, async (client) => {
    await client.query('VACUUM FULL');
    const { rows } = await client.query<{ name: string; bytes: number }>(
      `SELECT relname AS name, (pg_total_relation_size(oid) / $1)::int AS bytes FROM pg_class
       WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
         AND pg_total_relation_size(oid) / $1 > 10 ORDER BY 2 DESC`,
      [orders],
    );
    const all = rows.reduce((sum, { bytes }) => sum + bytes, 0);
    return [`bytes per order: ${all}`, ...rows.map(({ name, bytes }) => `  ${name}: ${bytes}`)];
  });
}
