/**
 * Canaries: values that are found again wherever they end up. One for each thing that must not be
 * seen beyond its place, each as odd as its kind is in life, and the places to look for them in.
 */
import { makeApiKey } from '../../src/adapters/postgres/api-keys.ts';
import { createOperatorsDesk } from '../../src/adapters/postgres/operators-desk.ts';
import type { OrderId } from '../../src/domain/order.ts';
import { orderOf } from '../../src/launcher/samples.ts';
import { orderInWords, queueInWords } from '../../src/operator/words.ts';
import type { ProcessStack } from './processes.ts';

export const CANARIES = {
  card: '5105 1051 0510 5100',
  'card without spaces': '5105105105105100',
  email: 'canary.k7x2@example.com',
  name: 'Quetzal K7x2 Canary',
  address: '7 Canary Row K7x2',
  city: 'Canarytown K7x2',
  token: 'pm_1K7x2Canary9',
  'API key': makeApiKey('dev').key,
  'idempotency key': 'k7x2/canary/idempotency',
  metadata: 'k7x2 canary metadata',
};

/** An order of which every field that may hold something personal holds a canary. */
export function canaryOrder(paymentMethod: string, postalCode: string) {
  const { shippingAddress } = orderOf();
  return {
    ...orderOf({
      lines: [{ sku: 'MUG', quantity: 1 }],
      customer: { email: CANARIES.email, name: CANARIES.name },
      shippingAddress: {
        ...shippingAddress,
        name: CANARIES.name,
        line1: CANARIES.address,
        city: CANARIES.city,
        postalCode,
      },
      paymentMethod,
    }),
    metadata: { note: CANARIES.metadata },
  };
}

/** The names of the canaries in a text, also as a URL or as a URL's base64 would write them. */
export function canariesIn(text: string, known: Readonly<Record<string, string>> = CANARIES) {
  const lower = text.toLowerCase();
  return Object.entries(known).flatMap(([name, canary]) => {
    const spellings = [canary, encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1)];
    return spellings.some((one) => lower.includes(one.toLowerCase())) ? [name] : [];
  });
}

// Personal data has its three columns, the gateway's token its own, and metadata is the tenant's.
const PLACES: Readonly<Record<string, readonly string[]>> = {
  order: ['customer_name', 'customer_email', 'shipping_address', 'payment_method', 'metadata'],
};

/** Every row of every table, by table, without what may be there. */
export async function books({ shop }: ProcessStack): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await shop.pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const found = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await shop.pool.query<{ row: string }>(
      `SELECT (CASE WHEN row ? 'data' THEN row #- '{data,metadata}' ELSE row END - $1::text[])::text
         AS row
       FROM (SELECT to_jsonb(t) AS row FROM "${name}" t) AS rows`,
      [PLACES[name] ?? []],
    );
    found.set(name, rows.map(({ row }) => row).join('\n'));
  }
  return found;
}

/** All that Temporal keeps of every run, decoded: history, pending work, what is shown of it. */
export async function runs({ client, taskQueue }: ProcessStack): Promise<string> {
  const listed = client.workflow.list({ query: `TaskQueue = '${taskQueue}'` });
  const texts: string[] = [];
  for await (const { workflowId, runId } of listed) {
    const handle = client.workflow.getHandle(workflowId, runId);
    texts.push(inWords(await handle.fetchHistory()), inWords((await handle.describe()).raw));
  }
  return texts.join('\n');
}

function inWords(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (member instanceof Uint8Array) return Buffer.from(member).toString();
    // What a Buffer has made of itself before it is seen here.
    const isBuffer = typeof member === 'object' && member !== null && 'type' in member;
    if (!isBuffer || member.type !== 'Buffer' || !('data' in member)) return member;
    return Buffer.from(member.data as number[]).toString();
  });
}

/** What the operators' command shows: its queue, and these orders. */
export async function shownToOperators(
  { shop }: ProcessStack,
  ids: readonly OrderId[],
): Promise<string> {
  const desk = createOperatorsDesk(shop.pool);
  const shown = await Promise.all(ids.map((id) => desk.show(id)));
  const words = shown.flatMap((order) => (order === undefined ? [] : [orderInWords(order)]));
  return [queueInWords(await desk.queue(100)), ...words].join('\n');
}
